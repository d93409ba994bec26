"""The circuit breaker: when it opens, which question is let through, when it closes."""

from __future__ import annotations

from ftpd_service.policy.breaker import Attempt, Breaker, BreakerSettings
from tests.cases import SynchronousTestCase


class BreakerCase(SynchronousTestCase):
    """A breaker that opens at the third failure and retries after ten seconds."""

    def setUp(self) -> None:
        self.breaker = Breaker(BreakerSettings(failures=3, retry_seconds=10.0))

    def begin(self, now: float = 0.0) -> Attempt:
        """A question that is let through."""
        attempt = self.breaker.begin(now)
        assert attempt is not None
        return attempt

    def fails(self, times: int, now: float = 0.0) -> list[bool]:
        """Some failures; whether each opened the breaker."""
        return [self.breaker.failed(self.begin(now), now) for _ in range(times)]


class ClosedTests(BreakerCase):
    """While it is closed."""

    def test_one_failure_less_leaves_it_closed(self) -> None:
        """Below the bound."""
        self.assertEqual(self.fails(2), [False, False])
        self.assertFalse(self.breaker.is_open)

    def test_the_last_failure_opens_it(self) -> None:
        """At the bound; only that failure is told as the opening."""
        self.assertEqual(self.fails(3), [False, False, True])
        self.assertIsNone(self.breaker.begin(0.0))

    def test_an_answer_begins_the_count_anew(self) -> None:
        """Failures count in a row."""
        self.fails(2)
        self.breaker.answered(self.begin())
        self.assertEqual(self.fails(2), [False, False])

    def test_failures_of_questions_from_before_an_answer(self) -> None:
        """The checker works, and is only asked more than it can answer in time."""
        late = [self.begin() for _ in range(3)]
        self.breaker.answered(self.begin())
        self.assertEqual([self.breaker.failed(attempt, 0.0) for attempt in late], [False] * 3)
        self.assertFalse(self.breaker.is_open)
        self.assertEqual(self.fails(3), [False, False, True])

    def test_an_answer_closes_nothing(self) -> None:
        """It was not open."""
        self.assertFalse(self.breaker.answered(self.begin()))

    def test_an_abandoned_question_counts_for_nothing(self) -> None:
        """Neither as a failure nor as an answer."""
        self.fails(2)
        self.breaker.abandoned(self.begin())
        self.assertEqual(self.fails(1), [True])


class OpenTests(BreakerCase):
    """While it is open."""

    def setUp(self) -> None:
        super().setUp()
        self.late = self.begin()
        self.fails(3)

    def test_nothing_is_let_through_before_its_time(self) -> None:
        """Just below."""
        self.assertIsNone(self.breaker.begin(9.9))

    def test_one_question_is_let_through_at_its_time(self) -> None:
        """And no second one beside it, however long it takes."""
        self.begin(10.0)
        self.assertIsNone(self.breaker.begin(10.0))
        self.assertIsNone(self.breaker.begin(1000.0))

    def test_its_answer_closes(self) -> None:
        """All questions are let through again, and the count begins anew."""
        self.assertTrue(self.breaker.answered(self.begin(10.0)))
        self.assertEqual(self.fails(2, 10.0), [False, False])

    def test_its_failure_waits_again(self) -> None:
        """For the whole time from then on, and without being told as a new opening."""
        self.assertFalse(self.breaker.failed(self.begin(10.0), 12.0))
        self.assertIsNone(self.breaker.begin(21.9))
        self.begin(22.0)

    def test_an_abandoned_trial_makes_room_for_the_next(self) -> None:
        """Its client left, or the checker was too busy to be asked."""
        self.breaker.abandoned(self.begin(10.0))
        self.begin(10.0)

    def test_a_late_answer_changes_nothing(self) -> None:
        """The question began before the breaker opened."""
        self.assertFalse(self.breaker.answered(self.late))
        self.assertTrue(self.breaker.is_open)

    def test_a_late_failure_changes_nothing(self) -> None:
        """Neither the time of the trial nor the trial."""
        self.breaker.failed(self.late, 9.0)
        trial = self.begin(10.0)
        self.breaker.failed(Attempt(), 10.0)
        self.assertTrue(self.breaker.answered(trial))
