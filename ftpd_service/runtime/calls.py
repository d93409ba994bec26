"""A call on its way to a thread and back to the coroutine that waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads

from ftpd_service.placed import Due

T = TypeVar("T")


class Call(Generic[T]):
    """A call that runs on a thread; only the reactor's thread touches everything else of the object.

    The object drops the function as soon as it has run, and the result as soon as the coroutine has taken it.

    :ivar due: whether the call may be refused, and dropped.
    :ivar queued: the time at which a lane took the call (`time.monotonic`).
    :ivar ended: whether the call has run or was refused.
    :ivar waiter: fires when the call ends.
    """

    __slots__ = ("_after", "_call", "_outcome", "_problem", "_reactor", "due", "ended", "queued", "waiter")

    def __init__(self, call: Callable[[], T], reactor: IReactorFromThreads, due: Due) -> None:
        self._call: Callable[[], T] | None = call
        self._reactor = reactor
        self._outcome: list[T] = []
        self._problem: BaseException | None = None
        self._after: Callable[[list[T]], None] | None = None
        self.due = due
        self.queued = 0.0
        self.ended = False
        self.waiter: Deferred[None] | None = None

    def run(self) -> None:
        """Run the call on a thread, and report to the reactor."""
        call, self._call = self._call, None
        try:
            if call is not None:
                self._outcome.append(call())
        except BaseException as problem:
            self._problem = problem
        del call
        self._reactor.callFromThread(self._report)

    def refuse(self, problem: Exception) -> None:
        """End the call without running it."""
        self._call = None
        self._problem = problem
        self._report()

    def leave(self, after: Callable[[list[T]], None]) -> None:
        """Stop waiting: `after` gets a list of the result, which is empty if there is no result."""
        self._after = after

    def _report(self) -> None:
        self.ended = True
        waiter, self.waiter = self.waiter, None
        after, self._after = self._after, None
        if waiter is not None:
            waiter.callback(None)
        elif after is not None:
            self._problem = None
            after(self.results())

    def results(self) -> list[T]:
        """Return a list of the result, or an empty list; the second call returns an empty list."""
        outcome, self._outcome = self._outcome, []
        return outcome

    def result(self) -> T:
        """Return the call's result or raise its exception, once."""
        problem, self._problem = self._problem, None
        if problem is None:
            return self.results()[0]
        try:
            raise problem
        finally:
            # The exception's traceback leads to this frame, so the two would wait for the collector of cycles.
            del problem
