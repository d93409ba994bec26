"""A lane alone: what its threads tell."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads

from ftpd_service.placed import Due
from ftpd_service.runtime.calls import Call
from ftpd_service.runtime.lane import Lane
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
