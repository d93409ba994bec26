"""The sub-commands ``serve`` and ``check``: ``twistd ftpd`` under another name."""

from __future__ import annotations

import os

import click

from ftpd_service.admin.hinted import HintedCommand
from ftpd_service.admin.running import run_twistd


@click.command(cls=HintedCommand)
@click.pass_obj
def serve(config: str) -> None:
    """Serve in the foreground, as "twistd -n ftpd -c FILE" does.

    The log goes to standard output.  SIGTERM or Ctrl-C stops the service; SIGHUP makes it read FILE again.
    """
    demand_file(config)
    run_twistd("-c", config)


@click.command(cls=HintedCommand)
@click.argument("file", required=False, type=click.Path())
@click.pass_obj
def check(config: str, /, file: str | None) -> None:
    """Report every mistake in FILE with its line, without opening a port.

    FILE may stand behind the sub-command, too.
    """
    path = config if file is None else file
    demand_file(path)
    run_twistd("-c", path, "--check")


def demand_file(config: str) -> None:
    """See to it that there is a configuration.

    :raises click.ClickException: there is none; the text says how to get one.
    """
    if not os.path.lexists(config):
        raise click.ClickException(
            f"there is no {config}: 'ftpd-service -c FILE ...' names another file, and"
            " 'ftpd-service -c FILE init' makes a first one"
        )
