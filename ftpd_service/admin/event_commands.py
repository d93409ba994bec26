"""The sub-command ``events``: which rules an event fires."""

from __future__ import annotations

import click

from ftpd_service.admin.event_explain_command import explain


@click.group()
def events() -> None:
    """Say which rules an event fires."""


events.add_command(explain)
