"""The accounts of the database, merged with their groups and `account_defaults`; one query brings all of an account.

A group of the database goes before a group of the same name in the file.  This module is imported only where the
configuration names a database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, String, Text, bindparam, cast, func, select
from zope.interface import implementer

from ftpd_service.account import Account, AccountSettings
from ftpd_service.accounts.layers import Layers
from ftpd_service.accounts.recent_rows import RecentRows
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.database.queries import Database
from ftpd_service.database.tables import LONGEST_NAME, accounts, groups
from ftpd_service.errors import LoginRefused, LoginUnavailable, TemporarilyUnavailable
from ftpd_service.interfaces import Now
from ftpd_service.login_interfaces import IAccounts, IPasswords
from ftpd_service.values import ANONYMOUS, ANONYMOUS_NAMES

T = TypeVar("T")

ReadAccount = Callable[[Mapping[str, object]], AccountSettings]
"""Reads the keys of an account or a group in a row; raises ValueError."""

KEPT_SECONDS = 5.0
"""How long a row is kept; a change of the counter drops it earlier."""

MOST_KEPT = 10_000
"""The most rows that are kept, those of unknown names included."""

_GENERAL_SECONDS = 60.0
"""How long answers about all accounts are kept, which cost more."""

_DECOYS = 64
"""The decoys: stored passwords of each format, as many as its share of the accounts."""

_KIND_CHARACTERS = 3
"""The beginning of a stored password that tells its format: ``$ar``, ``$2b``, ``$6$``."""


_ROW = (
    select(accounts, groups.c.name.label("of_group"), groups.c.settings.label("settings_of_group"))
    .select_from(
        accounts.outerjoin(
            groups, groups.c.name == func.coalesce(accounts.c.group_name, bindparam("default_group", type_=String))
        )
    )
    .where(accounts.c.name == bindparam("wanted"))
)
"""An account with its group, or with the group of the defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """An account of the database."""

    account: Account | None
    """None if it cannot be used."""
    password: str | None
    problem: str = ""
    """The reason why it cannot be used, for the log."""


