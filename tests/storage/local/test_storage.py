"""What only local files have: descriptors, modes, the kernel's facts, and that nothing stays open."""

from __future__ import annotations

import os
import stat
import threading

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.interfaces import IReactorFromThreads
from zope.interface.verify import verifyObject

from ftpd_service.errors import NotFound, Unsupported
from ftpd_service.interfaces import (
    IChangeMode,
    IFreeSpace,
    IReadDescriptor,
    IReadHandle,
    IStorage,
    IWriteDescriptor,
    IWriteHandle,
)
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.runtime.pool import BlockingPool
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import refused
from ftpd_service.testing.contract_ground import stat as stat_of
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import ByteRange, Entry, VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import ByOpening, Disk

A = VirtualPath("/a")


class LocalCase(TestCase):
    """A tree on the disk."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.storage = self.disk.storage()


class TestInterfaces(LocalCase):
    """What is provided."""

    def test_the_storage(self) -> None:
        """Modes and free space beside the files."""
        provided = [verifyObject(each, self.storage) for each in (IStorage, IChangeMode, IFreeSpace)]
        self.assertEqual(provided, [True, True, True])

    async def test_a_large_file_has_a_descriptor(self) -> None:
        """For zero copy."""
        self.disk.put("/a", bytes(100_000))
        handle = await self.storage.open_read(A, 0)
        self.addCleanup(handle.close)
        self.assertTrue(verifyObject(IReadDescriptor, handle))

    async def test_a_small_file_needs_no_descriptor(self) -> None:
        """It was read while opening, and is closed already."""
        self.disk.put("/a", b"abc")
        handle = await self.storage.open_read(A, 0)
        self.assertEqual(self.disk.open_in(), [])
        self.assertTrue(verifyObject(IReadHandle, handle))
        self.assertEqual(handle.first(), b"abc")

    async def test_an_upload_has_a_descriptor(self) -> None:
        """For zero copy."""
        handle = await self.storage.open_write(A, WriteMode.REPLACE, 0)
        self.addCleanup(handle.abort)
        self.assertTrue(verifyObject(IWriteDescriptor, handle))
        self.assertTrue(verifyObject(IWriteHandle, handle))


class TestDescriptors(LocalCase):
    """What the movers rely on."""

    async def test_the_range_begins_behind_first(self) -> None:
        """Offsets in the file, up to its size as of opening."""
        self.disk.put("/a", bytes(100_000))
        handle = await self.storage.open_read(A, 10)
        self.addCleanup(handle.close)
        self.assertEqual(IReadDescriptor(handle).range(), ByteRange(start=10 + len(handle.first()), stop=100_000))

    async def test_octets_through_the_descriptor_are_committed(self) -> None:
        """Written at its position, between octets written through the handle."""
        handle = IWriteDescriptor(await self.storage.open_write(A, WriteMode.REPLACE, 0))
        await handle.write(b"abc")
        handle.written(os.write(await handle.descriptor(), b"def"))
        await handle.write(b"ghi")
        await handle.commit()
        self.assertEqual(self.disk.content("/a"), b"abcdefghi")

    async def test_the_descriptor_of_an_append_stands_at_the_end(self) -> None:
        """Without O_APPEND, which splice refuses."""
        self.disk.put("/a", b"0123")
        handle = IWriteDescriptor(await self.storage.open_write(A, WriteMode.APPEND, 0))
        descriptor = await handle.descriptor()
        stands = os.lseek(descriptor, 0, os.SEEK_CUR)
        await handle.abort()
        self.assertEqual(stands, 4)

    async def test_the_descriptor_of_a_modification_stands_at_the_offset(self) -> None:
        """Where the first octet goes."""
        self.disk.put("/a", b"0123")
        handle = IWriteDescriptor(await self.storage.open_write(A, WriteMode.MODIFY, 2))
        stands = os.lseek(await handle.descriptor(), 0, os.SEEK_CUR)
        await handle.abort()
        self.assertEqual(stands, 2)

    async def test_a_growing_file_ends_at_its_size_of_opening(self) -> None:
        """As the preliminary reply announced it."""
        self.disk.put("/a", bytes(70_000))
        handle = await self.storage.open_read(A, 0)
        self.disk.put("/a", bytes(80_000))
        rest = await handle.read(100_000)
        await handle.close()
        self.assertEqual(len(handle.first()) + len(rest), 70_000)


class TestModes(LocalCase):
    """Permission bits are the settings' own, whatever the process's umask."""

    def setUp(self) -> None:
        super().setUp()
        # The owner keeps its bits: without root's rights it could not open what it has made.
        self.addCleanup(os.umask, os.umask(0o077))

    async def test_a_new_file(self) -> None:
        """0o666 without the storage's umask."""
        self.storage.set_umask(0o002)
        handle = await self.storage.open_write(A, WriteMode.REPLACE, 0)
        await handle.commit()
        self.assertEqual((await stat_of(self.storage, "/a")).mode, 0o664)

    async def test_what_one_login_sets(self) -> None:
        """Is nothing to another one with the same root."""
        usual = self.storage.umask()
        before = self.storage.another(at_once)
        self.storage.set_umask(0o002)
        after = self.storage.another(at_once)
        self.assertEqual((before.umask(), after.umask()), (usual, usual))

    async def test_a_new_directory(self) -> None:
        """0o777 without it."""
        self.storage.set_umask(0o002)
        await self.storage.make_directory(VirtualPath("/d"))
        self.assertEqual((await stat_of(self.storage, "/d")).mode, 0o775)

    async def test_a_directory_keeps_what_its_operator_has_set(self) -> None:
        """Set-group-ID and sticky bits: clients set permission bits only."""
        self.disk.put_directory("/d")
        os.chmod(self.disk.host("/d"), 0o3755)
        await self.storage.change_mode(VirtualPath("/d"), 0o770)
        self.assertEqual((await stat_of(self.storage, "/d")).mode, 0o3770)

    async def test_a_file_keeps_no_set_ids(self) -> None:
        """A client may write what it executes."""
        self.disk.put("/a")
        os.chmod(self.disk.host("/a"), 0o6755)
        await self.storage.change_mode(A, 0o755)
        self.assertEqual((await stat_of(self.storage, "/a")).mode, 0o755)

    async def test_a_directory_in_a_set_group_id_directory(self) -> None:
        """Keeps that bit, which hands the group on."""
        os.chmod(self.disk.root, 0o2775)
        await self.storage.make_directory(VirtualPath("/d"))
        self.assertEqual((await stat_of(self.storage, "/d")).mode, 0o2750)


