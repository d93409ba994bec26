"""One call on its way to a thread and back to the coroutine that waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorFromThreads

from ftpd_service.placed import Due

T = TypeVar("T")


class Call(Generic[T]):
    """It runs on a thread, and all else of it is touched by the reactor's thread only.

    What it works with is dropped as soon as it has been made, and what came of it as soon as that has been taken.

    :ivar due: whether it may be refused, and dropped.
    :ivar ended: whether it has been made, or refused.
    :ivar waiter: fires then.
    """

    __slots__ = ("_after", "_call", "_outcome", "_problem", "_reactor", "due", "ended", "waiter")

    def __init__(self, call: Callable[[], T], reactor: IReactorFromThreads, due: Due) -> None:
        self._call: Callable[[], T] | None = call
        self._reactor = reactor
        self._outcome: list[T] = []
        self._problem: BaseException | None = None
        self._after: Callable[[list[T]], None] | None = None
        self.due = due
        self.ended = False
        self.waiter: Deferred[None] | None = None

    def run(self) -> None:
        """Make the call, on a thread, and report to the reactor."""
        call, self._call = self._call, None
        try:
            if call is not None:
                self._outcome.append(call())
        except BaseException as problem:
            self._problem = problem
        del call
        self._reactor.callFromThread(self._report)

    def refuse(self, problem: Exception) -> None:
        """End it without making it; it waits for no thread any more."""
        self._call = None
        self._problem = problem
        self._report()

    def leave(self, after: Callable[[list[T]], None]) -> None:
        """Nobody waits any more: `after` is given the result in a list, which is empty where there is none."""
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
        """The result in a list, or an empty list; once."""
        outcome, self._outcome = self._outcome, []
        return outcome

    def result(self) -> T:
        """What the call returned, or its exception raised; once."""
        problem, self._problem = self._problem, None
        if problem is None:
            return self.results()[0]
        try:
            raise problem
        finally:
            # The exception's traceback leads to this frame: together they would wait for the collector of cycles.
            del problem
