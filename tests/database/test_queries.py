"""The calls of a service to its database: results, transactions, timeouts, failures."""

from __future__ import annotations

import os
import sqlite3

from sqlalchemy import Connection, insert, select, text
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock

from ftpd_service.database.queries import Database, threads
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.tables import bump_revision, current_revision, quotas
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.pool import Unshared
from tests.cases import SynchronousTestCase, TestCase
from tests.database.places import made_sqlite

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(began(i)) FROM n")


def add_quota(connection: Connection) -> None:
    """Add a row."""
    connection.execute(insert(quotas).values(name="alice", bytes=1, files=1, dirty=False))


def names(connection: Connection) -> list[str]:
    """Return the names of all rows."""
    return list(connection.execute(select(quotas.c.name)).scalars())


class Endless:
    """A query that never ends, and tells the reactor when it has begun."""

    def __init__(self) -> None:
        self.began: Deferred[None] = Deferred()

    def __call__(self, connection: Connection) -> object:
        driver = connection.connection.dbapi_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.create_function("began", 1, self._note)
        return connection.execute(ENDLESS).scalar()

    def _note(self, number: int) -> int:
        if number == 1:
            IReactorFromThreads(reactor).callFromThread(self.began.callback, None)
        return number


class DatabaseTests(TestCase):
    """`Database` with one thread and one connection to an SQLite file, and a clock of the test."""

    def setUp(self) -> None:
        """Make the database."""
        self.clock = Clock()
        settings = made_sqlite(self.mktemp(), connections=1)
        self.path = settings.path
        lane = Unshared(Lane("test-database", 1, hung_seconds=60.0), IReactorFromThreads(reactor))
        self.database = Database(settings, lane, self.clock)

        self.addCleanup(self.close)

    async def close(self) -> None:
        """Close it, and see that no clock is left."""
        await self.database.close()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    async def test_a_look(self) -> None:
        """The result of the call comes back."""
        self.assertEqual(await self.database.read(current_revision), 1)

    async def test_a_file_that_is_replaced(self) -> None:
        """A restored backup counts, and not the former file, which is open still."""
        await self.database.write(add_quota)
        other = made_sqlite(self.mktemp())
        os.replace(other.path, self.path)
        for ending in ("-wal", "-shm"):  # they would bring the former rows back
            os.remove(f"{self.path}{ending}")
        self.assertEqual(await self.database.read(names), [])

    async def test_a_file_that_is_gone(self) -> None:
        """It has no answers, although it is open still."""
        await self.database.write(add_quota)
        os.rename(self.path, f"{self.path}.gone")
        with self.assertRaises(DatabaseUnavailable):
            await self.database.read(names)

    async def test_a_change_stays(self) -> None:
        """The transaction is committed."""
        await self.database.write(bump_revision)
        self.assertEqual(await self.database.read(current_revision), 2)

    async def test_an_exception_undoes_the_transaction(self) -> None:
        """The exception reaches the caller."""

        def broken(connection: Connection) -> None:
            add_quota(connection)
            raise LookupError("after the change")

        with self.assertRaises(LookupError):
            await self.database.write(broken)
        self.assertEqual(await self.database.read(names), [])

    async def test_a_refusal_of_the_database(self) -> None:
        """The caller gets the driver's words, without the statement and its values."""
        await self.database.write(add_quota)
        with self.assertRaises(DatabaseUnavailable) as caught:
            await self.database.write(add_quota)
        self.assertEqual(str(caught.exception), "UNIQUE constraint failed: quotas.name")

    async def test_a_call_that_takes_too_long(self) -> None:
        """The caller gets an error in time, and the only thread is free again."""
        endless = Endless()
        answer = Deferred.fromCoroutine(self.database.read(endless))
        await endless.began
        self.clock.advance(5.0)
        with self.assertRaises(DatabaseUnavailable) as caught:
            await answer
        self.assertEqual(str(caught.exception), "no answer within 5 seconds")
        again = Deferred.fromCoroutine(self.database.read(current_revision))
        self.assertEqual(await again, 1)

    async def test_a_call_whose_caller_has_left_ends_in_time(self) -> None:
        """Its clock goes on, so that its thread does not hang for good."""
        endless = Endless()
        answer = Deferred.fromCoroutine(self.database.read(endless))
        await endless.began
        answer.cancel()
        with self.assertRaises(CancelledError):
            await answer
        self.clock.advance(5.0)
        self.assertEqual(await self.database.read(current_revision), 1)

    async def test_a_call_that_waits_for_a_thread_too_long(self) -> None:
        """Its wait counts, and it never begins."""
        called: list[Connection] = []
        endless = Endless()
        first = Deferred.fromCoroutine(self.database.read(endless))
        await endless.began
        self.clock.advance(1.0)
        second = Deferred.fromCoroutine(self.database.read(called.append))
        second.cancel()
        third = Deferred.fromCoroutine(self.database.read(called.append))
        self.clock.pump([4.0, 1.0])
        with self.assertRaises(DatabaseUnavailable):
            await first
        with self.assertRaises(DatabaseUnavailable):
            await third
        with self.assertRaises(CancelledError):
            await second
        self.assertEqual(called, [])


class ThreadsTests(SynchronousTestCase):
    """How many threads a database gets."""

    def test_sqlite_gets_no_more_than_processors(self) -> None:
        """More threads would only take the interpreter's lock from each other."""
        self.assertEqual(threads(DatabaseSettings(url="sqlite:////ftpd.db", connections=4), 2), 2)

    def test_postgresql_gets_a_thread_for_each_connection(self) -> None:
        """Its threads wait for a network."""
        self.assertEqual(threads(DatabaseSettings(url="postgresql://host/ftpd", connections=4), 2), 4)
