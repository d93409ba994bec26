"""Starts coroutines, and spares what waiting costs where they end before they wait for something: most do."""

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

    :param ended: is told the result of one that has ended by then; its exceptions are raised.
    :return: None then, else what fires with its result; cancelling it cancels what is waited for.
    """
    try:
        waited = work.send(None)
    except StopIteration as done:
        if ended is not None:
            ended(done.value)
        return None
    return Deferred.fromCoroutine(_resumed(work, waited))


def deferred(work: Work[T]) -> Deferred[T]:
    """What fires with the outcome of a coroutine.

    As `Deferred.fromCoroutine`, at a fraction of its cost where the coroutine ends before it waits.
    """
    try:
        waited = work.send(None)
    except StopIteration as done:
        result: T = done.value
        return succeed(result)
    except Exception:
        return fail()
    return Deferred.fromCoroutine(_resumed(work, waited))


@types.coroutine
def _resumed(work: Work[T], waited: Deferred[Any]) -> Generator[Deferred[Any], Any, T]:  # Any: see `Work`
    """A coroutine from its first wait on."""
    while True:
        try:
            try:
                value = yield waited
            except GeneratorExit:
                work.close()
                raise
            # BaseException: a cancellation and all else is the coroutine's own business.
            except BaseException as problem:
                waited = work.throw(problem)
            else:
                waited = work.send(value)
        except StopIteration as done:
            result: T = done.value
            return result
