"""What is opened on the reactor because the kernel has it in memory, and what is left to the pool."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from tempfile import mkdtemp
from typing import TypeVar
from unittest import skipUnless

from ftpd_service.interfaces import IWriteDescriptor
from ftpd_service.kernel import file_systems
from ftpd_service.placed import MightWait
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local import at_hand
from ftpd_service.storage.local.at_hand import AtHand, check_quiet, mount_at_hand, read_at_hand
from ftpd_service.storage.local.handles import LIGHT_BYTES
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import read, write
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import Disk

T = TypeVar("T")

MEMORY = "/dev/shm"
NOW = 1_700_000_000.0


class CountingPool:
    """A `Blocking` that runs calls where they are and counts them.

    :ivar calls: how many there were.
    """

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        self.calls += 1
        return call()


class AtHandCase(TestCase):
    """A tree, and a storage on it whose trips to the pool are counted."""

    def setUp(self) -> None:
        self.disk = Disk(self.place())
        self.addCleanup(self.disk.remove)
        root = os.open(self.disk.root, os.O_RDONLY)
        self.addCleanup(os.close, root)
        file_systems.learn(root)
        self.pool = CountingPool()
        self.storage = LocalStorage(
            self.disk.root, StorageSettings(), self.pool, now=lambda: NOW, hidden=RunningUploads()
        )

    def place(self) -> str:
        """Where the tree is made."""
        return str(self.mktemp())

    def young(self, path: str) -> None:
        """Give a file, or a link itself, an access time that reading does not change (relatime)."""
        status = os.lstat(self.disk.host(path))
        os.utime(self.disk.host(path), (max(status.st_ctime, NOW) + 60, status.st_mtime), follow_symlinks=False)


class TestOnADisk(AtHandCase):
    """Names and octets that are cached are at hand; writing is not."""

    async def test_a_small_file_in_the_page_cache(self) -> None:
        """No trip to the pool."""
        self.disk.put("/a", b"abc")
        self.young("/a")
        self.assertEqual((await read(self.storage, "/a"), self.pool.calls), (b"abc", 0))

    async def test_a_file_whose_access_time_is_due(self) -> None:
        """Is read on the pool: the time is written to the disk."""
        self.disk.put("/a", b"abc")
        os.utime(self.disk.host("/a"), (1.0, 2.0))
        # However the place of temporary files is mounted.
        self.patch(at_hand, "in_memory", lambda descriptor: False)
        self.patch(at_hand, "_NO_ACCESS_TIMES", 0)
        self.assertEqual((await read(self.storage, "/a"), self.pool.calls), (b"abc", 1))

    async def read_where_preadv_fails(self, number: int) -> tuple[bytes, int]:
        """A small file's octets, and the trips to the pool, where ``preadv2`` fails with an error."""
        self.disk.put("/a", b"abc")
        self.young("/a")

        def refuse(*arguments: object) -> int:
            raise OSError(number, os.strerror(number))

        self.patch(at_hand, "in_memory", lambda descriptor: False)
        self.patch(os, "preadv", refuse)
        return await read(self.storage, "/a"), self.pool.calls

    async def test_a_file_that_is_not_in_the_page_cache(self) -> None:
        """Is read on the pool, whole."""
        self.assertEqual(await self.read_where_preadv_fails(errno.EAGAIN), (b"abc", 1))

    async def test_a_filter_that_forbids_preadv2(self) -> None:
        """Leaves the file to the pool; the download does not fail."""
        self.assertEqual(await self.read_where_preadv_fails(errno.EPERM), (b"abc", 1))

    async def test_a_kernel_that_cannot_tell(self) -> None:
        """Is read on the pool as ever."""
        self.disk.put("/a", b"abc")
        self.young("/a")

        def unknown(root: bytes) -> int:
            raise OSError(22, "Invalid argument")

        self.patch(at_hand, "open_root_cached", unknown)
        self.assertEqual((await read(self.storage, "/a"), self.pool.calls), (b"abc", 1))

    async def test_a_file_system_that_nobody_has_asked_about(self) -> None:
        """Is learnt about on the pool, as asking may wait; what comes next is at hand."""
        self.disk.put("/a", b"abc")
        self.young("/a")
        self.patch(file_systems, "_types", {})
        calls = []
        for _ in range(2):
            await read(self.storage, "/a")
            calls.append(self.pool.calls)
        self.assertEqual(calls, [1, 1])

    async def test_another_system_than_linux(self) -> None:
        """Knows no such call, or another one by its number."""
        self.disk.put("/a", b"abc")
        self.young("/a")
        self.patch(sys, "platform", "freebsd14")
        self.assertEqual((await read(self.storage, "/a"), self.pool.calls), (b"abc", 1))

    async def test_another_kind_of_file_system(self) -> None:
        """A network's or another program's is the pool's, whatever is cached."""
        self.disk.put("/a", b"abc")
        self.young("/a")
        self.patch(at_hand, "type_of", lambda descriptor: 0x6969)
        self.assertEqual((await read(self.storage, "/a"), self.pool.calls), (b"abc", 1))

    async def test_looking_at_a_file(self) -> None:
        """No trip to the pool; through a link one."""
        self.disk.put("/a", b"abc")
        self.disk.put_link("/l", "a")
        sizes = [(await self.storage.stat(VirtualPath(path))).size for path in ("/a", "/l")]
        self.assertEqual((sizes, self.pool.calls), ([3, 3], 1))

    async def test_an_upload(self) -> None:
        """Is the pool's, as a disk may be waited for: its opening, and what a small file holds with its commit."""
        await write(self.storage, "/a", b"abc")
        self.assertEqual((self.disk.content("/a"), self.pool.calls), (b"abc", 2))

    async def test_a_larger_upload(self) -> None:
        """Is written as it comes."""
        handle = await self.storage.open_write(VirtualPath("/a"), WriteMode.REPLACE, 0)
        await handle.write(b"abc")
        before = self.pool.calls
        await handle.write(b"def")
        self.assertEqual(self.pool.calls, before + 1)
        await handle.commit()
        self.assertEqual(self.disk.content("/a"), b"abcdef")

    async def test_an_upload_in_pieces_by_its_descriptor(self) -> None:
        """What was kept back stands before what comes by the descriptor."""
        handle = await self.storage.open_write(VirtualPath("/a"), WriteMode.REPLACE, 0)
        await handle.write(b"abc")
        os.write(await IWriteDescriptor(handle).descriptor(), b"def")
        await handle.commit()
        self.assertEqual(self.disk.content("/a"), b"abcdef")

    async def test_an_upload_that_is_given_up(self) -> None:
        """Leaves nothing of what was kept back."""
        handle = await self.storage.open_write(VirtualPath("/a"), WriteMode.REPLACE, 0)
        await handle.write(b"abc")
        await handle.abort()
        self.assertEqual(self.disk.names("/"), [])

    def test_a_removed_file(self) -> None:
        """Is the pool's to close: its blocks are freed then."""
        self.disk.put("/a", b"abc")
        descriptor = os.open(self.disk.host("/a"), os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        os.unlink(self.disk.host("/a"))
        with self.assertRaises(MightWait):
            check_quiet(descriptor, NOW)

    def test_another_file_system_below(self) -> None:
        """Is not entered: nobody knows what is mounted there."""
        with self.assertRaises(MightWait):
            AtHand(b"/", writing=False).open(b"/proc/self", os.O_RDONLY)

    def test_a_home(self) -> None:
        """Is one only where the kernel is sure: all else is looked at on the pool."""
        self.disk.put("/a", b"abc")
        paths = (self.disk.host("/"), self.disk.host("/a"), self.disk.host("/missing"))
        self.assertEqual([mount_at_hand(path) is not None for path in paths], [True, False, False])

    def test_a_link_does_not_leave_the_root(self) -> None:
        """As for any other way to open."""
        self.disk.put("/inner/a", b"inside")
        self.disk.put("/a", b"outside")
        self.disk.put_link("/inner/l", "../../a")
        self.young("/inner/l")
        descriptor = AtHand(self.disk.host("/inner"), writing=False).open(b"/l", os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        self.assertEqual(read_at_hand(descriptor, 10, 0), b"inside")


@skipUnless(os.access(MEMORY, os.W_OK), f"{MEMORY} is no place to write to")
class TestInMemory(AtHandCase):
    """On tmpfs all that is light is at hand."""

    def place(self) -> str:
        place = mkdtemp(prefix="ftpd-at-hand-", dir=MEMORY)
        self.addCleanup(os.rmdir, place)
        return f"{place}/root"

    async def test_an_upload(self) -> None:
        """No trip to the pool, once the directory was searched for leftovers."""
        await write(self.storage, "/first", b"")
        before = self.pool.calls
        await write(self.storage, "/a", b"abc")
        self.assertEqual((self.disk.content("/a"), self.pool.calls - before), (b"abc", 0))

    async def test_replacing_a_large_file(self) -> None:
        """The commit is the pool's: it frees the former file's memory."""
        self.disk.put("/a", bytes(LIGHT_BYTES + 1))
        await write(self.storage, "/first", b"")
        before = self.pool.calls
        await write(self.storage, "/a", b"abc")
        self.assertEqual(self.disk.content("/a"), b"abc")
        self.assertGreater(self.pool.calls, before)

    async def test_giving_up_a_large_file(self) -> None:
        """Likewise."""
        await write(self.storage, "/first", b"")
        handle = await self.storage.open_write(VirtualPath("/a"), WriteMode.REPLACE, 0)
        await handle.write(bytes(LIGHT_BYTES + 1))
        before = self.pool.calls
        await handle.abort()
        self.assertEqual((self.disk.names("/"), self.pool.calls - before), (["first"], 1))
