"""Where a slice runs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred

from ftpd_service.data import slices
from ftpd_service.data.slices import ReadPlace, is_cached, prefetch, run_slice
from ftpd_service.kernel.file_systems import in_memory, learn
from tests.cases import SynchronousTestCase

T = TypeVar("T")


class Places(SynchronousTestCase):
    """What the kernel says of a file."""

    def setUp(self) -> None:
        """A file whose octets were just written."""
        path = self.mktemp()
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
        self.addCleanup(os.close, self.descriptor)
        os.write(self.descriptor, bytes(100_000))

    def shared_memory(self) -> int:
        """A file on tmpfs: the kernel's own mount of it."""
        descriptor = os.memfd_create("test")
        self.addCleanup(os.close, descriptor)
        os.write(descriptor, bytes(100_000))
        learn(descriptor)
        return descriptor

    def test_tmpfs_is_in_memory(self) -> None:
        """It cannot wait for a device."""
        self.assertTrue(in_memory(self.shared_memory()))

    def test_a_pipe_is_on_no_memory_file_system(self) -> None:
        """Anything unknown counts as a disk."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        self.assertFalse(in_memory(reader))

    def test_a_file_on_tmpfs_is_read_here(self) -> None:
        """Whether or not its kernel can tell what is cached."""
        self.assertTrue(ReadPlace(self.shared_memory()).inline(0, 100_000))

    def test_cached_octets_are_read_here(self) -> None:
        """The kernel won't wait."""
        self.patch(slices, "is_cached", lambda descriptor, offset, count: True)
        self.assertTrue(ReadPlace(self.descriptor).inline(0, 100_000))

    def test_octets_that_are_not_cached_are_read_on_the_pool(self) -> None:
        """The kernel would wait for the disk."""
        self.patch(slices, "is_cached", lambda descriptor, offset, count: False)
        self.assertFalse(ReadPlace(self.descriptor).inline(0, 100_000))

    def test_where_the_kernel_cannot_tell_the_pool_reads(self) -> None:
        """Unless the file is in memory."""
        self.patch(slices, "is_cached", lambda descriptor, offset, count: None)
        self.patch(slices, "in_memory", lambda descriptor: False)
        self.assertFalse(ReadPlace(self.descriptor).inline(0, 100_000))

    def test_octets_beyond_the_end_are_not_cached(self) -> None:
        """A file that was cut short meanwhile says nothing of its pages."""
        self.assertIsNot(is_cached(self.descriptor, 0, 200_000), True)

    def cached_with(self, *pages: int) -> bool | None:
        """What is said of a slice of ten pages when the kernel has these pages of the file in its cache."""

        def preadv(descriptor: int, buffers: list[bytearray], offset: int, flags: int) -> int:
            if offset // 4096 not in pages:
                raise BlockingIOError
            return len(buffers[0])

        self.patch(os, "preadv", preadv)
        self.patch(os, "RWF_NOWAIT", 8)
        return is_cached(self.descriptor, 0, 10 * 4096)

    def test_a_slice_is_cached_when_its_first_and_last_page_are(self) -> None:
        """The kernel evicts first pages first, and reads ahead as far as it likes."""
        self.assertTrue(self.cached_with(0, 9))

    def test_the_last_page_alone_is_not_enough(self) -> None:
        """The first one would be waited for."""
        self.assertIs(self.cached_with(9), False)

    def test_the_first_page_alone_is_not_enough(self) -> None:
        """The last one would be waited for."""
        self.assertIs(self.cached_with(0), False)

    def test_a_kernel_that_cannot_tell_says_so(self) -> None:
        """A pipe has no pages."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        self.addCleanup(os.close, writer)
        self.assertIsNone(is_cached(reader, 0, 1))

    def test_prefetching_leaves_the_position(self) -> None:
        """It is a hint and nothing else."""
        before = os.lseek(self.descriptor, 0, os.SEEK_CUR)
        prefetch(self.descriptor, 0, 100_000)
        self.assertEqual(os.lseek(self.descriptor, 0, os.SEEK_CUR), before)

    def test_a_real_disks_answer_is_never_an_error(self) -> None:
        """Whatever file system holds temporary files here."""
        with tempfile.TemporaryFile() as file:
            file.write(bytes(100_000))
            file.flush()
            self.assertIn(is_cached(file.fileno(), 0, 100_000), (True, False, None))


class NotingPool:
    """Runs calls at once and notes that it was asked."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """Note, and run."""
        self.ran.append("pool")
        return call()


class Runs(SynchronousTestCase):
    """`run_slice`."""

    def ran(self, *, inline: bool) -> list[str]:
        """What a slice ran through."""
        pool = NotingPool()
        running = run_slice(pool, lambda: pool.ran.append("slice"), inline=inline)
        self.successResultOf(Deferred.fromCoroutine(running))
        return pool.ran

    def test_an_inline_slice_runs_here(self) -> None:
        """The pool is not asked."""
        self.assertEqual(self.ran(inline=True), ["slice"])

    def test_any_other_slice_is_given_to_the_pool(self) -> None:
        """And runs once."""
        self.assertEqual(self.ran(inline=False), ["pool", "slice"])