class TestFacts(LocalCase):
    """What is told of an object."""

    async def test_the_facts_of_a_file(self) -> None:
        """Links, owner, group, times and the object's own token."""
        self.disk.put("/a", b"abc")
        os.link(self.disk.host("/a"), self.disk.host("/b"))
        entry = await stat_of(self.storage, "/a")
        host = os.stat(self.disk.host("/a"))
        self.assertEqual(
            (entry.links, entry.owner, entry.group, entry.modified_ns, entry.unique),
            (2, host.st_uid, host.st_gid, host.st_mtime_ns, f"{host.st_dev:x}g{host.st_ino:x}"),
        )

    async def test_setting_times_keeps_the_access_time(self) -> None:
        """Only the modification time was asked for."""
        self.disk.put("/a")
        os.utime(self.disk.host("/a"), ns=(5, 6))
        await self.storage.set_modified(A, 7)
        host = os.stat(self.disk.host("/a"))
        self.assertEqual((host.st_atime_ns, host.st_mtime_ns), (5, 7))

    async def test_a_time_that_the_host_cannot_keep_is_refused(self) -> None:
        """No error of the server's own."""
        self.disk.put("/a")
        with refused(Unsupported):
            await self.storage.set_modified(A, 2**100)

    async def test_a_file_through_a_link_out_of_the_root_is_not_changed(self) -> None:
        """Modes and times too stay inside the root."""
        self.disk.put_link("/l", "/etc/passwd")
        with refused(NotFound):
            await self.storage.change_mode(VirtualPath("/l"), 0o777)


class Slow(ByOpening):
    """A system that resolves a path when the test says so."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)
        self.reached = threading.Event()
        self.go_on = threading.Event()

    def open_beneath(self, root: int, path: bytes, flags: int) -> int:
        self.reached.set()
        self.go_on.wait(30)
        return super().open_beneath(root, path, flags)


class TestCancelling(TestCase):
    """A wait that is given up leaves nothing open; on the real pool."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.disk.put("/a", bytes(100_000))
        self.system = Slow()
        self.addCleanup(self.system.go_on.set)
        self.pool = BlockingPool(IReactorFromThreads(reactor), 1, stand_ins=0)

    def storage(self, system: SystemCalls) -> LocalStorage:
        """A storage on the pool."""
        return LocalStorage(
            self.disk.root, StorageSettings(), self.pool, now=lambda: 0.0, hidden=RunningUploads(), system=system
        )

    async def cancelled_in(self, started: Deferred[object]) -> None:
        """Cancel while the pool's thread opens, let it go on, and wait until it has cleaned up."""
        self.system.reached.wait(30)
        started.cancel()
        self.system.go_on.set()
        with self.assertRaises(CancelledError):
            await started
        # The pool has one thread: behind the first call its result is handed to it, to be closed, and then the second.
        await self.pool(lambda: None)
        await self.pool(lambda: None)

    async def test_opening_for_reading(self) -> None:
        """The file is closed."""
        await self.cancelled_in(ensureDeferred(self.storage(self.system).open_read(A, 0)))
        self.assertEqual(self.disk.open_in(), [])

    async def test_opening_for_writing(self) -> None:
        """The upload is given up."""
        await self.cancelled_in(ensureDeferred(self.storage(self.system).open_write(A, WriteMode.REPLACE, 0)))
        self.assertEqual((self.disk.open_in(), self.disk.names("/")), ([], ["a"]))

    async def test_the_first_page_of_a_listing(self) -> None:
        """The directory is closed."""
        pages = self.storage(self.system).entries(VirtualPath("/"))

        async def first() -> tuple[Entry, ...]:
            return await pages.__anext__()

        await self.cancelled_in(ensureDeferred(first()))
        self.assertEqual(self.disk.open_in(), [])

    async def test_a_commit_that_has_not_begun(self) -> None:
        """Is an abort: nothing of the upload stays, nothing is open."""
        self.system.go_on.set()
        handle = await self.storage(self.system).open_write(VirtualPath("/b"), WriteMode.REPLACE, 0)
        await handle.write(b"abc")
        busy = threading.Event()
        blocker = ensureDeferred(self.pool(lambda: busy.wait(30)))
        committing = ensureDeferred(handle.commit())
        committing.cancel()
        busy.set()
        with self.assertRaises(CancelledError):
            await committing
        await blocker
        await self.pool(lambda: None)
        self.assertEqual((self.disk.open_in(), self.disk.names("/")), ([], ["a"]))

    async def test_a_whole_transfer_on_the_pool(self) -> None:
        """What is written comes back."""
        self.system.go_on.set()
        storage = self.storage(self.system)
        handle = await storage.open_write(VirtualPath("/b"), WriteMode.CREATE, 0)
        await handle.write(bytes(200_000))
        await handle.commit()
        entry = await storage.stat(VirtualPath("/b"))
        self.assertEqual((entry.size, stat.S_IMODE(entry.mode)), (200_000, 0o640))
