"""The pauses between tries, and their end."""

from __future__ import annotations

from ftpd_service.policy.retries import LONGEST_ASKED_SECONDS, asked_seconds, next_try, pause_seconds
from tests.cases import SynchronousTestCase


class RetriesTests(SynchronousTestCase):
    """What follows a failure."""

    def test_pauses_double_up_to_five_minutes(self) -> None:
        """The pause after the first failure is one second at most."""
        self.assertEqual([pause_seconds(n, 1.0) for n in (1, 2, 3, 9, 10, 5000)], [1, 2, 4, 256, 300, 300])

    def test_half_of_a_pause_is_left_to_chance(self) -> None:
        """Rows that failed together are not tried together."""
        self.assertEqual((pause_seconds(4, 0.0), pause_seconds(4, 0.5)), (4, 6))

    def test_receiver_may_ask_for_a_pause_of_an_hour(self) -> None:
        """A longer one, or one in the past, has no effect."""
        self.assertEqual(
            [asked_seconds(asked) for asked in (None, -1.0, 60.0, LONGEST_ASKED_SECONDS + 1)],
            [0, 0, 60, LONGEST_ASKED_SECONDS],
        )

    def test_last_try_comes_at_the_end_of_the_time(self) -> None:
        """A pause that would go beyond the end ends there."""
        self.assertEqual(next_try(1099.0, 1000.0, 5.0, 100.0), 1100.0)

    def test_no_try_after_the_end(self) -> None:
        """A failure at the end of the time is the last one."""
        self.assertIsNone(next_try(1100.0, 1000.0, 5.0, 100.0))

    def test_no_second_try_without_time(self) -> None:
        """``retry_for: 0s`` means a single try."""
        self.assertIsNone(next_try(1000.0, 1000.0, 1.0, 0.0))
