"""Waiting for strangers' Deferreds."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.runtime.abandonable import GivenUp, abandonable
from tests.cases import SynchronousTestCase


class AbandonableTests(SynchronousTestCase):
    """A Deferred that can be given up at once."""

    def setUp(self) -> None:
        self.attempt: Deferred[str] = Deferred()
        self.late: list[str] = []

    def test_passes_on_a_result(self) -> None:
        """A result is passed on."""
        outcome = abandonable(self.attempt)
        self.attempt.callback("done")
        self.assertEqual(self.successResultOf(outcome), "done")

    def test_passes_on_a_failure(self) -> None:
        """A failure is passed on."""
        outcome = abandonable(self.attempt)
        self.attempt.errback(ValueError())
        self.failureResultOf(outcome, ValueError)

    def test_cancelling_ends_it_and_cancels_the_other(self) -> None:
        """Both end as cancelled."""
        cancelled: list[object] = []
        attempt: Deferred[str] = Deferred(cancelled.append)
        outcome = abandonable(attempt)
        outcome.cancel()
        self.failureResultOf(outcome, CancelledError)
        self.assertEqual(len(cancelled), 1)

    def test_late_result_is_discarded(self) -> None:
        """What a coroutine that goes on after its cancellation gives is handed to `discard`."""
        held: Deferred[str] = Deferred()

        async def stubborn() -> str:
            try:
                return await self.attempt
            except CancelledError:
                return await held

        outcome = abandonable(Deferred.fromCoroutine(stubborn()), discard=self.late.append)
        outcome.cancel()
        self.failureResultOf(outcome, CancelledError)
        held.callback("late")
        self.assertEqual(self.late, ["late"])

    def test_result_in_answer_to_the_cancellation_is_discarded(self) -> None:
        """A canceller that answers a result does not undo the cancellation."""
        attempt: Deferred[str] = Deferred(lambda other: other.callback("late"))
        outcome = abandonable(attempt, discard=self.late.append)
        outcome.cancel()
        self.failureResultOf(outcome, CancelledError)
        self.assertEqual(self.late, ["late"])

    def test_result_in_time_is_not_discarded(self) -> None:
        """Whoever got the result owns it."""
        outcome = abandonable(self.attempt, discard=self.late.append)
        self.attempt.callback("done")
        outcome.cancel()
        self.assertEqual((self.successResultOf(outcome), self.late), ("done", []))

    def test_late_failure_is_dropped(self) -> None:
        """A failure after the end is nobody's any more and is not reported as unhandled."""
        held: Deferred[str] = Deferred()

        async def stubborn() -> str:
            try:
                return await self.attempt
            except CancelledError:
                return await held

        outcome = abandonable(Deferred.fromCoroutine(stubborn()))
        outcome.cancel()
        self.failureResultOf(outcome, CancelledError)
        held.errback(ValueError())
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_other_sides_own_cancellation_is_no_cancellation_of_ours(self) -> None:
        """What cancels itself fails, so that the waiting coroutine does not take itself for cancelled."""
        outcome = abandonable(self.attempt)
        self.attempt.cancel()
        self.failureResultOf(outcome, GivenUp)
