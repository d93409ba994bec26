"""Waiting for a stranger's Deferred without depending on how it takes being cancelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.errors import FtpdError

T = TypeVar("T")

_log = Logger()


class GivenUp(Exception):
    """What was waited for cancelled itself, without being asked to."""


def abandonable(attempt: Deferred[T], *, discard: Callable[[T], object] | None = None) -> Deferred[T]:
    """A Deferred with the outcome of another, which ends at once when it is cancelled.

    The other is cancelled too, and may take its time: a result that it gives afterwards goes to `discard`, a failure
    is dropped.  So a coroutine that goes on after its cancellation holds up nobody.
    """
    if _has_succeeded(attempt):
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
        # A cancellation must reach the waiting coroutine only when the waiting coroutine was cancelled.
        outcome.errback(GivenUp() if isinstance(failure.value, CancelledError) else failure)

    attempt.addCallbacks(arrived, failed)
    return outcome


def left_alone(attempt: Deferred[T], *, discard: Callable[[T], object]) -> Deferred[T]:
    """A Deferred with the outcome of another, which ends at once when it is cancelled, and leaves the other alone.

    A result that comes afterwards goes to `discard`; a failure that is no error of ours is logged.
    """
    if _has_succeeded(attempt):
        return attempt
    cancelled = False

    def cancel(waiter: Deferred[T]) -> None:
        nonlocal cancelled
        cancelled = True

    outcome: Deferred[T] = Deferred(cancel)

    def arrived(result: T) -> None:
        if cancelled:
            discard(result)
        else:
            outcome.callback(result)

    def failed(failure: Failure) -> None:
        if not cancelled:
            outcome.errback(failure)
        elif not failure.check(FtpdError):
            _log.failure("a login whose client had left failed", failure=failure)

    attempt.addCallbacks(arrived, failed)
    return outcome


def _has_succeeded(attempt: Deferred[T]) -> bool:
    """Whether the result is there: whoever takes it now can neither be too late nor be cancelled before."""
    return attempt.called and not attempt.paused and not isinstance(attempt.result, Failure)
