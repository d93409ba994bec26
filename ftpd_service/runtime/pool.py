"""The bounded pool that blocking calls run on: own daemon threads, so that a hung disk delays no exit.

The reactor's own pool is joined when the process ends, and one hung file call then keeps it from ending (seen).  Here
threads are daemons.  A call is handed to whichever thread is free first; calls wait in one queue, first come, first
served.

Calls that say that they keep a core busy have threads of their own, one a core: more of them at once only take the
interpreter's lock from each other, at twice the CPU time.

Where a call hangs while others wait for its thread, another thread stands in.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorFromThreads, IReactorTime

from ftpd_service.busy import Busy

T = TypeVar("T")

CROWD = 4
"""So many calls for each thread that wait are worth a word to the operator."""

HUNG_SECONDS = 1.0
"""A call that takes longer while others wait is taken for one that hangs."""

BUSY_HUNG_SECONDS = 0.02
"""A busy call that takes longer is taken for one that waits too: several times what they take."""


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Call(Generic[T]):
    """One call on its way: it runs on a thread, and all else of it is touched by the reactor's thread only."""

    __slots__ = ("_call", "_outcome", "_problem", "ended", "waiter")

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._outcome: list[T] = []
        self._problem: BaseException | None = None
        self.ended = False
        self.waiter: Deferred[None] | None = None

    def run(self, reactor: IReactorFromThreads) -> None:
        """Make the call, on a thread of the pool, and report to the reactor."""
        try:
            self._outcome.append(self._call())
        except BaseException as problem:
            self._problem = problem
        reactor.callFromThread(self._report)

    def _report(self) -> None:
        self.ended = True
        waiter, self.waiter = self.waiter, None
        if waiter is not None:
            waiter.callback(None)

    def result(self) -> T:
        """What the call returned, or its exception raised."""
        if self._problem is not None:
            raise self._problem
        return self._outcome[0]

    def succeeded(self) -> bool:
        """Whether there is a result."""
        return bool(self._outcome)


class BlockingPool:
    """Runs calls on daemon threads, and busy ones on threads of their own.

    Provides `ftpd_service.interfaces.Blocking`.
    """

    def __init__(
        self,
        reactor: IReactorFromThreads,
        threads: int = 16,
        *,
        stand_ins: int = 48,
        cores: int | None = None,
        crowded: Callable[[int], None] | None = None,
    ) -> None:
        """Take the most threads; `crowded` is told how many calls wait when all threads are busy and many wait.

        It is told once, and again only after the queue was empty.

        :param stand_ins: the most threads that take the place of those whose calls hang.
        :param cores: so many busy calls at once; None: as many as this process may use.
        """
        self._reactor = reactor
        self._crowded = crowded
        self._told = False
        clock = IReactorTime(reactor)
        self._threads = _Threads("ftpd-blocking", threads, stand_ins)
        self._busy = _Threads("ftpd-busy", cores or processors(), threads)
        self._watch = _Watch(self._threads, clock, HUNG_SECONDS)
        self._busy_watch = _Watch(self._busy, clock, BUSY_HUNG_SECONDS)

    @property
    def waiting(self) -> int:
        """How many calls have no thread yet, but for busy ones."""
        return self._threads.waiting

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """The call's result; see `ftpd_service.interfaces.Blocking` for what cancelling does."""
        running = _Call(call)
        busy = isinstance(call, Busy)
        threads, watch = (self._busy, self._busy_watch) if busy else (self._threads, self._watch)
        cancelled: CancelledError | None = None

        def work() -> None:
            running.run(self._reactor)

        self._tell()
        threads.submit(work)
        watch.look()
        while not running.ended:
            running.waiter = Deferred()
            try:
                await running.waiter
            except CancelledError as problem:
                running.waiter = None
                if threads.withdraw(work):
                    watch.look()
                    raise
                cancelled = problem
        watch.look()
        if cancelled is None:
            return running.result()
        if discard is not None and running.succeeded():
            self._threads.submit(_discarding(discard, running.result()))
        raise cancelled

    def _tell(self) -> None:
        waiting = self._threads.waiting
        if not waiting:
            self._told = False
        elif waiting >= CROWD * self._threads.most and not self._told and self._crowded is not None:
            self._told = True
            self._crowded(waiting)


