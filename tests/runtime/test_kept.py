"""What a pool keeps of calls that have ended: no thread, no argument, no result."""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref
from functools import partial

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import deferLater

from ftpd_service.runtime.pool import BlockingPool
from tests.cases import TestCase
from tests.runtime.test_pool import TIMEOUT, ClockedThreads, Held


class Thing:
    """A password, a handle, a page."""


class NothingIsKeptTests(TestCase):
    """Everything is freed with the end of its call, without the collector of cycles; the thread is idle."""

    timeout = TIMEOUT

    def setUp(self) -> None:
        """Nothing but reference counts frees what these tests make."""
        self.pool = BlockingPool(ClockedThreads(), 1)
        gc.disable()
        self.addCleanup(gc.enable)

    async def idle(self) -> None:
        """Wait until the thread sleeps."""
        while not self.pool.files.lane.idle:
            await deferLater(reactor, 0.001, lambda: None)

    async def test_no_argument(self) -> None:
        """Of a password's check nothing stays in memory."""
        thing = Thing()
        known = weakref.ref(thing)
        await self.pool(partial(id, thing))
        del thing
        await self.idle()
        self.assertIsNone(known())

    async def test_no_result(self) -> None:
        """Of a handle that was opened."""
        known = weakref.ref(await self.pool(Thing))
        await self.idle()
        self.assertIsNone(known())

    async def test_no_exception(self) -> None:
        """Its traceback leads to all that the call had at hand."""
        thing = Thing()
        known = weakref.ref(thing)

        def fail(held: Thing) -> None:
            raise ValueError("from the thread")

        with contextlib.suppress(ValueError):
            await self.pool(partial(fail, thing))
        del thing
        await self.idle()
        self.assertIsNone(known())

    async def test_nothing_of_a_call_that_nobody_waited_for(self) -> None:
        """Its result is discarded, and then gone."""
        release = threading.Event()
        self.addCleanup(release.set)
        begun: Deferred[None] = Deferred()
        known: list[weakref.ref[Thing]] = []

        def late() -> Thing:
            IReactorFromThreads(reactor).callFromThread(begun.callback, None)
            release.wait(TIMEOUT)
            thing = Thing()
            known.append(weakref.ref(thing))
            return thing

        waiting = ensureDeferred(self.pool(late, discard=id))
        await begun
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        release.set()
        await self.pool(lambda: None)
        await self.pool(lambda: None)
        await self.idle()
        self.assertIsNone(known[0]())

    async def test_no_owner(self) -> None:
        """A host that has gone takes no memory."""
        await self.pool.owned(host="192.0.2.1", account=lambda: "alice")(lambda: None)
        await self.idle()
        self.assertIsNone(self.pool.files.lines.share("host", "192.0.2.1"))


class StandInTests(TestCase):
    """Threads that stand in for hung ones are counted back."""

    timeout = TIMEOUT

    async def test_a_stand_in_is_there_again_after_the_hang(self) -> None:
        """As often as something hangs: else a service would have no more threads after some hangs."""
        clock = ClockedThreads()
        pool = BlockingPool(clock, 1, stand_ins=1)
        pool.files.lane.hung_seconds = 0.001
        for _ in range(3):
            release = threading.Event()
            self.addCleanup(release.set)
            hung = Held(pool, release, None, None)
            await hung.started()
            other = ensureDeferred(pool(lambda: "served"))
            while not other.called or isinstance(other.result, Deferred):
                clock.advance(0.001)
                await deferLater(reactor, 0, lambda: None)
            self.assertEqual(await other, "served")
            release.set()
            await hung.done
            await self.settled(pool)

    async def settled(self, pool: BlockingPool) -> None:
        """Wait until the thread that was replaced has ended."""
        lane = pool.files.lane
        while lane.idle != 1 or lane.running:
            await deferLater(reactor, 0.001, lambda: None)
