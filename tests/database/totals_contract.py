"""The contract of totals in a database, for each kind of database."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.database.connecting import connect, reading, writing
from ftpd_service.database.kept_totals import KeptTotals, all_totals, forget_totals
from ftpd_service.database.queries import open_database
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.tables import current_revision
from ftpd_service.policy.quotas import Totals
from tests.cases import TestCase


class KeptTotalsContract(TestCase):
    """The store of a service, with any database."""

    def made(self) -> DatabaseSettings:
        """An empty database with all tables."""
        raise NotImplementedError

    def setUp(self) -> None:
        settings = self.made()
        assert isinstance(reactor, PosixReactorBase)
        database = open_database(settings, reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(database.close()))
        self.kept = KeptTotals(database)
        self.engine = connect(settings)
        self.addCleanup(self.engine.dispose)

    def forget(self, name: str | None) -> int:
        """An operator's wish."""
        with writing(self.engine) as connection:
            return forget_totals(connection, name)

    async def test_unknown_account(self) -> None:
        """There are no totals."""
        self.assertIsNone(await self.kept.load("alice"))

    async def test_first_mark(self) -> None:
        """There was no row, and there is one now."""
        self.assertEqual([await self.kept.mark_dirty("alice") for _ in range(2)], [False, True])

    async def test_saved_totals(self) -> None:
        """They come back, beyond 4 GiB too."""
        await self.kept.mark_dirty("alice")
        self.assertTrue(await self.kept.save("alice", Totals(2**40, 3)))
        self.assertEqual(await self.kept.load("alice"), Totals(2**40, 3))

    async def test_dirty_totals(self) -> None:
        """They do not count."""
        await self.kept.mark_dirty("alice")
        await self.kept.save("alice", Totals(5, 1))
        await self.kept.mark_dirty("alice")
        self.assertIsNone(await self.kept.load("alice"))

    async def test_row_that_an_operator_has_removed(self) -> None:
        """It is not made again by totals that are old."""
        await self.kept.mark_dirty("alice")
        self.forget("alice")
        self.assertFalse(await self.kept.save("alice", Totals(5, 1)))
        self.assertFalse(await self.kept.mark_dirty("alice"))

    async def test_names_are_values(self) -> None:
        """Never part of a statement."""
        name = "a' OR '1'='1"
        await self.kept.mark_dirty("alice")
        await self.kept.mark_dirty(name)
        self.assertEqual(self.forget(name), 1)

    async def test_operator_sees_all(self) -> None:
        """Dirty totals as unknown."""
        await self.kept.mark_dirty("bob")
        await self.kept.mark_dirty("alice")
        await self.kept.save("alice", Totals(5, 1))
        with reading(self.engine) as connection:
            self.assertEqual(all_totals(connection, None), [("alice", Totals(5, 1)), ("bob", None)])
            self.assertEqual(all_totals(connection, "bob"), [("bob", None)])

    async def test_services_are_told(self) -> None:
        """By the counter that they watch."""
        with reading(self.engine) as connection:
            before = current_revision(connection)
        self.forget(None)
        with reading(self.engine) as connection:
            self.assertEqual(current_revision(connection), before + 1)
