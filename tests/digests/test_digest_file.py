"""Digests in a file of their own."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorFromThreads

from ftpd_service.digests import digest_file
from ftpd_service.digests.digest_file import DigestFile, open_digest_file
from ftpd_service.errors import DatabaseUnavailable
from tests.digests.store_contract import ROW, VERSION, DigestStoreContract


class DigestFileTests(DigestStoreContract):
    """`DigestFile`."""

    def setUp(self) -> None:
        self.path = self.mktemp()

    def store(self, boot: str) -> DigestFile:
        store = open_digest_file(self.path, boot, IReactorFromThreads(reactor))
        self.addCleanup(store.close)
        return store

    def bound(self, most: int) -> None:
        self.patch(digest_file, "MOST_STORED", most)
        self.patch(digest_file, "TRIMMED_AFTER", 1)

    def fill(self, text: str) -> None:
        """Write another program's file in its place."""
        Path(self.path).write_text(text)

    async def refused(self, store: DigestFile) -> str:
        """The reason why nothing is written."""
        try:
            await store.save([ROW])
        except DatabaseUnavailable as problem:
            return str(problem)
        return "saved"

    async def test_rows_of_another_boot(self) -> None:
        """Are removed, as the file belongs to one host."""
        await self.store("a").save([ROW])
        await self.store("b").save([ROW])
        self.assertEqual(await self.store("a").load(VERSION), {})

    async def test_only_its_owner_reads_the_file(self) -> None:
        """Digests tell what files contain."""
        await self.store("a").save([ROW])
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)

    async def test_a_file_that_is_no_database(self) -> None:
        """Is left as it is."""
        self.fill("no database at all" * 100)
        self.assertIn("file is not a database", await self.refused(self.store("a")))

    async def test_a_file_of_another_form(self) -> None:
        """As a newer version of the server may have made."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA user_version = 7")
        self.assertIn("has form 7", await self.refused(self.store("a")))

    async def test_a_folder_that_is_missing(self) -> None:
        """The reason names the file; the next call tries again."""
        self.path = os.path.join(self.path, "digests")
        store = self.store("a")
        self.assertIn("No such file or directory", await self.refused(store))
        os.mkdir(os.path.dirname(self.path))
        self.assertEqual(await self.refused(store), "saved")

    async def test_a_file_that_another_process_holds(self) -> None:
        """Fails soon, and nobody waits for it."""
        self.patch(digest_file, "_LOCKED_SECONDS", 0.0)
        store = self.store("a")
        await store.save([ROW])
        with closing(sqlite3.connect(self.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            self.assertIn("locked", await self.refused(store))
            self.assertEqual(await self.store("a").load(VERSION), {"sha256": ROW.digest})


del DigestStoreContract
