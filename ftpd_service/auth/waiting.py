"""Waiting for a stranger's Deferred without depending on how it takes being cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


class GivenUp(Exception):
    """What was waited for cancelled itself, without being asked to."""


def abandonable(attempt: Deferred[T], *, discard: Callable[[T], object] | None = None) -> Deferred[T]:
    """A Deferred with the outcome of another, which ends at once when it is cancelled.

    The other is cancelled too, and may take its time: a result that it gives afterwards goes to `discard`, a failure
    is dropped.  So a coroutine that goes on after its cancellation holds up nobody.
    """
    abandoned = False

    def abandon(waiter: Deferred[T]) -> None:
        nonlocal abandoned
        abandoned = True
        attempt.cancel()

    outcome: Deferred[T] = Deferred(abandon)

    def arrived(result: T) -> None:
        if not abandoned:
            outcome.callback(result)
        elif discard is not None:
            discard(result)

    def failed(failure: Failure) -> None:
        if abandoned:
            return
        # A cancellation must reach the waiting coroutine only when the waiting coroutine was cancelled.
        outcome.errback(GivenUp() if isinstance(failure.value, CancelledError) else failure)

    attempt.addCallbacks(arrived, failed)
    return outcome
