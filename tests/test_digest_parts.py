"""The parts that keep digests, as a service makes them."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.config.schema import Config
from ftpd_service.data.placement import Load
from ftpd_service.database.queries import open_database
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.digests.service_digests import ServiceDigests
from ftpd_service.digests.settings import DigestSettings
from ftpd_service.graph.digest_parts import digests_of
from ftpd_service.runtime.pool import BlockingPool
from ftpd_service.runtime.turns import Turns
from ftpd_service.session.settings import SessionSettings
from ftpd_service.values import DigestRow, FileVersion
from tests.cases import TestCase
from tests.database.places import made_sqlite

ROW = DigestRow(FileVersion(1, 2, 3_000_000, 4, 5), "md5", "00")


class DigestPartsTests(TestCase):
    """`digests_of`, for a service and the next after it."""

    def made(self, config: Config, settings: DatabaseSettings | None = None) -> ServiceDigests:
        """Make the parts of a service."""
        assert isinstance(reactor, PosixReactorBase)
        database = None if settings is None else open_database(settings, reactor)
        if database is not None:
            self.addCleanup(database.close)
        load = Load(Turns(reactor))
        return digests_of(config, reactor, database=database, pool=BlockingPool(reactor), load=load)

    async def after_restart(self, config: Config, database: DatabaseSettings | None = None) -> str | None:
        """Keep a digest, end, begin again, and look for it."""
        first = self.made(config, database)
        first.kept.keep(ROW)
        await first.close()
        second = self.made(config, database)
        try:
            return await second.kept.find(ROW.version, "md5")
        finally:
            await second.close()

    async def test_a_file(self) -> None:
        """Its digests survive a restart."""
        config = Config(digests=DigestSettings(file=self.mktemp()))
        self.assertEqual(await self.after_restart(config), "00")

    async def test_a_database(self) -> None:
        """Likewise."""
        self.assertEqual(await self.after_restart(Config(), made_sqlite(self.mktemp())), "00")

    async def test_memory_alone(self) -> None:
        """Forgets."""
        self.assertIsNone(await self.after_restart(Config()))

    async def test_two_processes(self) -> None:
        """During an upgrade both have the file open, and see what the other keeps."""
        config = Config(digests=DigestSettings(file=self.mktemp()))
        old, new = self.made(config), self.made(config)
        new.kept.keep(ROW._replace(algorithm="sha1"))
        await new.kept.find(ROW.version._replace(inode=7), "md5")
        old.kept.keep(ROW)
        await old.close()
        self.assertEqual(await new.kept.find(ROW.version, "md5"), "00")
        await new.close()

    def test_the_preferred_algorithm(self) -> None:
        """Is the first that clients can ask for."""
        self.assertEqual(self.made(Config()).preferred, "sha256")
        self.assertIsNone(self.made(Config(session=SessionSettings(digests=()))).preferred)
