"""The rows of bans: what a running service keeps, and what operators read and change.

The functions take a connection.  `SqlBans` is the store of a running service.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from ipaddress import ip_network

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, or_, select
from twisted.logger import Logger

from ftpd_service.database.queries import Database
from ftpd_service.database.tables import bans
from ftpd_service.policy.bans import MOST_BANS, Ban, BanKind, outlasts

_log = Logger(namespace="ftpd.database")

AUTOMATIC = "automatic: "
"""The beginning of the reason of a ban that a server has made."""


def all_bans(connection: Connection, now: float) -> list[Ban]:
    """Return the bans that have not ended, the newest first."""
    return [_ban(row) for row in _rows(connection, now)]


def latest_bans(connection: Connection, now: float) -> list[Ban]:
    """Return the bans of operators that have not ended, and the newest of those that servers have made.

    A row whose subject is none, because somebody has written it by hand, is logged and left out.
    """
    operators = _rows(connection, now, ~_automatic())
    servers = _rows(connection, now, _automatic(), most=MOST_BANS)
    return [ban for row in (*operators, *servers) if _is_subject(ban := _ban(row))]


def drop_old_bans(connection: Connection, *, ended_before: float) -> None:
    """Delete bans that ended some time ago, and those of servers for which no server has room."""
    connection.execute(delete(bans).where(bans.c.until < ended_before))
    newest = select(bans.c.since).where(_automatic()).order_by(bans.c.since.desc()).offset(MOST_BANS).limit(1)
    since = connection.execute(newest).scalar()
    if since is not None:
        connection.execute(delete(bans).where(_automatic(), bans.c.since <= since))


def put_ban(connection: Connection, ban: Ban) -> None:
    """Keep a ban, in place of another of the same subject, but for a server's ban where the other one ends later."""
    of_subject = (bans.c.kind == ban.kind.value, bans.c.subject == ban.subject)
    if ban.automatic:
        former = connection.execute(select(bans).where(*of_subject)).mappings().one_or_none()
        if former is not None and outlasts(_ban(former), ban):
            return
    connection.execute(delete(bans).where(*of_subject))
    reason = f"{AUTOMATIC}{ban.reason}" if ban.automatic else ban.reason
    connection.execute(
        insert(bans).values(kind=ban.kind.value, subject=ban.subject, since=ban.since, until=ban.until, reason=reason)
    )


def lift_ban(connection: Connection, kind: BanKind, subject: str) -> bool:
    """Lift a ban, and return whether there was one."""
    done = connection.execute(delete(bans).where(bans.c.kind == kind.value, bans.c.subject == subject))
    return bool(done.rowcount)


class SqlBans:
    """The bans in the database of a running service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, ban: Ban) -> None:
        """See `ftpd_service.auth.ban_keeper.BanStore.put`."""
        await self._database.write(lambda connection: put_ban(connection, ban))

    async def state(self) -> object:
        """See `ftpd_service.auth.ban_keeper.BanStore.state`."""
        return await self._database.read(_state)

    async def load(self, now: float) -> list[Ban]:
        """See `ftpd_service.auth.ban_keeper.BanStore.load`; rows stay for an hour behind their end."""
        await self._database.write(partial(drop_old_bans, ended_before=now - 3600.0))
        return await self._database.read(partial(latest_bans, now=now))


def _state(connection: Connection) -> tuple[object, ...]:
    row = connection.execute(select(func.count(), func.max(bans.c.since), func.sum(bans.c.since))).one()
    return tuple(row)


def _automatic() -> ColumnElement[bool]:
    return bans.c.reason.startswith(AUTOMATIC, autoescape=True)


def _rows(
    connection: Connection, now: float, *which: ColumnElement[bool], most: int | None = None
) -> Sequence[RowMapping]:
    in_force = or_(bans.c.until.is_(None), bans.c.until > now)
    newest = select(bans).where(in_force, *which).order_by(bans.c.since.desc(), bans.c.subject).limit(most)
    return connection.execute(newest).mappings().all()


def _ban(row: RowMapping) -> Ban:
    reason: str = row["reason"]
    return Ban(
        kind=BanKind(row["kind"]),
        subject=row["subject"],
        since=row["since"],
        until=row["until"],
        reason=reason.removeprefix(AUTOMATIC),
        automatic=reason.startswith(AUTOMATIC),
    )


def _is_subject(ban: Ban) -> bool:
    """Return whether the subject of a ban is an address, a network or a name, as its kind says."""
    if ban.kind is BanKind.ACCOUNT:
        return True
    try:
        ip_network(ban.subject)
    except ValueError as problem:
        _log.warn("a ban in the database counts for nobody: {problem}", problem=str(problem))
        return False
    return True
