"""What only the memory storage has: a capacity, a clock, and that it never waits."""

from __future__ import annotations

from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from ftpd_service.errors import StorageFull
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IReadHandle, IStorage, IWriteHandle
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.contract_ground import read, stat, write
from ftpd_service.values import ROOT, VirtualPath, WriteMode
from tests.cases import SynchronousTestCase

A = VirtualPath("/a")


class TestMemoryStorage(SynchronousTestCase):
    """`MemoryStorage`; each coroutine ends at once."""

    def test_what_is_provided(self) -> None:
        """Modes and free space beside the files."""
        provided = [verifyObject(each, MemoryStorage()) for each in (IStorage, IChangeMode, IFreeSpace)]
        self.assertEqual(provided, [True, True, True])

    def test_the_handles(self) -> None:
        """Provide their interfaces, without descriptors."""
        storage = MemoryStorage()
        storage.put("/a", b"abc")
        reading = self.successResultOf(storage.open_read(A, 0))
        writing = self.successResultOf(storage.open_write(A, WriteMode.REPLACE, 0))
        self.assertTrue(verifyObject(IReadHandle, reading) and verifyObject(IWriteHandle, writing))

    def test_a_transfer_never_waits(self) -> None:
        """So a test needs no reactor."""
        storage = MemoryStorage()
        self.successResultOf(write(storage, "/a", b"abc"))
        self.assertEqual(self.successResultOf(read(storage, "/a")), b"abc")

    def test_times_are_the_clocks(self) -> None:
        """Of the moment of the change."""
        clock = Clock()
        storage = MemoryStorage(now=clock.seconds)
        clock.advance(1.5)
        self.successResultOf(write(storage, "/a", b"abc"))
        self.assertEqual(self.successResultOf(stat(storage, "/a")).modified_ns, 1_500_000_000)

    def test_a_full_storage_refuses_an_upload(self) -> None:
        """Before the transfer, where nothing fits any more."""
        storage = MemoryStorage(capacity_bytes=3)
        storage.put("/b", b"abc")
        self.failureResultOf(storage.open_write(A, WriteMode.REPLACE, 0), StorageFull)

    def test_what_just_fits(self) -> None:
        """The last octet is taken."""
        storage = MemoryStorage(capacity_bytes=3)
        self.successResultOf(write(storage, "/a", b"abc"))
        self.assertEqual(self.successResultOf(storage.free_bytes(ROOT)), 0)

    def test_what_does_not_fit(self) -> None:
        """One octet more is refused, and nothing is kept."""
        storage = MemoryStorage(capacity_bytes=3)
        self.failureResultOf(write(storage, "/a", b"abcd"), StorageFull)
        self.assertEqual(storage.names(), [])

    def test_an_append_keeps_what_fits(self) -> None:
        """As a disk does."""
        storage = MemoryStorage(capacity_bytes=3)
        self.failureResultOf(write(storage, "/a", b"abcd", WriteMode.APPEND), StorageFull)
        self.assertEqual(storage.content("/a"), b"abc")
