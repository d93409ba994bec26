"""The bounded pool that blocking calls run on: own daemon threads, so that a hung disk delays no exit.

The reactor's own pool is joined when the process ends, and one hung file call then keeps it from ending (seen).  Here
threads are daemons.  A call is handed to whichever thread is free first; calls wait in one queue, first come, first
served.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorFromThreads

T = TypeVar("T")

CROWD = 4
"""So many calls for each thread that wait are worth a word to the operator."""


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
    """Runs calls on at most `threads` daemon threads.  Provides `ftpd_service.interfaces.Blocking`."""

    def __init__(
        self, reactor: IReactorFromThreads, threads: int = 16, *, crowded: Callable[[int], None] | None = None
    ) -> None:
        """Take the most threads; `crowded` is told how many calls wait when all threads are busy and many wait.

        It is told once, and again only after the queue was empty.
        """
        self._reactor = reactor
        self._crowded = crowded
        self._told = False
        self._most = threads
        self._calls: deque[Callable[[], None]] = deque()
        self._ready = threading.Condition()
        self._idle = 0
        self._threads = 0

    @property
    def waiting(self) -> int:
        """How many calls have no thread yet."""
        return len(self._calls)

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """The call's result; see `ftpd_service.interfaces.Blocking` for what cancelling does."""
        running = _Call(call)
        cancelled: CancelledError | None = None

        def work() -> None:
            running.run(self._reactor)

        self._submit(work)
        while not running.ended:
            running.waiter = Deferred()
            try:
                await running.waiter
            except CancelledError as problem:
                running.waiter = None
                if self._withdraw(work):
                    raise
                cancelled = problem
        if cancelled is None:
            return running.result()
        if discard is not None and running.succeeded():
            self._submit(_discarding(discard, running.result()))
        raise cancelled

    def _submit(self, work: Callable[[], None]) -> None:
        self._tell()
        with self._ready:
            self._calls.append(work)
            if len(self._calls) > self._idle and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._serve, daemon=True, name=f"ftpd-blocking-{self._threads}").start()
            else:
                self._ready.notify()

    def _tell(self) -> None:
        waiting = len(self._calls)
        if not waiting:
            self._told = False
        elif waiting >= CROWD * self._most and not self._told and self._crowded is not None:
            self._told = True
            self._crowded(waiting)

    def _withdraw(self, work: Callable[[], None]) -> bool:
        """Take back a call that has not begun; False when it runs or has ended."""
        with self._ready:
            try:
                self._calls.remove(work)
            except ValueError:
                return False
            return True

    def _serve(self) -> None:
        while True:
            with self._ready:
                while not self._calls:
                    self._idle += 1
                    self._ready.wait()
                    self._idle -= 1
                work = self._calls.popleft()
            work()


def _discarding(discard: Callable[[T], object], result: T) -> Callable[[], None]:
    def work() -> None:
        discard(result)

    return work
