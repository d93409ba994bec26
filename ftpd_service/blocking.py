"""The bounded pool that blocking calls run on: own daemon threads, so that a hung disk delays no exit.

The reactor's own pool is joined when the process ends, and one hung file call then keeps it from ending (seen).  Here
threads are daemons.  A call is handed to whichever thread is free first; calls wait in one queue, first come, first
served.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorFromThreads

T = TypeVar("T")


class BlockingPool:
    """Runs calls on at most `threads` daemon threads.  Provides `ftpd_service.interfaces.Blocking`."""

    def __init__(self, reactor: IReactorFromThreads, threads: int = 16) -> None:
        self._reactor = reactor
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
        done: Deferred[T] = Deferred()

        def work() -> None:
            try:
                result = call()
            except BaseException as problem:
                self._reactor.callFromThread(done.errback, problem)
            else:
                self._reactor.callFromThread(done.callback, result)

        self._submit(work)
        return await self._wait(work, done, discard)

    async def _wait(self, work: Callable[[], None], done: Deferred[T], discard: Callable[[T], object] | None) -> T:
        cancelled: CancelledError | None = None
        while True:
            waiter: Deferred[None] = Deferred()
            done.addBoth(_passing_on(waiter))
            try:
                await waiter
                break
            except CancelledError as problem:
                cancelled = problem
                if self._withdraw(work):
                    raise
        if cancelled is None:
            return await done
        done.addCallbacks(_discarding(self._submit, discard), lambda failure: None)
        raise cancelled

    def _submit(self, work: Callable[[], None]) -> None:
        with self._ready:
            self._calls.append(work)
            if len(self._calls) > self._idle and self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._serve, daemon=True, name=f"ftpd-blocking-{self._threads}").start()
            else:
                self._ready.notify()

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


def _passing_on(waiter: Deferred[None]) -> Callable[[T], T]:
    """A callback that wakes a waiter, unless it was cancelled, and leaves the result as it is."""

    def wake(result: T) -> T:
        if not waiter.called:
            waiter.callback(None)
        return result

    return wake


def _discarding(
    submit: Callable[[Callable[[], None]], None], discard: Callable[[T], object] | None
) -> Callable[[T], None]:
    def give_back(result: T) -> None:
        if discard is None:
            return
        close = discard

        def work() -> None:
            close(result)

        submit(work)

    return give_back
