"""The sub-command ``quota``, which shows the stored totals of accounts and has their files counted."""

from __future__ import annotations

import click

from ftpd_service.admin.completed_values import account_of_database
from ftpd_service.admin.database_of_file import account_store
from ftpd_service.admin.printed import print_json


@click.group()
def quota() -> None:
    """Show what accounts with a quota store, and have their files counted; needs a database in FILE."""


@quota.command("show")
@click.argument("name", required=False, shell_complete=account_of_database)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def show_totals(config: str, name: str | None, as_json: bool) -> None:
    """Show the bytes and files of an account, or of all accounts that have been counted."""
    found = account_store(config).totals(name)
    if name is not None and not found:
        raise click.ClickException(f"no totals of {name!r} are kept: its files are counted before its next upload")
    if as_json:
        print_json(found if name is None else found[0])
        return
    for one in found:
        state = "changing" if one["changing"] else f"{one['bytes']}\t{one['files']}"
        click.echo(f"{one['name']}\t{state}")


@quota.command("recount")
@click.argument("name", required=False, shell_complete=account_of_database)
@click.pass_obj
def recount(config: str, name: str | None) -> None:
    """Have the files of an account counted, or those of all accounts.

    The service counts the files of an account before its next upload, and goes on meanwhile; it may run or not.
    """
    count = account_store(config).forget_totals(name)
    whose = f"account {name!r}" if name is not None else "1 account" if count == 1 else f"{count} accounts"
    click.echo(f"the files of {whose} will be counted before the next upload")
