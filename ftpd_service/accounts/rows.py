"""The rows of accounts and groups, as the operator's tools read and change them; no reactor is needed.

Each function takes a connection, and each change counts itself in `revision`, so that a running service sees it.  Call
them in ``database.connecting.reading`` or ``writing``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from ftpd_service.accounts.database import can_be_name
from ftpd_service.database.tables import LONGEST_NAME, accounts, bump_revision, groups

UNREADABLE = "(no JSON object)"
"""The key under which settings stand that are no JSON object; it is no key of an account, so they stay a mistake."""


class NoSuchRow(LookupError):
    """There is no account or group of this name."""


class UnfitRow(ValueError):
    """The account or group cannot be stored, or not be removed; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One account."""

    name: str
    password: str | None = field(default=None, repr=False)
    """The hash of its password, or None: it cannot log in by password."""
    group_name: str | None = None
    enabled: bool = True
    settings: Mapping[str, object] = field(default_factory=dict)
    """The keys of an entry of `accounts` in the file, but `group` and `password`; `read_account` has checked them."""
    created: float = 0.0
    """Seconds since 1970, UTC, as is `changed`."""
    changed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group."""

    name: str
    settings: Mapping[str, object] = field(default_factory=dict)
    """The keys of an entry of `groups` in the file; `read_account` has checked them."""


def all_accounts(connection: Connection) -> list[AccountRow]:
    """Return all accounts by name."""
    return [_account(row) for row in connection.execute(select(accounts).order_by(accounts.c.name)).mappings()]


def account_names(connection: Connection, beginning: str, most: int) -> list[str]:
    """Return the first names of accounts that begin so, in their order."""
    found = select(accounts.c.name).where(accounts.c.name.startswith(beginning, autoescape=True))
    return list(connection.scalars(found.order_by(accounts.c.name).limit(most)))


def account_row(connection: Connection, name: str) -> AccountRow:
    """Return an account.

    :raises NoSuchRow: there is none of this name.
    """
    found = _found(connection, name)
    if found is None:
        raise NoSuchRow(f"there is no account {name!r} in the database")
    return found


def add_account(connection: Connection, row: AccountRow, *, now: float) -> None:
    """Add an account.

    :param now: the time in seconds since 1970.
    :raises UnfitRow: there is an account of this name, or the name cannot be one.
    """
    _check_name(row.name)
    bump_revision(connection)
    if _found(connection, row.name) is not None:
        raise UnfitRow(f"there is an account {row.name!r} already")
    connection.execute(insert(accounts).values(_values(replace(row, created=now, changed=now))))


def change_account(
    connection: Connection, name: str, change: Callable[[AccountRow], AccountRow], *, now: float
) -> AccountRow:
    """Change an account, and return it as it is then.

    :param change: gets the account as it is, and returns it as it shall be; its name and the time of its making stay.
    :raises NoSuchRow: there is none of this name.
    """
    bump_revision(connection)
    before = account_row(connection, name)
    after = replace(change(before), name=name, created=before.created, changed=now)
    connection.execute(update(accounts).where(accounts.c.name == name).values(_values(after)))
    return after


def set_password(connection: Connection, name: str, stored: str | None, *, now: float) -> None:
    """Store another hash; None takes the password away.

    :raises NoSuchRow: there is no account of this name.
    """
    change_account(connection, name, lambda row: replace(row, password=stored), now=now)


def enable_account(connection: Connection, name: str, *, now: float) -> None:
    """Let an account log in.

    :raises NoSuchRow: there is none of this name.
    """
    change_account(connection, name, lambda row: replace(row, enabled=True), now=now)


def disable_account(connection: Connection, name: str, *, now: float) -> None:
    """Refuse the logins of an account, and end its sessions.

    :raises NoSuchRow: there is none of this name.
    """
    change_account(connection, name, lambda row: replace(row, enabled=False), now=now)


def remove_account(connection: Connection, name: str) -> None:
    """Remove an account, and end its sessions.

    :raises NoSuchRow: there is none of this name.
    """
    bump_revision(connection)
    account_row(connection, name)
    connection.execute(delete(accounts).where(accounts.c.name == name))


def all_groups(connection: Connection) -> list[GroupRow]:
    """Return all groups by name."""
    return [_group(row) for row in connection.execute(select(groups).order_by(groups.c.name)).mappings()]


def group_row(connection: Connection, name: str) -> GroupRow:
    """Return a group.

    :raises NoSuchRow: there is none of this name.
    """
    found = None
    if can_be_name(name):
        found = connection.execute(select(groups).where(groups.c.name == name)).mappings().one_or_none()
    if found is None:
        raise NoSuchRow(f"there is no group {name!r} in the database")
    return _group(found)


def set_group(connection: Connection, row: GroupRow) -> None:
    """Add a group, or change it; the change counts for all its accounts.

    :raises UnfitRow: the name cannot be one.
    """
    _check_name(row.name)
    bump_revision(connection)
    changed = connection.execute(update(groups).where(groups.c.name == row.name).values(settings=dict(row.settings)))
    if not changed.rowcount:
        connection.execute(insert(groups).values(name=row.name, settings=dict(row.settings)))


def remove_group(connection: Connection, name: str) -> None:
    """Remove a group that has no accounts.

    :raises NoSuchRow: there is none of this name.
    :raises UnfitRow: accounts of the database belong to it.
    """
    bump_revision(connection)
    group_row(connection, name)
    members = connection.execute(select(func.count()).where(accounts.c.group_name == name)).scalar_one()
    if members:
        raise UnfitRow(f"the group {name!r} has {members} accounts: give them another group first")
    connection.execute(delete(groups).where(groups.c.name == name))


def _check_name(name: str) -> None:
    if not can_be_name(name):
        raise UnfitRow(f"a name has 1 to {LONGEST_NAME} characters, and none of them is a control character")


def _found(connection: Connection, name: str) -> AccountRow | None:
    if not can_be_name(name):
        return None
    row = connection.execute(select(accounts).where(accounts.c.name == name)).mappings().one_or_none()
    return None if row is None else _account(row)


def _account(row: RowMapping) -> AccountRow:
    return AccountRow(**{**row, "settings": _settings(row)})


def _group(row: RowMapping) -> GroupRow:
    return GroupRow(**{**row, "settings": _settings(row)})


def _settings(row: RowMapping) -> Mapping[str, object]:
    """Return the settings of a row; other values, as other programs may write them, stand under a key of their own."""
    settings = row["settings"]
    return settings if isinstance(settings, Mapping) else {UNREADABLE: settings}


def _values(row: AccountRow) -> dict[str, object]:
    return asdict(row) | {"settings": dict(row.settings)}
