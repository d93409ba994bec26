"""A lane alone: what its threads tell."""

from __future__ import annotations

import threading
import time

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads

from ftpd_service.placed import Due
from ftpd_service.runtime.calls import Call
from ftpd_service.runtime.lane import Lane, LaneState
from ftpd_service.runtime.shares import CallQueue, Share
from tests.cases import TestCase
from tests.runtime.test_pool import TIMEOUT


class TakenMeanwhile(CallQueue):
    """Has room when a call is handed in, and none any more when a thread comes for it."""

    def __init__(self) -> None:
        super().__init__((Share(1),))
        self._asked = 0

    @property
    def full(self) -> bool:
        """Whether it has been asked before."""
        self._asked += 1
        return self._asked > 1


class StalledTests(TestCase):
    """Calls that wait for their owners' shares alone."""

    timeout = TIMEOUT

    async def test_a_thread_that_was_woken_in_vain_tells_so(self) -> None:
        """Nobody else would look for the call, if all that fills the share hangs."""
        threads = IReactorFromThreads(reactor)
        told: Deferred[None] = Deferred()
        lane = Lane("test", 1, hung_seconds=TIMEOUT)
        lane.stalled = lambda: threads.callFromThread(told.callback, None)
        lane.submit(TakenMeanwhile(), Call(bool, threads, Due.BEGINS))
        await told
        self.assertTrue(lane.behind)


class StateTests(TestCase):
    """The state of a lane with two threads, whose calls hang until the test releases them."""

    timeout = TIMEOUT

    def setUp(self) -> None:
        """Make the lane, and move the time of queued calls with `ago`."""
        self.release = threading.Event()
        self.addCleanup(self.release.set)
        self.lane = Lane("test", 2, hung_seconds=TIMEOUT)

    def call(self, line: CallQueue, begun: Deferred[None] | None = None) -> Call[None]:
        """Submit a call that hangs."""
        threads = IReactorFromThreads(reactor)

        def hang() -> None:
            if begun is not None:
                threads.callFromThread(begun.callback, None)
            self.release.wait(TIMEOUT)

        call = Call(hang, threads, Due.CONTINUES)
        self.lane.submit(line, call)
        return call

    async def hold(self, line: CallQueue) -> None:
        """Submit a call and wait until a thread has begun it."""
        begun: Deferred[None] = Deferred()
        self.call(line, begun)
        await begun

    def test_an_unused_lane_has_no_threads(self) -> None:
        """Threads start with calls."""
        self.assertEqual(self.lane.state(), LaneState(0, 0, 0, 0.0, 0.0))

    async def test_running_calls_are_told(self) -> None:
        """Nothing waits for a thread."""
        await self.hold(CallQueue(()))
        self.assertEqual(self.lane.state(), LaneState(1, 1, 0, 0.0, 0.0))

    async def test_the_oldest_call_that_waits_for_a_thread_is_told(self) -> None:
        """All threads are at work, and of two calls the first has waited longer."""
        line = CallQueue(())
        await self.hold(line)
        await self.hold(line)
        self.call(line).queued -= 40.0
        self.call(line).queued -= 20.0
        threads, busy, waiting, oldest, _ = self.lane.state()
        self.assertEqual((threads, busy, waiting), (2, 2, 2))
        self.assertTrue(40.0 <= oldest < 40.0 + TIMEOUT, oldest)

    async def test_a_wait_for_the_owners_own_share_does_not_count(self) -> None:
        """One account's hung disk does not make the process unsound."""
        line = CallQueue((Share(1),))
        await self.hold(line)
        self.call(line).queued -= 40.0
        self.assertEqual(self.lane.state(), LaneState(1, 1, 1, 0.0, 0.0))

    async def test_a_call_waits_for_a_thread_once_its_share_has_room(self) -> None:
        """The wait before that was for the share."""
        share = Share(1)
        line = CallQueue((share,))
        await self.hold(CallQueue(()))
        await self.hold(CallQueue(()))
        self.call(line).queued -= 40.0
        share.moved = time.monotonic() - 5.0
        oldest = self.lane.state().oldest_seconds
        self.assertTrue(5.0 <= oldest < 5.0 + TIMEOUT, oldest)

    async def test_a_busy_lane_is_not_stalled(self) -> None:
        """A thread has just begun a call, so the call that has waited long will begin, too."""
        line = CallQueue(())
        await self.hold(line)
        await self.hold(line)
        self.call(line).queued -= 40.0
        self.assertLess(self.lane.state().stalled_seconds, TIMEOUT)

    async def test_a_lane_without_a_call_for_a_long_time_is_not_stalled_at_once(self) -> None:
        """The time counts from the first call that waits."""
        line = CallQueue(())
        await self.hold(line)
        await self.hold(line)
        self.lane.moved -= 90.0
        self.call(line).queued -= 40.0
        stalled = self.lane.state().stalled_seconds
        self.assertTrue(40.0 <= stalled < 40.0 + TIMEOUT, stalled)
