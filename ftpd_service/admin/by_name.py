"""Parts of the command line that are loaded when they are used, by their names."""

from __future__ import annotations

from importlib import import_module


def named(place: str) -> object:
    """Return an object of a module of this folder, as in ``ban_commands:bans``."""
    module, _, name = place.partition(":")
    found: object = getattr(import_module(f"ftpd_service.admin.{module}"), name)
    return found
