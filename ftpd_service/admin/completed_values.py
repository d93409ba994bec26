"""The values that a shell completes besides sub-commands, options and files: directories, accounts, groups.

A shell waits for the answer while the operator types.  So only the configuration and an SQLite database are asked,
which are files of this host; a mistake in them means that there is nothing to complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from ftpd_service.admin.database_of_file import account_store, database_of
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.yaml_text import parse
from ftpd_service.database.settings import SQLITE

if TYPE_CHECKING:
    from ftpd_service.admin.account_store import AccountStore

DIRECTORY = click.Path(file_okay=False)
"""The type of an option whose value is a directory, which need not be there yet."""

MOST_NAMES = 200
"""The most names of a database that are offered."""
_MOST_BYTES = 1024 * 1024
"""The most bytes of a configuration that are read for a completion."""


def account_of_file(context: click.Context, _: click.Parameter, beginning: str) -> list[str]:
    """Return the names of accounts in the configuration that begin so."""
    values = _values(_configuration(context))
    accounts = values.get("accounts")
    return [name for name in accounts if name.startswith(beginning)] if isinstance(accounts, dict) else []


def account_of_database(context: click.Context, _: click.Parameter, beginning: str) -> list[str]:
    """Return the names of accounts in the database that begin so."""
    return _of_database(context, lambda store: store.names(beginning, MOST_NAMES))


def group_of_database(context: click.Context, _: click.Parameter, beginning: str) -> list[str]:
    """Return the names of groups in the database that begin so."""
    return _of_database(context, lambda store: store.group_names(beginning, MOST_NAMES))


def any_account(context: click.Context, parameter: click.Parameter, beginning: str) -> list[str]:
    """Return the names of accounts in the configuration and in the database that begin so."""
    asked = (account_of_file, account_of_database)
    return sorted({name for ask in asked for name in ask(context, parameter, beginning)})


def _of_database(context: click.Context, ask: Callable[[AccountStore], list[str]]) -> list[str]:
    path = _configuration(context)
    try:
        if not os.path.isfile(path) or database_of(path).kind != SQLITE:
            return []
        return ask(account_store(path))
    except (click.ClickException, ConfigError, OSError, ValueError):
        return []


def _configuration(context: click.Context) -> str:
    """Return the path of the configuration on the command line, which is incomplete: no sub-command has run."""
    return str(context.find_root().params["config"])


def _values(path: str) -> dict[str, object]:
    """Return the keys of a configuration, or an empty mapping if it cannot be read."""
    try:
        if not os.path.isfile(path):
            return {}
        with open(path, "rb") as file:
            values = parse(file.read(_MOST_BYTES)).values
    except OSError:
        return {}
    return values if isinstance(values, dict) else {}