@implementer(IAccounts, IPasswords)
class DatabaseAccounts:
    """The accounts of the database, by name."""

    def __init__(
        self,
        database: Database,
        read: ReadAccount,
        settings: AccountsSettings,
        *,
        read_group: ReadAccount,
        now: Now,
        revision: Callable[[], object],
    ) -> None:
        """Take the database and the layers below its accounts.

        :param now: returns the seconds of a monotonic clock.
        :param revision: returns the counter of changes, as it was seen last.
        """
        self._database = database
        self._read = read
        self._read_group = read_group
        self._settings = settings
        recent = partial(RecentRows, now=now, version=revision)
        self._rows: RecentRows[_Known | None] = recent(seconds=KEPT_SECONDS, most=MOST_KEPT)
        self._some_need_tls: RecentRows[bool] = recent(seconds=_GENERAL_SECONDS, most=1)
        self._decoys: RecentRows[tuple[str, ...]] = recent(seconds=_GENERAL_SECONDS, most=1)
        self._seen_decoys: tuple[str, ...] = ()

    async def account(self, name: str) -> Account | None:
        """See `IAccounts.account`.

        :raises LoginRefused: the account is disabled, or its row is wrong.
        """
        known = await self._known(name)
        if known is not None and known.account is None:
            raise LoginRefused(known.problem)
        return None if known is None else known.account

    async def needs_tls(self, name: str) -> bool | None:
        """See `IAccounts.needs_tls`; an account that cannot be used needs TLS if any account does."""
        known = await self._known(name)
        if known is None and name.lower() in ANONYMOUS_NAMES:
            known = await self._known(ANONYMOUS)
        return None if known is None or known.account is None else known.account.needs_tls

    async def some_need_tls(self) -> bool:
        """See `IAccounts.some_need_tls`."""
        return await _answered(self._some_need_tls.answer("", lambda: self._database.read(self._any_needs_tls)))

    async def stored(self, name: str) -> str | None:
        """See `IPasswords.stored`; a disabled account has its password, so that it costs what others cost."""
        known = await self._known(name)
        if known is None or known.password is None:
            self._seen_decoys = await _answered(self._decoys.answer("", lambda: self._database.read(_find_decoys)))
        return None if known is None else known.password

    def decoys(self) -> tuple[str, ...]:
        """See `IPasswords.decoys`: stored passwords by the shares of their formats, as `stored` has seen them."""
        return self._seen_decoys

    async def _known(self, name: str) -> _Known | None:
        if not can_be_name(name):
            return None
        return await _answered(self._rows.answer(name, lambda: self._database.read(partial(self._row, name))))

    def _row(self, name: str, connection: Connection) -> _Known | None:
        """Return an account, on a thread."""
        default = self._settings.defaults
        row = connection.execute(_ROW, {"wanted": name, "default_group": default and default.group}).one_or_none()
        if row is None:
            return None
        # SQLite keeps values of any type, and the checker refuses passwords of unknown formats.
        password = None if row.password is None else str(row.password)
        if not row.enabled:
            return _Known(account=None, password=password, problem=f"account {name!r} is disabled")
        try:
            own = replace(_settings_of(row.settings, self._read), group=row.group_name)
            of_group = row.of_group
            groups_here = (
                {} if of_group is None else {of_group: _settings_of(row.settings_of_group or {}, self._read_group)}
            )
            layers = self._layers(groups_here)
            return _Known(account=layers.account(name, own), password=password)
        except ValueError as problem:
            text = f"account {name!r} of the database, or its group, cannot be used: {problem}"
        except LoginRefused as problem:
            text = str(problem)
        return _Known(account=None, password=password, problem=text)

    def _layers(self, of_database: Mapping[str, AccountSettings]) -> Layers:
        settings = self._settings
        return Layers(groups={**settings.groups, **of_database}, defaults=settings.defaults, limits=settings.limits)

    def _any_needs_tls(self, connection: Connection) -> bool:
        """Return whether an account of the database needs TLS by its own settings or its group's, on a thread.

        The configuration answers for `account_defaults`.
        """
        own = connection.execute(select(accounts.c.settings).where(_may_demand(accounts.c.settings))).scalars()
        if any(_demands_tls(settings) for settings in own):
            return True
        found = connection.execute(select(groups.c.name, groups.c.settings).where(_may_demand(groups.c.settings)))
        of_database = {name for name, settings in found if _demands_tls(settings)}
        of_file = {name for name, settings in self._settings.groups.items() if settings.needs_tls}
        members = select(accounts.c.name).where(accounts.c.group_name.in_(of_database | of_file)).limit(1)
        return connection.execute(members).first() is not None


def _settings_of(values: object, read: ReadAccount) -> AccountSettings:
    if not isinstance(values, Mapping):
        raise ValueError("its settings are no mapping")
    return read(values)


def can_be_name(name: str) -> bool:
    """Return whether an account of the database may have a name; databases refuse other texts, or cut them."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable()


async def _answered(answer: Awaitable[T]) -> T:
    """Return an answer of the database; its failures are those of a login."""
    try:
        return await answer
    except TemporarilyUnavailable as problem:
        raise LoginUnavailable(f"the database gave no answer: {problem}") from problem


def _may_demand(settings: ColumnElement[object]) -> ColumnElement[bool]:
    """Return the condition that settings contain the word ``required``, which leaves out most rows."""
    return cast(settings, Text).like('%"required"%')


def _demands_tls(settings: object) -> bool:
    return isinstance(settings, Mapping) and settings.get("tls") == "required"


def _find_decoys(connection: Connection) -> tuple[str, ...]:
    """Return the decoys, on a thread."""
    kind = func.substr(accounts.c.password, 1, _KIND_CHARACTERS)
    rows = connection.execute(
        select(func.min(accounts.c.password), func.count())
        .where(accounts.c.password.is_not(None))
        .group_by(kind)
        .order_by(kind)
    ).all()
    total = sum(count for _, count in rows)
    return tuple(str(stored) for stored, count in rows for _ in range(max(1, round(_DECOYS * count / total))))
