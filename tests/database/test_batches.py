"""Batches: transactions that the driver gets in one piece, on a connection that is kept."""

from __future__ import annotations

import os
import sqlite3
from functools import partial

from sqlalchemy import Connection
from twisted.internet import reactor
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock

from ftpd_service.database.batches import Statements, commit_batch
from ftpd_service.database.queries import Database
from ftpd_service.database.tables import current_revision
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.pool import Unshared
from tests.cases import TestCase
from tests.database.places import made_sqlite
from tests.database.test_queries import names

ADD = "INSERT INTO quotas (name, bytes, files, dirty) VALUES (?, 1, 1, 0)"


class BatchTests(TestCase):
    """Batches with SQLite."""

    def setUp(self) -> None:
        self.begin(connections=2)

    def begin(self, connections: int) -> None:
        """Make a database."""
        settings = made_sqlite(self.mktemp(), connections=connections)
        self.path = settings.path
        lane = Unshared(Lane("test-database", 1, hung_seconds=60.0), IReactorFromThreads(reactor))
        database = self.database = Database(settings, lane, Clock())
        self.addCleanup(database.close)

    async def commit(self, *statements: tuple[str, list[list[str]]], lazily: bool = True) -> bool:
        """Commit a batch."""
        return await self.database.batch(partial(self.send, statements=statements, lazily=lazily))

    def send(self, connection: Connection, statements: Statements, *, lazily: bool) -> bool:
        """Send it, and note the connection."""
        self.driver = connection.connection.driver_connection
        return commit_batch(connection, statements, lazily=lazily)

    async def test_a_batch_stays(self) -> None:
        """All its rows."""
        await self.commit((ADD, [["alice"], ["bob"]]), (ADD, [["carol"]]))
        self.assertEqual(sorted(await self.database.read(names)), ["alice", "bob", "carol"])

    async def test_a_refusal_undoes_all_of_it(self) -> None:
        """And the next batch works."""
        with self.assertRaises(DatabaseUnavailable):
            await self.commit((ADD, [["alice"]]), (ADD, [["alice"]]))
        await self.commit((ADD, [["bob"]]))
        self.assertEqual(await self.database.read(names), ["bob"])

    async def test_the_connection_is_kept(self) -> None:
        """It is new to batches once."""
        self.assertEqual((await self.commit(), await self.commit()), (True, False))

    async def test_a_replaced_file_gets_a_new_connection(self) -> None:
        """A restored backup counts for the next batch."""
        await self.commit((ADD, [["alice"]]))
        os.replace(made_sqlite(self.mktemp()).path, self.path)
        for ending in ("-wal", "-shm"):  # they would bring the former rows back
            os.remove(f"{self.path}{ending}")
        self.assertTrue(await self.commit((ADD, [["bob"]])))
        self.assertEqual(await self.database.read(names), ["bob"])

    async def test_an_only_connection_is_not_kept(self) -> None:
        """Others need it."""
        self.begin(connections=1)
        await self.commit((ADD, [["alice"]]))
        self.assertEqual(await self.database.read(current_revision), 1)

    async def test_only_lazy_batches_do_not_wait_for_the_disk(self) -> None:
        """SQLite says how the connection is set: 1 is NORMAL, 2 is FULL."""
        levels = []
        for lazily in (True, False, True):
            await self.commit(lazily=lazily)
            assert isinstance(self.driver, sqlite3.Connection)
            levels.append(self.driver.execute("PRAGMA synchronous").fetchone()[0])
        self.assertEqual(levels, [1, 2, 1])
