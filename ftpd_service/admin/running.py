"""Running twistd in this process, with the signals, exit status and messages of ``twistd ftpd``."""

from __future__ import annotations

import click
from twisted.python import usage
from twisted.scripts import twistd

_FOREGROUND = ("--nodaemon", "--pidfile=")


def run_twistd(*arguments: str) -> None:
    """Run ``twistd --nodaemon --pidfile= ftpd`` with these arguments, until the service has ended.

    :raises SystemExit: the arguments ask only for a check, or the service cannot start.
    :raises click.UsageError: the arguments contradict each other.
    """
    options = twistd.ServerOptions()  # type: ignore[attr-defined, no-untyped-call]  # Twisted has no types here
    try:
        options.parseOptions([*_FOREGROUND, "ftpd", *arguments])
    except usage.UsageError as problem:
        raise click.UsageError(str(problem)) from problem
    twistd.runApp(options)
