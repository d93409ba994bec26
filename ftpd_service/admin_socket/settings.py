"""The settings of the admin socket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminSettings:
    """The socket's file."""

    socket: str
    """The absolute path."""
    mode: int = 0o660
    """Its permission bits."""
    group: str | None = None
    """The name of its group; None means the group of the process, or of the directory if that has the setgid bit."""
