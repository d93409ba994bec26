"""Starts twistd in this process, so that signals, exit status and messages are those of ``twistd ftpd``."""

from __future__ import annotations

import click
from twisted.python import usage
from twisted.scripts import twistd

_FOREGROUND = ("--nodaemon", "--pidfile=")


def run_twistd(*arguments: str) -> None:
    """Carry out ``twistd --nodaemon --pidfile= ftpd`` with these arguments; returns when the service has ended.

    :raises SystemExit: the arguments ask for a check only, or the service cannot start.
    :raises click.UsageError: the arguments do not go together.
    """
    options = twistd.ServerOptions()  # type: ignore[attr-defined, no-untyped-call]  # Twisted has no types here
    try:
        options.parseOptions([*_FOREGROUND, "ftpd", *arguments])
    except usage.UsageError as problem:
        raise click.UsageError(str(problem)) from problem
    twistd.runApp(options)
