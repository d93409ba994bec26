"""Digests in an SQLite file of their own, for a service without a database.

The module of the standard library serves, so that such a service needs no SQLAlchemy.  Two processes may use the file
during an upgrade: a call that finds it locked fails soon, and its digests are computed again.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from twisted.internet.interfaces import IReactorFromThreads

from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.interfaces import Blocking
from ftpd_service.policy.stored_digests import MOST_STORED, TRIMMED_AFTER, signed
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.pool import HUNG_SECONDS, Unshared
from ftpd_service.values import DigestRow, FileVersion

_FORM = 1
"""The form of the table, which ``PRAGMA user_version`` names; the file of another form is left alone."""

_LOCKED_SECONDS = 0.2

_TABLE = """
CREATE TABLE IF NOT EXISTS digests (
    boot TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL, algorithm TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL, kept REAL NOT NULL,
    PRIMARY KEY (boot, device, inode, algorithm)
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX IF NOT EXISTS ix_digests_kept ON digests (kept)"
_LOAD = (
    "SELECT algorithm, digest FROM digests"
    " WHERE boot = ? AND device = ? AND inode = ? AND size = ? AND mtime_ns = ? AND ctime_ns = ?"
)
_SAVE = "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TRIM = "DELETE FROM digests WHERE kept <= (SELECT kept FROM digests ORDER BY kept DESC LIMIT 1 OFFSET ?)"


def open_digest_file(path: str, boot: str, reactor: IReactorFromThreads) -> DigestFile:
    """Return the store in a file, with a thread of its own; nothing is opened before the first call."""
    return DigestFile(path, boot, Unshared(Lane("ftpd-digests", 1, hung_seconds=HUNG_SECONDS), reactor))


class DigestFile:
    """Provides `ftpd_service.digests.digest_store.DigestStore`.

    :param boot: the name of this boot.
    :param blocking: runs calls on a single thread.
    """

    def __init__(self, path: str, boot: str, blocking: Blocking) -> None:
        self._path = path
        self._boot = boot
        self._blocking = blocking
        self._connection: sqlite3.Connection | None = None
        self._untrimmed = TRIMMED_AFTER

    async def load(self, version: FileVersion) -> Mapping[str, str]:
        return await self._blocking(partial(self._load, version), discard=bool)

    async def save(self, rows: Sequence[DigestRow]) -> None:
        await self._blocking(partial(self._save, rows), discard=bool)

    async def close(self) -> None:
        await self._blocking(self._close, discard=bool)

    def _load(self, version: FileVersion) -> dict[str, str]:
        with self._opened() as connection:
            place = self._boot, signed(version.device), signed(version.inode)
            rows = connection.execute(_LOAD, (*place, version.size, version.mtime_ns, version.ctime_ns))
            return {str(algorithm): str(digest) for algorithm, digest in rows}

    def _save(self, rows: Sequence[DigestRow]) -> None:
        with self._opened() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_SAVE, [self._values(row, time.time()) for row in rows])
            self._untrimmed += len(rows)
            if self._untrimmed >= TRIMMED_AFTER:
                connection.execute("DELETE FROM digests WHERE boot != ?", (self._boot,))
                connection.execute(_TRIM, (MOST_STORED,))
                self._untrimmed = 0

    def _values(self, row: DigestRow, now: float) -> tuple[str | int | float, ...]:
        version = row.version
        place = self._boot, signed(version.device), signed(version.inode), row.algorithm
        return (*place, version.size, version.mtime_ns, version.ctime_ns, row.digest, now)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._connection is None:
                self._connection = self._connected()
            yield self._connection
        except (sqlite3.Error, OSError) as problem:
            self._close()
            raise DatabaseUnavailable(f"{self._path}: {problem}") from problem

    def _connected(self) -> sqlite3.Connection:
        # SQLite would make the file readable for everybody.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        # The lane has one thread at a time, but not always the same.
        connection = sqlite3.connect(self._path, timeout=_LOCKED_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (form,) = connection.execute("PRAGMA user_version").fetchone()
        if form not in (0, _FORM):
            raise DatabaseUnavailable(
                f"{self._path} has form {form}, and this ftpd-service knows {_FORM}; name another file"
            )
        connection.execute("PRAGMA synchronous = NORMAL")
        if form == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(_TABLE)
            connection.execute(_INDEX)
            connection.execute(f"PRAGMA user_version = {_FORM}")

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
