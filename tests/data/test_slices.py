"""Where a slice runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred

from ftpd_service.data import slices
from ftpd_service.data.slices import ReadPlace, run_slice
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
