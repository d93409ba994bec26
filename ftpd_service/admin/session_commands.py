"""The sub-commands about the sessions of a running service: sessions, kick, limit, trace."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

import click

from ftpd_service.admin.by_name import named
from ftpd_service.admin.live_commands import as_json_option
from ftpd_service.admin.printed import json_text, print_json
from ftpd_service.admin.service_connection import NO_LIMIT, connected
from ftpd_service.admin.told_sessions import table
from ftpd_service.config.units import rate
from ftpd_service.observe.escapes import escaped

LIST_AGAIN_SECONDS = 1.0


def _any_account(context: click.Context, parameter: click.Parameter, beginning: str) -> list[str]:
    """Return the accounts that a shell offers; the module takes more time to load than all else here."""
    offered = named("completed_values:any_account")
    return list(offered(context, parameter, beginning)) if callable(offered) else []


_CLEAR = "\x1b[H\x1b[2J"


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """End quietly at Ctrl-C, which is the usual end of a command that lasts."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo()


@click.command()
@click.option("--watch", is_flag=True, help="Print the list again every second, until Ctrl-C.")
@as_json_option
@click.pass_obj
def sessions(config: str, /, watch: bool, as_json: bool) -> None:
    """List the sessions of the running service, with their transfers."""
    show = _show_json if as_json else _show_table
    with connected(config) as service, _until_interrupted():
        show(service.ask("sessions"), watch)
        while watch:
            time.sleep(LIST_AGAIN_SECONDS)
            show(service.ask("sessions"), watch)


def _show_json(rows: list[dict[str, Any]], watch: bool) -> None:  # Any: JSON
    if watch:
        click.echo(json_text(rows))
    else:
        print_json(rows)


def _show_table(rows: list[dict[str, Any]], watch: bool) -> None:  # Any: JSON
    lines = table(rows, datetime.now(timezone.utc)) if rows else ["no sessions"]
    clear = _CLEAR if watch and sys.stdout.isatty() else ""
    click.echo(clear + "\n".join(lines))


@click.command()
@click.argument("session", metavar="[ID]", required=False)
@click.option("--account", metavar="NAME", shell_complete=_any_account, help="End all sessions of an account.")
@click.option("--address", metavar="ADDRESS", help="End all sessions from an address or a network.")
@as_json_option
@click.pass_obj
def kick(config: str, /, session: str | None, account: str | None, address: str | None, as_json: bool) -> None:
    """End sessions; their running transfers are aborted.  The clients get 421, and may come back.

    The exit status is 1 if there is no such session.
    """
    _demand_one(session, account, address, words="ID, --account and --address")
    with connected(config) as service:
        told = service.ask("kick", id=session, account=account, address=address)
    if as_json:
        print_json(told)
    else:
        click.echo(f"sessions ended: {told['sessions']}")


def _demand_one(*given: str | None, words: str) -> None:
    if sum(one is not None for one in given) != 1:
        raise click.UsageError(f"exactly one of {words} must be given")


def _rate(context: click.Context, option: click.Parameter, text: str | None) -> object:
    """Return bytes a second, `NO_LIMIT` for ``none``, or None for an option that is not given."""
    if text is None or text == "none":
        return None if text is None else NO_LIMIT
    try:
        return rate(text)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}; none means no limit") from None


@click.command()
@click.argument("session", metavar="[ID]", required=False)
@click.option(
    "--account", metavar="NAME", shell_complete=_any_account, help="Limit all sessions of an account together."
)
@click.option("--upload", callback=_rate, metavar="RATE", help="Such as 10MiB/s, or none for no limit.")
@click.option("--download", callback=_rate, metavar="RATE", help="The same for downloads and listings.")
@as_json_option
@click.pass_obj
def limit(
    config: str, /, session: str | None, account: str | None, upload: object, download: object, as_json: bool
) -> None:
    """Change the rates of a session or of an account, also for running transfers.

    The rates hold until the next reload or restart, and those of a session until the session ends.  A direction that is
    not named keeps its rate.  The limits of the listener and the server apply as well.
    """
    _demand_one(session, account, words="ID and --account")
    if upload is None and download is None:
        raise click.UsageError("--upload or --download must be given")
    with connected(config) as service:
        told = service.ask("limit", id=session, account=account, upload=upload, download=download)
    if as_json:
        print_json(told)
    else:
        click.echo(f"the rates hold {told['holds']}")


@click.command()
@click.argument("session", metavar="ID")
@as_json_option
@click.pass_obj
def trace(config: str, /, session: str, as_json: bool) -> None:
    """Show the commands and replies of a session, until the session ends or Ctrl-C.

    Passwords and other secrets are stars.  If the output is slow, lines are left out and their number is told; the
    session never waits.
    """
    with connected(config) as service, _until_interrupted():
        first = service.ask("trace", id=session)
        if not as_json:
            account = "no account" if first["account"] is None else f"account {escaped(first['account'])}"
            click.echo(f"session {escaped(first['id'])} from {escaped(first['address'])}, {account}")
        for told in service.traced():
            click.echo(json_text(told) if as_json else "\n".join(lines_of_trace(told)))


def lines_of_trace(told: dict[str, Any]) -> list[str]:  # Any: JSON
    """Return the text of a line of a trace; ``>`` is the client's command, ``<`` the server's reply."""
    if "ended" in told:
        return ["the session has ended"]
    if "lost" in told:
        return [f"{told['time']} {told['lost']} lines are left out, as this output is slow"]
    if "verb" in told:
        return [f"{told['time']} > {escaped(told['verb'])} {escaped(told['argument'])}".rstrip()]
    left_out = [f"({told['left_out']} more lines)"] if told["left_out"] else []
    return [f"{told['time']} < {told['code']} {line}" for line in (*map(escaped, told["lines"]), *left_out)]
