"""The sub-command ``events``: the events that wait for delivery, and the rules that an event fires."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

import click

from ftpd_service.admin.completed_values import any_account
from ftpd_service.admin.database_of_file import event_records
from ftpd_service.admin.event_explain_command import explain
from ftpd_service.admin.printed import json_text

F = TypeVar("F", bound=Callable[..., Any])  # Any: click's decorators

_STATES = ("intent", "ready", "dead")


@click.group()
def events() -> None:
    """Show the events that wait for delivery, deliver or drop them, and say which rules an event fires."""


events.add_command(explain)


def _filtered(command: F) -> F:
    rule = click.option("--rule", metavar="ID", help="Only those of this rule.")
    account = click.option("--account", metavar="NAME", shell_complete=any_account, help="Only those of this account.")
    return rule(account(command))


def _chosen(command: F) -> F:
    every = click.option("--all", "every", is_flag=True, help="All dead letters that the other options do not exclude.")
    return click.argument("ids", nargs=-1, metavar="[ID]...")(every(_filtered(command)))


_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@events.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only those in this state.")
@_filtered
@_as_json
@click.pass_obj
def list_(config: str, /, as_json: bool, **wanted: str | None) -> None:
    """List the events, the oldest first, in one line for each rule that an event waits for.

    An event is an intent until its change has happened, then ready for delivery, and dead if it could not be delivered.
    """
    rows = event_records(config).told(**wanted)
    if as_json:
        _print_rows(rows)
        return
    for row in rows:
        click.echo("\t".join(map(_word, (*(row[key] for key in _LISTED), f"tries {row['tries']}", row["reason"]))))


_LISTED = ("id", "rule", "state", "time", "event", "account", "path")


@events.command("show")
@click.argument("id_", metavar="ID")
@_as_json
@click.pass_obj
def show(config: str, /, id_: str, as_json: bool) -> None:
    """Show an event, and how far its delivery has come for each rule; exit status 1 if it does not wait."""
    rows = list(event_records(config).told(ids=(id_,)))
    if not rows:
        raise click.ClickException(f"no event with the id {id_} waits")
    if as_json:
        _print_rows(iter(rows))
        return
    for key in tuple(rows[0])[: -len(_OF_RULE)]:
        if rows[0][key] is not None and key != "try":
            click.echo(f"{key}: {_word(rows[0][key])}")
    for row in rows:
        state = f"rule {row['rule']}: {row['state']}, action {row['action']}, tries {row['tries']}"
        later = f", next try {row['next_try']}" if row["next_try"] and row["state"] == "ready" else ""
        click.echo(state + later + (f": {_word(row['reason'])}" if row["reason"] else ""))


_OF_RULE = ("rule", "state", "action", "tries", "next_try", "reason")


@events.command("replay")
@_chosen
@click.pass_obj
def replay(config: str, /, ids: tuple[str, ...], every: bool, **wanted: str | None) -> None:
    """Have dead letters delivered, from the action on that has failed.

    A running service sees them within seconds.  The exit status is 1 if there is no such dead letter.
    """
    _demand_choice(ids, every)
    count = event_records(config).replay(ids=ids, **wanted)
    if not count:
        raise click.ClickException("there is no such dead letter: events list --state dead")
    click.echo(f"{count} dead letters wait for delivery again")


@events.command("drop")
@_chosen
@click.pass_obj
def drop(config: str, /, ids: tuple[str, ...], every: bool, **wanted: str | None) -> None:
    """Delete events: those with the ids, or all dead letters.

    The exit status is 1 if there is no such event.
    """
    _demand_choice(ids, every)
    count = event_records(config).drop(ids=ids, **({"state": "dead"} if every else {}), **wanted)
    if not count:
        raise click.ClickException("there is no such event: events list")
    click.echo(f"{count} events dropped")


def _demand_choice(ids: tuple[str, ...], every: bool) -> None:
    if bool(ids) is every:
        raise click.UsageError("give ids, or --all")


def _print_rows(rows: Iterator[Mapping[str, object]]) -> None:
    """Print an array with one row in each line, as there may be many."""
    first = next(rows, None)
    if first is None:
        click.echo("[]")
        return
    before = "["
    for row in chain((first,), rows):
        click.echo(before + json_text(row), nl=False)
        before = ",\n "
    click.echo("]")


def _word(value: object) -> str:
    """Return a value as text that cannot steer a terminal."""
    return "" if value is None else json_text(value)[1:-1] if isinstance(value, str) else json_text(value)
