"""The totals of accounts with a quota, in the database.

A row that is missing is an operator's wish that the files of the account are counted: a service that has made the row
before finds out with its next change of the row.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection, delete, insert, select, update

from ftpd_service.database.queries import Database
from ftpd_service.database.tables import bump_revision, quotas
from ftpd_service.policy.quotas import Totals


class KeptTotals:
    """The totals of all accounts; `ftpd_service.storage.totals_store.TotalsStore` says what its methods do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, name: str) -> Totals | None:
        """Return the totals of an account, or None if there are none, or dirty totals."""
        return await self._database.read(partial(clean_totals, name=name))

    async def mark_dirty(self, name: str) -> bool:
        """Mark an account dirty, and return whether it had a row."""
        return await self._database.write(partial(_mark_dirty, name=name))

    async def save(self, name: str, totals: Totals) -> bool:
        """Keep the totals of an account if it has a row, and return whether it has."""
        return await self._database.write(partial(_save, name=name, totals=totals))


def clean_totals(connection: Connection, *, name: str) -> Totals | None:
    """Return the totals of an account that are not dirty."""
    columns = select(quotas.c.bytes, quotas.c.files).where(quotas.c.name == name, quotas.c.dirty.is_(False))
    row = connection.execute(columns).one_or_none()
    return None if row is None else Totals(row.bytes, row.files)


def _mark_dirty(connection: Connection, *, name: str) -> bool:
    marked = connection.execute(update(quotas).where(quotas.c.name == name).values(dirty=True))
    if marked.rowcount:
        return True
    connection.execute(insert(quotas).values(name=name, bytes=0, files=0, dirty=True))
    return False


def _save(connection: Connection, *, name: str, totals: Totals) -> bool:
    values = {"bytes": totals.bytes, "files": totals.files, "dirty": False}
    return bool(connection.execute(update(quotas).where(quotas.c.name == name).values(values)).rowcount)


def all_totals(connection: Connection, name: str | None) -> list[tuple[str, Totals | None]]:
    """Return the names and totals of all accounts, or of one account; None stands for dirty totals."""
    rows = select(quotas).order_by(quotas.c.name)
    wanted = rows if name is None else rows.where(quotas.c.name == name)
    return [(row.name, None if row.dirty else Totals(row.bytes, row.files)) for row in connection.execute(wanted)]


def forget_totals(connection: Connection, name: str | None) -> int:
    """Have the files of all accounts counted, or those of one account; return the number of rows."""
    bump_revision(connection)
    every = delete(quotas)
    return connection.execute(every if name is None else every.where(quotas.c.name == name)).rowcount
