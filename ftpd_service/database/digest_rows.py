"""Kept digests in the database."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ftpd_service.database.queries import Database
from ftpd_service.database.settings import SQLITE
from ftpd_service.database.tables import digests
from ftpd_service.policy.stored_digests import MOST_STORED, TRIMMED_AFTER, signed
from ftpd_service.values import DigestRow, FileVersion


class SqlDigests:
    """The rows of one boot of one host; `ftpd_service.digests.digest_store.DigestStore` says what its methods do."""

    def __init__(self, database: Database, boot: str) -> None:
        self._database = database
        self._boot = boot
        self._untrimmed = TRIMMED_AFTER

    async def load(self, version: FileVersion) -> Mapping[str, str]:
        """Return the digests of a version by algorithm."""
        return await self._database.read(partial(_load, boot=self._boot, version=version))

    async def save(self, rows: Sequence[DigestRow]) -> None:
        """Write rows, in place of those of other versions."""
        self._untrimmed += len(rows)
        trim = self._untrimmed >= TRIMMED_AFTER
        now = time.time()
        await self._database.write(partial(_save, rows=[_values(self._boot, row, now) for row in rows], trim=trim))
        if trim:
            self._untrimmed = 0

    async def close(self) -> None:
        """Do nothing, as the database is closed by its owner."""


def _place(boot: str, version: FileVersion) -> dict[str, str | int]:
    return {"boot": boot, "device": signed(version.device), "inode": signed(version.inode)}


def _values(boot: str, row: DigestRow, now: float) -> dict[str, str | int | float]:
    version = row.version
    return {
        **_place(boot, version),
        "algorithm": row.algorithm,
        "size": version.size,
        "mtime_ns": version.mtime_ns,
        "ctime_ns": version.ctime_ns,
        "digest": row.digest,
        "kept": now,
    }


def _load(connection: Connection, *, boot: str, version: FileVersion) -> dict[str, str]:
    wanted = {
        **_place(boot, version),
        "size": version.size,
        "mtime_ns": version.mtime_ns,
        "ctime_ns": version.ctime_ns,
    }
    rows = connection.execute(select(digests.c.algorithm, digests.c.digest).filter_by(**wanted))
    return {row.algorithm: row.digest for row in rows}


def _save(connection: Connection, *, rows: list[dict[str, str | int | float]], trim: bool) -> None:
    connection.execute(_upsert(connection.dialect.name), rows)
    if trim:
        newest = select(digests.c.kept).order_by(digests.c.kept.desc()).offset(MOST_STORED).limit(1)
        connection.execute(delete(digests).where(digests.c.kept <= newest.scalar_subquery()))


def _upsert(dialect: str) -> Insert:
    given = sqlite.insert(digests) if dialect == SQLITE else postgresql.insert(digests)
    keys = [column.name for column in digests.primary_key]
    changed = {column.name: given.excluded[column.name] for column in digests.c if column.name not in keys}
    return given.on_conflict_do_update(index_elements=keys, set_=changed)
