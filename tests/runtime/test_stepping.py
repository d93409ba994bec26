"""Coroutines that are started without what waiting costs."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.runtime.stepping import deferred
from tests.cases import SynchronousTestCase


async def _result_of(waited: Deferred[int]) -> int:
    return await waited + 1


async def _two() -> int:
    return 2


async def _refused() -> int:
    raise ValueError("no")


async def _left() -> int:
    raise SystemExit(1)


class TestDeferred(SynchronousTestCase):
    """`deferred` is `Deferred.fromCoroutine`, however the coroutine ends."""

    def test_a_result_that_is_there_at_once(self) -> None:
        """Nothing is waited for."""
        self.assertEqual(self.successResultOf(deferred(_two())), 2)

    def test_an_exception_that_is_there_at_once(self) -> None:
        """It does not reach the caller, but the Deferred."""
        self.failureResultOf(deferred(_refused()), ValueError)

    def test_an_exit_that_is_there_at_once(self) -> None:
        """SystemExit, which is no Exception, is a failure too: it must not end the caller."""
        self.failureResultOf(deferred(_left()), SystemExit)

    def test_a_result_that_comes_later(self) -> None:
        """The Deferred fires with the coroutine's end."""
        waited: Deferred[int] = Deferred()
        outcome = deferred(_result_of(waited))
        self.assertNoResult(outcome)
        waited.callback(2)
        self.assertEqual(self.successResultOf(outcome), 3)

    def test_cancelling_cancels_what_is_waited_for(self) -> None:
        """And the coroutine ends with that."""
        cancelled: list[Deferred[int]] = []
        waited: Deferred[int] = Deferred(cancelled.append)
        outcome = deferred(_result_of(waited))
        outcome.cancel()
        self.assertEqual(cancelled, [waited])
        self.failureResultOf(outcome, CancelledError)
