"""The contract of digests in a database, for each kind of database."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.database import digest_rows
from ftpd_service.database.digest_rows import SqlDigests
from ftpd_service.database.queries import open_database
from ftpd_service.database.settings import DatabaseSettings
from tests.digests.store_contract import DigestStoreContract


class DigestRowsContract(DigestStoreContract):
    """`SqlDigests` with any database."""

    def made(self) -> DatabaseSettings:
        """An empty database with all tables."""
        raise NotImplementedError

    def setUp(self) -> None:
        assert isinstance(reactor, PosixReactorBase)
        database = self.database = open_database(self.made(), reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(database.close()))

    def store(self, boot: str) -> SqlDigests:
        return SqlDigests(self.database, boot)

    def bound(self, most: int) -> None:
        self.patch(digest_rows, "MOST_STORED", most)
        self.patch(digest_rows, "TRIMMED_AFTER", 1)


del DigestStoreContract
