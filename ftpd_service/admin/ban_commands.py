"""The sub-command ``bans``: which hosts, subnets and accounts are banned."""

from __future__ import annotations

import json
import os
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import click

from ftpd_service.config.load import load
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.units import duration
from ftpd_service.policy.bans import BanKind, address_subject
from ftpd_service.runtime.imported import built_in
from ftpd_service.values import unmapped

if TYPE_CHECKING:
    from ftpd_service.admin.ban_records import BanRecords


def _records(config: str) -> BanRecords:
    made: BanRecords = built_in("ftpd_service.admin.ban_records:BanRecords", needs="", told="database")(config)
    return made


@click.group()
def bans() -> None:
    """Show, make and lift bans; a running service follows within seconds."""


@bans.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(config: str, as_json: bool) -> None:
    """List the bans in force, the newest first."""
    told = _records(config).told()
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
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
    kind, stored = _subjects(config, subject)[0]
    _records(config).put(kind, stored, seconds=seconds, reason=reason)
    click.echo(f"{kind.value} {stored} is banned")


@bans.command("lift")
@click.argument("subject", metavar="ADDRESS|NETWORK|NAME")
@click.pass_obj
def lift(config: str, subject: str) -> None:
    """Lift the ban of a host, a network or an account; exit status 1 if there is none."""
    lifted = _records(config).lift(*_subjects(config, subject))
    if not lifted:
        raise click.ClickException(f"{subject} is not banned")
    click.echo(f"ban of {', '.join(lifted)} lifted")


def _subjects(config: str, text: str) -> list[tuple[BanKind, str]]:
    """Return what a text may name as the subject of a ban, the most likely first."""
    if "/" in text:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            return [(BanKind.ACCOUNT, text)]
        kind = BanKind.HOST if network.prefixlen == network.max_prefixlen else BanKind.SUBNET
        return [(kind, address_subject(network))]
    try:
        address = unmapped(text) if ip_address(text) else None
    except ValueError:
        return [(BanKind.ACCOUNT, text)]
    if address is None or address.version == 4:
        return [(BanKind.HOST, str(address)), *_subnets(config, text)]
    # An IPv6 host is the network of its prefix.
    prefix = _prefixes(config)[0]
    return [(BanKind.HOST, address_subject(ip_network(f"{address}/{prefix}", strict=False))), *_subnets(config, text)]


def _subnets(config: str, address: str) -> list[tuple[BanKind, str]]:
    """Return the subnet of an address, whose ban keeps the address out too."""
    _, four, six = _prefixes(config)
    prefix = four if ip_address(address).version == 4 else six
    return [(BanKind.SUBNET, address_subject(ip_network(f"{address}/{prefix}", strict=False)))]


def _prefixes(config: str) -> tuple[int, int, int]:
    """Return the prefix of IPv6 hosts, and those of subnets."""
    try:
        found = load(config, os.environ)
    except ConfigError as problem:
        raise click.ClickException("; ".join(problem.lines())) from problem
    return found.control.ipv6_prefix, found.limits.subnets.ipv4, found.limits.subnets.ipv6