class _Run:
    """A call on a thread.

    :ivar replaced: another thread stands in for this one.
    """

    __slots__ = ("began", "replaced", "work")

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.began = time.monotonic()
        self.replaced = False


class _Threads:
    """Threads with one queue of calls, none of which raises.

    Of those that are idle the last one is woken: what it works with is still in a processor's cache.

    :ivar most: so many threads.
    """

    def __init__(self, name: str, most: int, spare: int) -> None:
        """Take the most threads, and the most that stand in for others."""
        self.most = most
        self._name = name
        self._spare = spare
        self._calls: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._running: set[_Run] = set()
        self._idle: list[threading.Lock] = []
        self._waking = 0
        self._begun = 0
        self._threads = 0

    @property
    def waiting(self) -> int:
        """How many calls have no thread yet."""
        return len(self._calls)

    @property
    def behind(self) -> bool:
        """Whether more calls wait than threads are free."""
        return len(self._calls) > len(self._idle) + self._waking

    def submit(self, work: Callable[[], None]) -> None:
        """Have a call made.

        :raises RuntimeError: the system gives no thread, and none runs that could make it.
        """
        with self._lock:
            if self._idle:
                self._waking += 1
                self._idle.pop().release()
            elif self._threads < self.most and not self._start() and not self._threads:
                raise RuntimeError("no thread can be started")
            self._calls.append(work)

    def withdraw(self, work: Callable[[], None]) -> bool:
        """Take back a call that has not begun; False when it runs or has ended."""
        with self._lock:
            try:
                self._calls.remove(work)
            except ValueError:
                return False
            return True

    def replace(self, seconds: float) -> None:
        """Start a thread for each whose call takes longer, while calls wait; that one ends with its call."""
        with self._lock:
            since = time.monotonic() - seconds
            waiting = len(self._calls)
            for run in self._running:
                if run.began <= since and not run.replaced and self._spare and waiting and self._start():
                    waiting -= 1
                    run.replaced = True
                    self._spare -= 1
                    self._threads -= 1

    def _start(self) -> bool:
        """Start a thread; False where the system gives none: those that run have to do, until the next time."""
        thread = threading.Thread(target=self._serve, daemon=True, name=f"{self._name}-{self._begun + 1}")
        try:
            thread.start()
        except RuntimeError:
            return False
        self._threads += 1
        self._begun += 1
        return True

    def _serve(self) -> None:
        asleep = threading.Lock()
        asleep.acquire()
        run: _Run | None = None
        while (run := self._next(run, asleep)) is not None:
            run.work()

    def _next(self, last: _Run | None, asleep: threading.Lock) -> _Run | None:
        """The next call for this thread, which has made the last one; None: it is not needed any more.

        :param asleep: the thread's own, acquired: what it sleeps at.
        """
        with self._lock:
            if last is not None:
                self._running.remove(last)
                if last.replaced:
                    self._spare += 1
                    return None
            while not self._calls:
                self._idle.append(asleep)
                self._lock.release()
                try:
                    asleep.acquire()
                finally:
                    self._lock.acquire()
                self._waking -= 1
            run = _Run(self._calls.popleft())
            self._running.add(run)
            return run


class _Watch:
    """Has calls that hang replaced, as long as others wait for their threads."""

    def __init__(self, threads: _Threads, clock: IReactorTime, seconds: float) -> None:
        self._threads = threads
        self._clock = clock
        self._seconds = seconds
        self._look: IDelayedCall | None = None

    def look(self) -> None:
        """A call was handed in, was taken back, or has ended."""
        if self._look is None and self._threads.behind:
            self._look = self._clock.callLater(self._seconds, self._replace)
        elif self._look is not None and not self._threads.behind:
            self._look.cancel()
            self._look = None

    def _replace(self) -> None:
        self._look = None
        if self._threads.behind:
            self._threads.replace(self._seconds)
        self.look()


def _discarding(discard: Callable[[T], object], result: T) -> Callable[[], None]:
    def work() -> None:
        discard(result)

    return work
