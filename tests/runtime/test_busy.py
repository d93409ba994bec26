"""Calls that keep a core busy: how many run at once, and what one that hangs does to the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import deferLater

from ftpd_service.placed import Placed, Placement
from ftpd_service.runtime.pool import BUSY_HUNG_SECONDS, BlockingPool
from tests.cases import TestCase
from tests.runtime.test_pool import TIMEOUT, ClockedThreads

T = TypeVar("T")


class BusyCallsTests(TestCase):
    """On the real reactor, with one core; a call is taken for one that hangs only where the test waits for that."""

    timeout = TIMEOUT

    def setUp(self) -> None:
        """A pool, and an event that ends calls which wait; their threads must end with the test."""
        self.release = threading.Event()
        self.addCleanup(self.release.set)
        self.clock = ClockedThreads()
        self.pool = BlockingPool(self.clock, 2, cores=1)

    def begin(self, call: Callable[[], T]) -> Deferred[T]:
        """A busy call in its own coroutine."""
        return Deferred.fromCoroutine(self.pool(Placed(call, placement=Placement.BUSY)))

    async def hold(self) -> Deferred[None]:
        """A busy call that hangs until the test releases it; it has begun."""
        begun: Deferred[None] = Deferred()

        def call() -> None:
            IReactorFromThreads(reactor).callFromThread(begun.callback, None)
            self.release.wait(TIMEOUT)

        done = self.begin(call)
        await self.stood_in(begun)
        return done

    async def stood_in(self, waiting: Deferred[T]) -> T:
        """The result of what may wait for those that hang: time passes until they are replaced."""
        while not waiting.called:
            self.clock.advance(BUSY_HUNG_SECONDS)
            await deferLater(reactor, 0, lambda: None)
        return await waiting

    async def test_the_result_comes_back(self) -> None:
        """From another thread than the reactor's."""
        self.assertNotEqual(await self.begin(threading.get_ident), threading.get_ident())

    async def test_no_more_run_at_once_than_there_are_cores(self) -> None:
        """However many there are: they would only take the interpreter's lock from each other."""
        running: list[int] = []
        most: list[int] = []

        def call() -> None:
            running.append(1)
            most.append(len(running))
            threading.Event().wait(0.0002)
            running.pop()

        await DeferredList([self.begin(call) for _ in range(50)])
        self.assertEqual((len(most), max(most)), (50, 1))

    async def test_they_take_turns_in_order(self) -> None:
        """First come, first served."""
        seen: list[int] = []
        held = await self.hold()
        waiting = [self.begin(partial(seen.append, number)) for number in range(20)]
        self.release.set()
        await DeferredList([held, *waiting])
        self.assertEqual(seen, list(range(20)))

    async def test_one_that_hangs_is_replaced(self) -> None:
        """After a moment: one hung file must not stop the transfers of all others."""
        held = await self.hold()
        self.assertEqual(await self.stood_in(self.begin(lambda: "other")), "other")
        self.assertFalse(held.called and not isinstance(held.result, Deferred))
        self.release.set()
        await held

    async def test_more_may_hang_than_there_are_cores(self) -> None:
        """As many as the pool has threads."""
        first, second = await self.hold(), await self.hold()
        self.assertEqual(await self.stood_in(self.begin(lambda: "other")), "other")
        self.release.set()
        await DeferredList([first, second])

    async def test_a_replaced_thread_ends_with_its_call(self) -> None:
        """Else there would be more threads than cores from then on."""
        held = await self.hold()
        stand_in = await self.stood_in(self.begin(threading.current_thread))
        self.release.set()
        await held
        threads = [await self.begin(threading.current_thread) for _ in range(20)]
        self.assertEqual(set(threads), {stand_in})

    async def test_a_cancelled_call_leaves_the_queue(self) -> None:
        """At once, and it is never made."""
        held = await self.hold()
        made: list[int] = []
        waiting = self.begin(lambda: made.append(1))
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.release.set()
        await held
        await self.begin(lambda: None)
        self.assertEqual(made, [])

    async def test_they_hold_up_no_others(self) -> None:
        """Who opens a file does not wait for a core."""
        held = await self.hold()
        self.assertEqual((await self.pool(lambda: "opened"), self.pool.waiting), ("opened", 0))
        self.release.set()
        await held
