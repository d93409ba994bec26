"""Starting coroutines without the cost of a Deferred if they end before their first wait, as most do."""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed

T = TypeVar("T")

Work = Coroutine[Deferred[Any], Any, T]  # Any: as `Deferred.fromCoroutine` declares it
"""A coroutine that waits for Deferreds."""


def started(work: Work[T], ended: Callable[[T], object] | None = None) -> Deferred[T] | None:
    """Run a coroutine up to its first wait.

    :param ended: gets the result of a coroutine that ended by then; its exceptions are raised.
    :return: None if it ended, else a Deferred of its result; cancelling it cancels the current wait.
    """
    try:
        waited = work.send(None)
    except StopIteration as done:
        if ended is not None:
            ended(done.value)
        return None
    return Deferred.fromCoroutine(_resumed(work, waited))


def deferred(work: Work[T]) -> Deferred[T]:
    """Return a Deferred of a coroutine's outcome.

    It equals `Deferred.fromCoroutine`, at a fraction of the cost if the coroutine ends before its first wait.
    """
    try:
        waited = work.send(None)
    except StopIteration as done:
        result: T = done.value
        return succeed(result)
    # As `Deferred.fromCoroutine` does: another package's code may call sys.exit.
    except BaseException:
        return fail()
    return Deferred.fromCoroutine(_resumed(work, waited))


def answered(work: Coroutine[Any, Any, T]) -> T:  # Any: what it would wait for
    """Return the result of a coroutine that waits for nothing, where no reactor runs."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    raise RuntimeError("the coroutine waits, and no reactor runs")


@types.coroutine
def _resumed(work: Work[T], waited: Deferred[Any]) -> Generator[Deferred[Any], Any, T]:  # Any: see `Work`
    while True:
        try:
            try:
                value = yield waited
            except GeneratorExit:
                work.close()
                raise
            # BaseException: the coroutine itself deals with cancellation and everything else.
            except BaseException as problem:
                waited = work.throw(problem)
            else:
                waited = work.send(value)
        except StopIteration as done:
            result: T = done.value
            return result
