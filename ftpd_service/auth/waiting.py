"""Waiting for a login of another package's code that its client need not wait for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.errors import FtpdError
from ftpd_service.runtime.abandonable import has_succeeded

T = TypeVar("T")

_log = Logger()


def left_alone(attempt: Deferred[T], *, discard: Callable[[T], object]) -> Deferred[T]:
    """Return a Deferred with the outcome of another Deferred; cancelling it ends it at once and leaves the other alone.

    A later result goes to `discard`; a later failure is logged unless it is an error of this package.
    """
    if has_succeeded(attempt):
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
