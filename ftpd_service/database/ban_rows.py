"""The rows of bans: what a running service keeps, and what operators read and change.

The functions take a connection.  `SqlBans` is the store of a running service.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, RowMapping, delete, func, insert, or_, select

from ftpd_service.database.queries import Database
from ftpd_service.database.tables import bans
from ftpd_service.policy.bans import Ban, BanKind

AUTOMATIC = "automatic: "
"""The beginning of the reason of a ban that a server has made."""


def all_bans(connection: Connection, now: float) -> list[Ban]:
    """Return the bans that have not ended, the newest first."""
    in_force = or_(bans.c.until.is_(None), bans.c.until > now)
    rows = connection.execute(select(bans).where(in_force).order_by(bans.c.since.desc(), bans.c.subject))
    return [_ban(row) for row in rows.mappings()]


def put_ban(connection: Connection, ban: Ban) -> None:
    """Keep a ban, in place of another of the same subject."""
    connection.execute(delete(bans).where(bans.c.kind == ban.kind.value, bans.c.subject == ban.subject))
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
        await self._database.write(partial(_drop_ended, now - 3600.0))
        return await self._database.read(partial(all_bans, now=now))


def _state(connection: Connection) -> tuple[object, ...]:
    row = connection.execute(select(func.count(), func.max(bans.c.since), func.sum(bans.c.since))).one()
    return tuple(row)


def _drop_ended(before: float, connection: Connection) -> None:
    connection.execute(delete(bans).where(bans.c.until < before))


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
