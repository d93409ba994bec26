"""The contract of stores of digests: a file, and each kind of database."""

from __future__ import annotations

from ftpd_service.digests.digest_store import DigestStore
from ftpd_service.values import DigestRow, FileVersion
from tests.cases import TestCase

VERSION = FileVersion(device=2**40, inode=2**64 - 1, size=2**40, mtime_ns=-5, ctime_ns=1_800_000_000_123_456_789)
ROW = DigestRow(VERSION, "sha256", "ab" * 32)


class DigestStoreContract(TestCase):
    """What `KeptDigests` expects of its store."""

    def store(self, boot: str) -> DigestStore:
        """Return the store as a service of a boot sees it; called twice, it has the same rows."""
        raise NotImplementedError

    def bound(self, most: int) -> None:
        """Let stores that are made from now on keep so many rows, and trim with each call."""
        raise NotImplementedError

    async def test_an_unknown_version(self) -> None:
        """Has no digests."""
        self.assertEqual(await self.store("a").load(VERSION), {})

    async def test_digests_of_a_version(self) -> None:
        """Come back by algorithm, and numbers of 64 bits with them."""
        store = self.store("a")
        await store.save([ROW, ROW._replace(algorithm="md5", digest="00")])
        self.assertEqual(await store.load(VERSION), {"sha256": ROW.digest, "md5": "00"})

    async def test_each_part_of_a_version_counts(self) -> None:
        """A file that differs in one of them is another file, or has other bytes."""
        store = self.store("a")
        await store.save([ROW])
        others = [VERSION._replace(**{name: 7}) for name in VERSION._fields]
        self.assertEqual([await store.load(other) for other in others], [{}] * 5)

    async def test_a_new_version_replaces_the_former(self) -> None:
        """Which cannot come back."""
        store, newer = self.store("a"), VERSION._replace(ctime_ns=VERSION.ctime_ns + 1)
        await store.save([ROW])
        await store.save([DigestRow(newer, "sha256", "cd")])
        self.assertEqual([await store.load(VERSION), await store.load(newer)], [{}, {"sha256": "cd"}])

    async def test_another_boot(self) -> None:
        """Finds nothing: device numbers mean other disks then, and a crash may have lost bytes."""
        await self.store("a").save([ROW])
        self.assertEqual(await self.store("b").load(VERSION), {})

    async def test_another_process(self) -> None:
        """Of the same boot finds the digests, also while the first still runs."""
        await self.store("a").save([ROW])
        self.assertEqual(await self.store("a").load(VERSION), {"sha256": ROW.digest})

    async def test_more_rows_than_the_bound(self) -> None:
        """The rows that were written first are forgotten."""
        self.bound(2)
        store = self.store("a")
        versions = [VERSION._replace(inode=number) for number in range(4)]
        for version in versions:
            await store.save([DigestRow(version, "md5", "00")])
        self.assertEqual([bool(await store.load(version)) for version in versions], [False, False, True, True])
