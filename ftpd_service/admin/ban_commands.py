"""The sub-command ``bans``: which hosts, subnets and accounts are banned."""

from __future__ import annotations

import os

import click

from ftpd_service.admin.ban_subjects import new_subject
from ftpd_service.admin.database_of_file import ban_records
from ftpd_service.admin.printed import print_json
from ftpd_service.config.load import load
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.units import duration


@click.group()
def bans() -> None:
    """Show, make and lift bans; a running service follows within seconds."""


@bans.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(config: str, as_json: bool) -> None:
    """List the bans in force, the newest first."""
    told = ban_records(config).told()
    if as_json:
        print_json(told)
        return
    for one in told:
        click.echo(f"{one['kind']}\t{one['subject']}\tuntil {one['until'] or 'lifted'}\t{one['reason']}")


@bans.command("add")
@click.argument("subject", metavar="ADDRESS|NETWORK|NAME")
@click.option("--for", "time", metavar="DURATION", help="Such as 1h or 7d; without it, until the ban is lifted.")
@click.option("--reason", default="by an operator", show_default=True, help="For the log and the list.")
@click.pass_obj
def add(config: str, subject: str, time: str | None, reason: str) -> None:
    """Ban a host, a network or an account."""
    try:
        seconds = None if time is None else duration(time)
    except ValueError as problem:
        raise click.ClickException(f"--for: {problem}") from problem
    kind, stored = new_subject(subject, _ipv6_prefix(config))
    ban_records(config).put(kind, stored, seconds=seconds, reason=reason)
    click.echo(f"{kind.value} {stored} is banned")


@bans.command("lift")
@click.argument("subject", metavar="ADDRESS|NETWORK|NAME")
@click.pass_obj
def lift(config: str, subject: str) -> None:
    """Lift the ban of a host, a network or an account; exit status 1 if there is none.

    An address lifts the ban of its host, and that of a subnet if the server made it.
    """
    lifted, networks = ban_records(config).lift(subject)
    if lifted:
        click.echo(f"ban of {', '.join(lifted)} lifted")
    if networks:
        raise click.ClickException(f"{subject} is in banned networks, which are lifted as such: {', '.join(networks)}")
    if not lifted:
        raise click.ClickException(f"{subject} is not banned")


def _ipv6_prefix(config: str) -> int:
    """Return the bits of the network that is a host of IPv6."""
    try:
        return load(config, os.environ).control.ipv6_prefix
    except ConfigError as problem:
        raise click.ClickException("; ".join(problem.lines())) from problem
