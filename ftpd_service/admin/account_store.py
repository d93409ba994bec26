"""The accounts and groups of the database, for the sub-commands ``account`` and ``group``.

It imports SQLAlchemy, so the sub-commands get it from ``database_of_file.py``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import click
from sqlalchemy import Connection

from ftpd_service.account import Account, AccountSettings
from ftpd_service.accounts import rows
from ftpd_service.accounts.layers import Layers
from ftpd_service.accounts.rows import AccountRow, GroupRow, NoSuchRow, UnfitRow
from ftpd_service.admin.account_options import check_settings
from ftpd_service.admin.connected import connected
from ftpd_service.admin.new_account import NewAccount
from ftpd_service.config.account_text import read_group
from ftpd_service.config.load import load
from ftpd_service.config.schema import Config
from ftpd_service.database.kept_totals import all_totals, forget_totals
from ftpd_service.errors import LoginRefused

Change = Callable[[Mapping[str, object]], Mapping[str, object]]
"""Returns settings as they shall be."""


class AccountStore:
    """The database of a configuration file.

    :ivar config: the path of the file.
    """

    def __init__(self, config: str) -> None:
        self.config = config

    def add(self, account: NewAccount) -> None:
        """Add an account.

        :raises click.ClickException: there is an account of this name, or a setting is wrong.
        """
        with connected(self.config, change=True) as connection:
            self._check_group(connection, account.group)
            rows.add_account(connection, _row(account), now=time.time())

    def add_all(self, accounts: Iterable[NewAccount], *, replacing: bool) -> int:
        """Add accounts, all or none, and return their number.

        :param replacing: whether accounts that exist are replaced.
        """
        count = 0
        with connected(self.config, change=True) as connection:
            known = {row.name for row in rows.all_accounts(connection)}
            for account in accounts:
                self._check_group(connection, account.group)
                if replacing and account.name in known:
                    rows.change_account(connection, account.name, _replacing(account), now=time.time())
                else:
                    rows.add_account(connection, _row(account), now=time.time())
                count += 1
        return count

    def change(self, name: str, change: Callable[[AccountRow], AccountRow]) -> None:
        """Change an account.

        :raises click.ClickException: there is no such account.
        """
        former: list[str | None] = []

        def noted(row: AccountRow) -> AccountRow:
            former.append(row.group_name)
            return change(row)

        with connected(self.config, change=True) as connection:
            after = rows.change_account(connection, name, noted, now=time.time())
            # An account whose group is gone can still be disabled, or get another password.
            if after.group_name not in former:
                self._check_group(connection, after.group_name)

    def set_password(self, name: str, stored: str) -> None:
        """Store another hash."""
        self.change(name, lambda row: replace(row, password=stored))

    def enable(self, name: str, *, enabled: bool) -> None:
        """Let an account log in, or refuse its logins and end its sessions."""
        self.change(name, lambda row: replace(row, enabled=enabled))

    def remove(self, name: str) -> None:
        """Remove an account; its files stay."""
        with connected(self.config, change=True) as connection:
            rows.remove_account(connection, name)

    def usable(self, name: str) -> Account | None:
        """Return an account with the settings in force, or None if the database does not have it.

        :raises LoginRefused: it is disabled, or its settings are wrong.
        """
        with connected(self.config, change=False) as connection:
            try:
                row = rows.account_row(connection, name)
            except NoSuchRow:
                return None
            layers = self._layers(connection)
        if not row.enabled:
            raise LoginRefused(f"account {name!r} is disabled")
        try:
            return _merged(row, layers)
        except click.ClickException as problem:
            raise LoginRefused(f"account {name!r} of the database cannot be used: {problem.message}") from problem

    def told(self, name: str) -> dict[str, object]:
        """Return an account for a reader."""
        with connected(self.config, change=False) as connection:
            return _told(rows.account_row(connection, name), self._layers(connection))

    def all_told(self) -> list[dict[str, object]]:
        """Return all accounts for a reader."""
        with connected(self.config, change=False) as connection:
            layers = self._layers(connection)
            return [_told(row, layers) for row in rows.all_accounts(connection)]

    def names(self, beginning: str, most: int) -> list[str]:
        """Return the first names of accounts that begin so."""
        with connected(self.config, change=False) as connection:
            return rows.account_names(connection, beginning, most)

    def group_names(self, beginning: str, most: int) -> list[str]:
        """Return the first names of groups that begin so."""
        with connected(self.config, change=False) as connection:
            names = (row.name for row in rows.all_groups(connection))
            return [name for name in names if name.startswith(beginning)][:most]

    def set_group(
        self, name: str, change: Callable[[Mapping[str, object]], Mapping[str, object]], *, new: bool
    ) -> None:
        """Add a group, or change it; the change counts for all its accounts.

        :param new: whether there must be no such group yet.
        """
        with connected(self.config, change=True) as connection:
            known = {row.name: row for row in rows.all_groups(connection)}
            if new and name in known:
                raise UnfitRow(f"there is a group {name!r} already")
            if not new and name not in known:
                raise NoSuchRow(f"there is no group {name!r} in the database")
            rows.set_group(connection, GroupRow(name=name, settings=change(known[name].settings if not new else {})))

    def remove_group(self, name: str) -> None:
        """Remove a group without accounts."""
        with connected(self.config, change=True) as connection:
            rows.remove_group(connection, name)

    def groups(self) -> list[dict[str, object]]:
        """Return all groups of the database for a reader."""
        with connected(self.config, change=False) as connection:
            return [{"name": row.name, "settings": dict(row.settings)} for row in rows.all_groups(connection)]

    def group(self, name: str) -> dict[str, object]:
        """Return a group for a reader."""
        with connected(self.config, change=False) as connection:
            row = rows.group_row(connection, name)
            return {"name": row.name, "settings": dict(row.settings)}

    def totals(self, name: str | None) -> list[dict[str, object]]:
        """Return what accounts store, of all accounts or of one; None for numbers that are changing."""
        with connected(self.config, change=False) as connection:
            return [
                {
                    "name": one,
                    "bytes": None if totals is None else totals.bytes,
                    "files": None if totals is None else totals.files,
                    "changing": totals is None,
                }
                for one, totals in all_totals(connection, name)
            ]

    def forget_totals(self, name: str | None) -> int:
        """Have the files of an account counted, or of all accounts; return how many had totals."""
        with connected(self.config, change=True) as connection:
            return forget_totals(connection, name)

    def _check_group(self, connection: Connection, group: str | None) -> None:
        if group is None or group in self._config().accounts.groups:
            return
        if group not in {row.name for row in rows.all_groups(connection)}:
            raise UnfitRow(
                f"there is no group {group!r}, neither in the database ('ftpd-service group add {group}')"
                f" nor in {self.config}"
            )

    def _config(self) -> Config:
        return load(self.config, os.environ)

    def _layers(self, connection: Connection) -> Layers:
        """Return what lies below the accounts of the database."""
        settings = self._config().accounts
        own = {row.name: self._group_settings(row) for row in rows.all_groups(connection)}
        return Layers(groups={**settings.groups, **own}, defaults=settings.defaults, limits=settings.limits)

    def _group_settings(self, row: GroupRow) -> AccountSettings:
        try:
            return check_settings(row.settings, self.config, read=read_group)
        except click.ClickException as problem:
            raise click.ClickException(f"group {row.name!r} of the database: {problem.message}") from problem


def _row(account: NewAccount) -> AccountRow:
    return AccountRow(
        name=account.name,
        password=account.password,
        group_name=account.group,
        enabled=account.enabled,
        settings=account.settings or {},
    )


def _replacing(account: NewAccount) -> Callable[[AccountRow], AccountRow]:
    def replaced(former: AccountRow) -> AccountRow:
        if account.settings is None:
            return replace(former, password=account.password, enabled=account.enabled)
        return replace(_row(account), created=former.created)

    return replaced


def _told(row: AccountRow, layers: Layers) -> dict[str, object]:
    """Return an account with the settings in force, and its own."""
    told: dict[str, object] = {
        "name": row.name,
        "enabled": row.enabled,
        "group": row.group_name,
        "has_password": row.password is not None,
    }
    try:
        account = _merged(row, layers)
        told |= {"home": account.home_path(), "permissions": list(account.permissions.words())}
    except (LoginRefused, click.ClickException) as problem:
        told |= {"home": None, "permissions": [], "problem": str(problem)}
    return told | {"settings": dict(row.settings), "created": _time(row.created), "changed": _time(row.changed)}


def _merged(row: AccountRow, layers: Layers) -> Account:
    own = replace(check_settings(row.settings, "/"), group=row.group_name)
    return layers.account(row.name, own)


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
