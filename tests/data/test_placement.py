"""Where a slice runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.data import placement
from ftpd_service.data.placement import Load, PageCache, Slices, placement_of
from ftpd_service.kernel.file_systems import in_memory, learn
from ftpd_service.placed import Placed, Placement
from ftpd_service.runtime.turns import TURN_SECONDS, Turns
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
        self.assertTrue(PageCache(self.shared_memory()).holds(0, 100_000))

    def test_cached_bytes_are_read_here(self) -> None:
        """The kernel won't wait."""
        self.patch(placement, "is_cached", lambda descriptor, offset, count: True)
        self.assertTrue(PageCache(self.descriptor).holds(0, 100_000))

    def test_bytes_that_are_not_cached_are_read_on_the_pool(self) -> None:
        """The kernel would wait for the disk."""
        self.patch(placement, "is_cached", lambda descriptor, offset, count: False)
        self.assertFalse(PageCache(self.descriptor).holds(0, 100_000))

    def test_where_the_kernel_cannot_tell_the_pool_reads(self) -> None:
        """Unless the file is in memory."""
        self.patch(placement, "is_cached", lambda descriptor, offset, count: None)
        self.patch(placement, "in_memory", lambda descriptor: False)
        self.assertFalse(PageCache(self.descriptor).holds(0, 100_000))


class NotingPool:
    """Runs calls at once and notes that it was asked."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """Note, and run."""
        self.ran.append(call.placement.value if isinstance(call, Placed) else "unmarked")
        return call()


class Runs(SynchronousTestCase):
    """`Slices`: a slice runs where it was placed."""

    def ran(self, place: Placement) -> list[str]:
        """What a slice ran through."""
        pool = NotingPool()
        slices = Slices(pool, Load(Turns(Clock())))
        running = slices.run(lambda: pool.ran.append("slice"), place)
        self.successResultOf(Deferred.fromCoroutine(running))
        return pool.ran

    def test_an_inline_slice_runs_here(self) -> None:
        """The pool is not asked."""
        self.assertEqual(self.ran(Placement.REACTOR), ["slice"])

    def test_any_other_slice_is_given_to_the_pool(self) -> None:
        """And runs once, with the mark of its lane."""
        self.assertEqual(self.ran(Placement.FILES), ["files", "slice"])
        self.assertEqual(self.ran(Placement.BUSY), ["busy", "slice"])
        self.assertEqual(self.ran(Placement.WAITING), ["waiting", "slice"])

    def test_a_slice_on_the_reactor_waits_for_its_turn(self) -> None:
        """Others, commands among them, come first where the turn is over."""
        clock = Clock()
        ran: list[str] = []
        turns = Turns(clock)
        turns.count(lambda: clock.advance(2 * TURN_SECONDS))
        running = Slices(NotingPool(), Load(turns)).run(lambda: ran.append("slice"), Placement.REACTOR)
        waiting = Deferred.fromCoroutine(running)
        self.assertEqual(ran, [])
        clock.advance(0)
        self.successResultOf(waiting)
        self.assertEqual(ran, ["slice"])


class Decisions(SynchronousTestCase):
    """`placement_of`: the rows of the table in docs/architecture.rst."""

    def test_a_slice_that_may_wait_for_a_disk_goes_to_the_threads_for_files(self) -> None:
        """However short it is, and however fast the client."""
        self.assertIs(placement_of(at_hand=False, short=True, patient=True), Placement.FILES)

    def test_a_slice_that_is_at_hand_and_short_runs_on_the_reactor(self) -> None:
        """A hop to a thread would cost more than the slice."""
        self.assertIs(placement_of(at_hand=True, short=True), Placement.REACTOR)

    def test_a_slice_that_is_at_hand_and_long_takes_a_core(self) -> None:
        """It hardly waits, and others would wait for it on the reactor."""
        self.assertIs(placement_of(at_hand=True), Placement.BUSY)

    def test_a_slice_that_may_wait_for_its_client_does_so_on_a_thread(self) -> None:
        """Also a slice that would be short."""
        self.assertIs(placement_of(at_hand=True, short=True, patient=True), Placement.WAITING)


class Loads(SynchronousTestCase):
    """`Load`: how many transfers are few."""

    def test_as_many_transfers_as_processors_are_few(self) -> None:
        """Each may have a thread; one more leaves all of them to the reactor, until it has ended."""
        load = Load(Turns(Clock()), processors=1)
        load.begin()
        self.assertTrue(load.few)
        load.begin()
        self.assertFalse(load.few)
        load.end()
        self.assertTrue(load.few)
