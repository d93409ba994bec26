"""The sub-commands ``account`` and ``group``, which keep the accounts of the database."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ftpd_service.admin.account_imports import FORMATS, read_accounts
from ftpd_service.admin.account_options import changed, lines_of, settings_options
from ftpd_service.admin.completed_values import account_of_database, group_of_database
from ftpd_service.admin.database_of_file import account_store, upgraded
from ftpd_service.admin.first_files import FirstAccount
from ftpd_service.admin.new_account import NewAccount
from ftpd_service.admin.password_prompt import ask_password, hashed
from ftpd_service.admin.printed import print_json
from ftpd_service.config.account_text import read_group

if TYPE_CHECKING:
    from ftpd_service.accounts.rows import AccountRow

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password as the next line of standard input."
)
_group = click.option(
    "--group",
    metavar="G",
    shell_complete=group_of_database,
    help="The group whose settings it takes where it has none itself.",
)
_known_account = click.argument("name", shell_complete=account_of_database)
_known_group = click.argument("name", shell_complete=group_of_database)


def _print(told: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        click.echo("\n".join(lines_of(told)))


def add_first(config: str, first: FirstAccount) -> None:
    """Make the database of a new configuration, with its first account.

    :raises OSError: the database cannot be made.
    :raises ValueError: likewise; the text says why.
    """
    upgraded(config)
    account_store(config).add(
        NewAccount(name=first.name, password=first.password, group=None, settings={"home": first.home})
    )


@click.group()
def account() -> None:
    """Keep the accounts of the database that FILE names; a running service follows within seconds."""


@account.command("add")
@click.argument("name")
@settings_options
@_group
@_password_stdin
@click.pass_obj
def add(
    config: str,
    /,
    name: str,
    group: str | None,
    password_stdin: bool,
    **given: Any,  # Any: click's values
) -> None:
    """Add an account.  A terminal is asked for its password; without a terminal give --password-stdin."""
    settings = changed({}, given, config)
    password = hashed(ask_password()) if password_stdin or (sys.stdin and sys.stdin.isatty()) else None
    store = account_store(config)
    store.add(NewAccount(name=name, password=password, group=group, settings=settings))
    without = "" if password else f"; without a password, which 'ftpd-service account passwd {name}' sets"
    click.echo(f"account {name} added{without}")


@account.command("set")
@_known_account
@settings_options
@_group
@click.option("--no-group", is_flag=True, help="Take the account out of its group.")
@_password_stdin
@click.pass_obj
def set_(  # each option is a parameter
    config: str,
    /,
    name: str,
    group: str | None,
    no_group: bool,
    password_stdin: bool,
    **given: Any,  # Any: click's values
) -> None:
    """Change settings of an account; they count in its live sessions too, but for the home."""
    password = hashed(ask_password()) if password_stdin else None

    def change(row: AccountRow) -> AccountRow:
        return replace(
            row,
            settings=changed(row.settings, given, config),
            group_name=None if no_group else group or row.group_name,
            password=password or row.password,
        )

    account_store(config).change(name, change)
    click.echo(f"account {name} changed")


@account.command("passwd")
@_known_account
@_password_stdin
@click.pass_obj
def passwd(config: str, name: str, password_stdin: bool) -> None:
    """Set the password of an account: asked without echo, or the next line of standard input."""
    account_store(config).set_password(name, hashed(ask_password()))
    click.echo(f"password of {name} changed")


@account.command("show")
@_known_account
@_json
@click.pass_obj
def show(config: str, name: str, as_json: bool) -> None:
    """Show an account: home and permissions as they are in force, and its own settings."""
    _print(account_store(config).told(name), as_json=as_json)


@account.command("list")
@_json
@click.pass_obj
def list_(config: str, as_json: bool) -> None:
    """List all accounts of the database."""
    accounts = account_store(config).all_told()
    if as_json:
        print_json(accounts)
        return
    for one in accounts:
        state = "" if one["enabled"] else "disabled"
        click.echo("\t".join(str(part) for part in (one["name"], one["home"], one["group"] or "-", state)).rstrip())


@account.command("disable")
@_known_account
@click.pass_obj
def disable(config: str, name: str) -> None:
    """Refuse the logins of an account, and end its sessions."""
    account_store(config).enable(name, enabled=False)
    click.echo(f"account {name} disabled")


@account.command("enable")
@_known_account
@click.pass_obj
def enable(config: str, name: str) -> None:
    """Let an account log in again."""
    account_store(config).enable(name, enabled=True)
    click.echo(f"account {name} enabled")


@account.command("remove")
@_known_account
@click.pass_obj
def remove(config: str, name: str) -> None:
    """Remove an account, and end its sessions.  Its files stay."""
    account_store(config).remove(name)
    click.echo(f"account {name} removed; its files stay")


@account.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="The form of the file.")
@click.option("--shadow", type=click.Path(exists=True, dir_okay=False), help="With passwd: the file with the hashes.")
@_group
@click.option("--replace", "replacing", is_flag=True, help="Replace accounts that exist; otherwise they are an error.")
@click.option("--dry-run", is_flag=True, help="Check the file, and change nothing.")
@click.pass_obj
def import_(  # each option is a parameter
    config: str, file: str, form: str, shadow: str | None, group: str | None, replacing: bool, dry_run: bool
) -> None:
    """Add the accounts of a file, all or none; a mistake names its line.

    passwd and shadow are Unix's files, puredb is the text of pure-pw (pureftpd.passwd), json is a list as 'account list
    --json' prints it, or a mapping of names to the keys of the configuration, with password beside them.
    """
    found = read_accounts(file, form, shadow=shadow, config=config)
    accounts = [NewAccount(**{**one, "group": one["group"] or group}) for one in found]
    if dry_run:
        click.echo(f"{file}: {len(accounts)} accounts; nothing was changed")
        return
    count = account_store(config).add_all(accounts, replacing=replacing)
    click.echo(f"{count} accounts imported")


@click.group("group")
def group() -> None:
    """Keep the groups of the database, which are templates of accounts."""


@group.command("add")
@click.argument("name")
@settings_options
@click.pass_obj
def add_group(config: str, /, name: str, **given: Any) -> None:  # Any: click's values
    """Add a group."""
    account_store(config).set_group(name, lambda settings: changed(settings, given, config, read=read_group), new=True)
    click.echo(f"group {name} added")


@group.command("set")
@_known_group
@settings_options
@click.pass_obj
def set_group(config: str, /, name: str, **given: Any) -> None:  # Any: click's values
    """Change settings of a group; they count for all its accounts."""
    account_store(config).set_group(name, lambda settings: changed(settings, given, config, read=read_group), new=False)
    click.echo(f"group {name} changed")


@group.command("show")
@_known_group
@_json
@click.pass_obj
def show_group(config: str, name: str, as_json: bool) -> None:
    """Show a group."""
    _print(account_store(config).group(name), as_json=as_json)


@group.command("list")
@_json
@click.pass_obj
def list_groups(config: str, as_json: bool) -> None:
    """List all groups of the database."""
    groups = account_store(config).groups()
    if as_json:
        print_json(groups)
    else:
        click.echo("\n".join(str(one["name"]) for one in groups))


@group.command("remove")
@_known_group
@click.pass_obj
def remove_group(config: str, name: str) -> None:
    """Remove a group without accounts."""
    account_store(config).remove_group(name)
    click.echo(f"group {name} removed")
