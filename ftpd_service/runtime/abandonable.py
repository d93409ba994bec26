"""Giving up another package's Deferred without depending on its reaction to cancellation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

T = TypeVar("T")


class GivenUp(Exception):
    """The awaited Deferred was cancelled by its own code, not by us."""


def abandonable(attempt: Deferred[T], *, discard: Callable[[T], object] | None = None) -> Deferred[T]:
    """Return a Deferred with the outcome of another Deferred; cancelling it ends it at once.

    The other Deferred is cancelled too, and may take time for that: a later result goes to `discard`, and a later
    failure is dropped.  So a coroutine that continues after its cancellation delays no caller.
    """
    if has_succeeded(attempt):
        return attempt
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
        # The waiting coroutine must see a cancellation only if it was itself cancelled.
        outcome.errback(GivenUp() if isinstance(failure.value, CancelledError) else failure)

    attempt.addCallbacks(arrived, failed)
    return outcome


def has_succeeded(attempt: Deferred[T]) -> bool:
    """Return whether the result is there, so that it can be taken without the risk of a timeout or a cancellation."""
    return attempt.called and not attempt.paused and not isinstance(attempt.result, Failure)
