"""The sub-commands that ask a running service about itself: status, reload, drain, upgrade."""

from __future__ import annotations

import sys
from typing import Any

import click

from ftpd_service.admin.printed import print_json
from ftpd_service.admin.service_connection import connected
from ftpd_service.admin.told_sessions import duration_text
from ftpd_service.admin_socket.socket_file import name_of_former
from ftpd_service.observe.escapes import escaped

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@as_json_option
@click.pass_obj
def status(config: str, /, as_json: bool) -> None:
    """Tell the state of the running service."""
    with connected(config) as service:
        told = service.ask("status")
    if as_json:
        print_json(told)
        return
    click.echo(
        f"ftpd-service {told['version']}, process {told['pid']}: {told['state']} for {duration_text(told['uptime'])}\n"
        f"{told['sessions']} sessions, {told['transfers']} transfers\n"
        f"reactor: {_milliseconds(told['reactor_delay'])} late, {_milliseconds(told['reactor_delay_worst'])} at worst "
        "in the last seconds"
    )
    for name, lane in told["pool"].items():
        click.echo(f"threads for {name}: {_lane(lane)}")
    for problem in told["problems"]:
        click.echo(f"unsound: {escaped(problem)}")


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _lane(lane: dict[str, Any]) -> str:  # Any: JSON
    wait = f", the oldest for {lane['oldest_wait']:.1f} s" if lane["waiting"] else ""
    return f"{lane['busy']} of {lane['threads']} busy, {lane['waiting']} calls wait{wait}"


@click.command()
@click.option("--dry-run", is_flag=True, help="Tell the differences or the mistakes, and change nothing.")
@as_json_option
@click.pass_obj
def reload(config: str, /, dry_run: bool, as_json: bool) -> None:
    """Have the running service read FILE again, and apply all of it or nothing.

    The command prints the differences.  With a mistake nothing is applied: the mistakes are on standard error, and the
    exit status is 1.
    """
    with connected(config) as service:
        told = service.ask("reload", seconds=None, dry_run=dry_run)
    if as_json:
        print_json(told)
    else:
        for line in told["differences"] or ([] if told["mistakes"] else ["no differences"]):
            click.echo(escaped(line))
        for line in told["mistakes"]:
            click.echo(escaped(line), err=True)
    if told["mistakes"]:
        sys.exit(1)


@click.command()
@click.option("--keep-listening", is_flag=True, help="Answer new clients 421 meanwhile, as load balancers expect.")
@as_json_option
@click.pass_obj
def drain(config: str, /, keep_listening: bool, as_json: bool) -> None:
    """Have the running service end when its sessions have ended.

    Idle sessions end at once, and running transfers get the time of "limits.drain_timeout".  The command does not wait
    for the end.
    """
    with connected(config) as service:
        told = service.ask("drain", keep_listening=keep_listening)
    if as_json:
        print_json(told)
        return
    click.echo(f"draining: {told['sessions']} sessions, {told['transfers']} transfers")


@click.command()
@as_json_option
@click.pass_obj
def upgrade(config: str, /, as_json: bool) -> None:
    """Have a new process of the installed version replace the running process.

    No connection is refused and no transfer ends: the new process takes the listening sockets over, and the former
    process ends after its last session.  The command returns when the new process serves.  If that fails, the exit
    status is 1, and the former process serves as before.
    """
    with connected(config) as service:
        told = service.ask("upgrade", seconds=None)
        former = name_of_former(service.path, told["former_pid"])
    if as_json:
        print_json(told)
        return
    click.echo(f"process {told['pid']} serves")
    if told["sessions"]:
        click.echo(
            f"process {told['former_pid']} has {told['sessions']} sessions, and ends after them: "
            f"ftpd-service --socket {former} sessions"
        )
