"""The bounded pool, on the real reactor."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock, deferLater
from twisted.python.monkey import MonkeyPatcher
from twisted.trial.unittest import SkipTest
from zope.interface import implementer

from ftpd_service.errors import OutOfResources
from ftpd_service.runtime import pool as runtime_pool
from ftpd_service.runtime.pool import CALLS_A_THREAD, HASHES_NICE, BlockingPool
from tests.cases import TestCase

T = TypeVar("T")

TIMEOUT = 10.0
"""Seconds after which a thread of a failed test gives up."""


class Held(Generic[T]):
    """A call on a pool that runs until the test releases it.

    :ivar done: its coroutine.
    """

    def __init__(
        self, pool: BlockingPool, release: threading.Event, result: T, discard: Callable[[T], object] | None
    ) -> None:
        self._begun: Deferred[None] = Deferred()
        self._release = release
        self._result = result
        self.done: Deferred[T] = Deferred.fromCoroutine(pool(self._call, discard=discard))

    def _call(self) -> T:
        IReactorFromThreads(reactor).callFromThread(self._begun.callback, None)
        self._release.wait(TIMEOUT)
        return self._result

    def started(self) -> Deferred[None]:
        """Fires when a thread has begun the call."""
        return self._begun


@implementer(IReactorFromThreads)
class ClockedThreads(Clock):
    """A Clock's time, and the real reactor for what threads report.

    A pool on it takes no call for one that hangs unless the test says so, however long a busy machine takes.
    """

    def callFromThread(self, callable: Callable[..., object], *args: object, **kwargs: object) -> None:
        """By the reactor."""
        IReactorFromThreads(reactor).callFromThread(callable, *args, **kwargs)


class BlockingPoolTests(TestCase):
    """Calls, their results, and what cancelling does."""

    timeout = TIMEOUT

    def setUp(self) -> None:
        """A pool, and an event that ends calls which wait; their threads must end with the test."""
        self.release = threading.Event()
        self.addCleanup(self.release.set)

    def pool(self, threads: int = 2, *, crowded: Callable[[int], None] | None = None) -> BlockingPool:
        """A pool whose calls never hang."""
        return BlockingPool(ClockedThreads(), threads, crowded=crowded)

    def begin(
        self, pool: BlockingPool, call: Callable[[], T], discard: Callable[[T], object] | None = None
    ) -> Deferred[T]:
        """A call in its own coroutine."""
        return Deferred.fromCoroutine(pool(call, discard=discard))

    def held(self, pool: BlockingPool, result: T, discard: Callable[[T], object] | None = None) -> Held[T]:
        """A call that runs until the test releases it."""
        return Held(pool, self.release, result, discard)

    async def test_the_result_comes_back(self) -> None:
        """From another thread than the reactor's."""
        self.assertNotEqual(await self.pool()(threading.get_ident), threading.get_ident())

    async def test_an_exception_comes_back(self) -> None:
        """The very one."""
        problem = ValueError("from the thread")

        def fail() -> None:
            raise problem

        try:
            await self.pool()(fail)
        except ValueError as caught:
            self.assertIs(caught, problem)
        else:
            self.fail("nothing was raised")

    async def test_threads_are_daemons(self) -> None:
        """A hung disk must not hold up the exit."""
        self.assertTrue(await self.pool()(lambda: threading.current_thread().daemon))

    async def test_hashes_leave_the_processors_to_others(self) -> None:
        """Their threads are nicer than the reactor's; on systems where threads have a niceness of their own."""
        if sys.platform != "linux":
            raise SkipTest("only on Linux a thread has a niceness of its own")
        here = os.getpriority(os.PRIO_PROCESS, 0)
        there = await self.pool().hashes(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        self.assertEqual(there, min(19, here + HASHES_NICE))

    async def test_no_more_threads_than_allowed(self) -> None:
        """However many calls there are; all of them are made."""
        pool = self.pool(2)
        seen: set[int] = set()

        def note() -> int:
            seen.add(threading.get_ident())
            return 1

        results = await DeferredList([self.begin(pool, note) for _ in range(200)], fireOnOneErrback=True)
        self.assertEqual(sum(number for _, number in results), 200)
        self.assertLessEqual(len(seen), 2)

    async def test_calls_beyond_the_threads_wait(self) -> None:
        """In one queue."""
        pool = self.pool(1)
        running = self.held(pool, "first")
        await running.started()
        second = self.begin(pool, lambda: "second")
        self.assertEqual(pool.waiting, 1)
        self.release.set()
        self.assertEqual((await running.done, await second, pool.waiting), ("first", "second", 0))

    async def test_one_call_that_hangs_holds_up_no_other(self) -> None:
        """As long as there is a thread."""
        pool = self.pool(2)
        running = self.held(pool, None)
        await running.started()
        self.assertEqual(await pool(lambda: "other"), "other")
        self.release.set()
        await running.done

    async def test_calls_that_hang_in_all_threads_hold_up_no_other(self) -> None:
        """As long as others may stand in; when the hung calls end, so do those threads that are too many."""
        self.patch(runtime_pool, "HUNG_SECONDS", 0.01)
        pool = BlockingPool(IReactorFromThreads(reactor), 2, stand_ins=1)
        hung = [self.held(pool, None) for _ in range(2)]
        for one in hung:
            await one.started()
        self.assertEqual(await pool(lambda: "other"), "other")
        before = threading.active_count()
        self.release.set()
        for one in hung:
            await one.done
        self.assertEqual(await pool(lambda: "again"), "again")
        while threading.active_count() >= before:
            await deferLater(reactor, 0.001, lambda: None)

    async def test_no_more_stand_in_than_allowed(self) -> None:
        """A disk that hangs takes a bounded number of threads."""
        self.patch(runtime_pool, "HUNG_SECONDS", 0.001)
        clocked = ClockedThreads()
        pool = BlockingPool(clocked, 1, stand_ins=1)
        hung = [self.held(pool, None) for _ in range(2)]
        await hung[0].started()
        while not hung[1].started().called:
            clocked.advance(0.001)
            await deferLater(reactor, 0, lambda: None)
        other = self.begin(pool, lambda: "other")
        clocked.advance(0.001)
        self.assertEqual(pool.waiting, 1)
        self.release.set()
        self.assertEqual(await other, "other")
        for one in hung:
            await one.done

    async def test_cancelling_waits_for_a_call_that_runs(self) -> None:
        """What it holds is in use until then."""
        pool = self.pool(1)
        running = self.held(pool, "late")
        await running.started()
        running.done.cancel()
        ended = running.done.called and not isinstance(running.done.result, Deferred)
        self.assertFalse(ended)
        self.release.set()
        await self.assertFailure(running.done, CancelledError)

    async def test_the_result_of_a_cancelled_call_is_discarded(self) -> None:
        """On the pool, which closes what was opened; nobody waits for a call that has its things for itself."""
        pool = self.pool(1)
        closed: Deferred[tuple[str, int]] = Deferred()

        def discard(result: str) -> None:
            IReactorFromThreads(reactor).callFromThread(closed.callback, (result, threading.get_ident()))

        running = self.held(pool, "opened", discard)
        await running.started()
        running.done.cancel()
        await self.assertFailure(running.done, CancelledError)
        self.release.set()
        result, thread = await closed
        self.assertEqual(result, "opened")
        self.assertNotEqual(thread, threading.get_ident())

    async def test_cancelling_twice_is_cancelling_once(self) -> None:
        """The result is discarded once."""
        pool = self.pool(1)
        discarded: list[str] = []
        running = self.held(pool, "opened", discarded.append)
        await running.started()
        running.done.cancel()
        running.done.cancel()
        await self.assertFailure(running.done, CancelledError)
        self.release.set()
        await pool(lambda: None)
        # Behind the first call the result is handed over, and then the second one.
        await pool(lambda: None)
        self.assertEqual(discarded, ["opened"])

    async def test_the_exception_of_a_cancelled_call_is_dropped(self) -> None:
        """There is nothing to discard, and nobody to tell."""
        pool = self.pool(1)
        discarded: list[object] = []
        begun: Deferred[None] = Deferred()

        def fail() -> object:
            IReactorFromThreads(reactor).callFromThread(begun.callback, None)
            self.release.wait(TIMEOUT)
            raise ValueError("late")

        done = self.begin(pool, fail, discarded.append)
        await begun
        done.cancel()
        self.release.set()
        await self.assertFailure(done, CancelledError)
        self.assertEqual((discarded, await pool(lambda: "next")), ([], "next"))

    async def test_cancelling_a_call_that_has_not_begun_drops_it(self) -> None:
        """At once, and it is never made."""
        pool = self.pool(1)
        running = self.held(pool, None)
        await running.started()
        made: list[int] = []
        waiting = self.begin(pool, lambda: made.append(1))
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.release.set()
        await running.done
        await pool(lambda: None)
        self.assertEqual((made, pool.waiting), ([], 0))

    async def test_nobody_looks_after_a_call_that_was_dropped(self) -> None:
        """It is no reason to take those that run for hung."""
        clocked = ClockedThreads()
        pool = BlockingPool(clocked, 1)
        running = self.held(pool, None)
        await running.started()
        waiting = self.begin(pool, lambda: None)
        watched = len(clocked.getDelayedCalls())
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual((watched, clocked.getDelayedCalls()), (1, []))
        self.release.set()
        await running.done

    async def test_a_thread_outlives_a_failing_call(self) -> None:
        """The next call finds it."""
        pool = self.pool(1)

        def fail() -> None:
            raise ValueError("from the thread")

        await self.assertFailure(self.begin(pool, fail), ValueError)
        self.assertEqual(await pool(lambda: "next"), "next")

    def no_threads(self) -> MonkeyPatcher:
        """A system that gives no thread until it is restored."""

        def refuse(thread: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        patcher = MonkeyPatcher((threading.Thread, "start", refuse))
        self.addCleanup(patcher.restore)
        patcher.patch()
        return patcher

    async def test_a_call_without_any_thread_is_refused_and_never_made(self) -> None:
        """What it opened would be nobody's; a later call finds a thread."""
        system = self.no_threads()
        pool = self.pool(1)
        made: list[int] = []
        await self.assertFailure(self.begin(pool, lambda: made.append(1)), OutOfResources)
        system.restore()
        self.assertEqual((await pool(lambda: "next"), made, pool.waiting), ("next", [], 0))

    async def test_where_no_other_thread_can_be_started_those_that_run_make_the_call(self) -> None:
        """And as many as allowed run once the system gives some again."""
        pool = self.pool(2)
        first = self.held(pool, None)
        await first.started()
        system = self.no_threads()
        second = self.held(pool, None)
        self.assertEqual(pool.waiting, 1)
        system.restore()
        third = self.held(pool, None)
        await second.started()
        self.release.set()
        await DeferredList([first.done, second.done, third.done])

    async def test_a_crowd_is_told_once_until_the_queue_was_empty(self) -> None:
        """Disks or hashes that hang are seen by the operator, and do not fill the log."""
        told: list[int] = []
        pool = self.pool(1, crowded=told.append)
        held = Held(pool, self.release, 0, None)
        await held.started()
        waiting = [Deferred.fromCoroutine(pool(lambda: None)) for _ in range(CALLS_A_THREAD + 3)]
        self.assertEqual(told, [CALLS_A_THREAD])
        self.release.set()
        await DeferredList(waiting)
        await held.done
        await pool(lambda: None)
        self.release.clear()
        again = Held(pool, self.release, 0, None)
        await again.started()
        waiting = [Deferred.fromCoroutine(pool(lambda: None)) for _ in range(CALLS_A_THREAD + 3)]
        self.release.set()
        await DeferredList(waiting)
        await again.done
        self.assertEqual(told, [CALLS_A_THREAD, CALLS_A_THREAD])
