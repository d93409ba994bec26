"""How late the reactor's timed calls are, by a clock that the test moves."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.runtime.reactor_delay import EVERY_SECONDS, RECENT_SECONDS, ReactorDelay
from tests.cases import SynchronousTestCase


class ReactorDelayTests(SynchronousTestCase):
    """A reactor that is blocked, and one that is not.  One step of a `Clock` is a turn of the reactor."""

    def setUp(self) -> None:
        """Measure."""
        self.clock = Clock()
        self.delay = ReactorDelay(self.clock, now=self.clock.seconds)
        self.delay.start()

    def test_calls_in_time_have_no_delay(self) -> None:
        """The calls come at their times."""
        self.clock.pump([EVERY_SECONDS] * 10)
        self.assertEqual((self.delay.current, self.delay.worst), (0.0, 0.0))

    def test_a_turn_that_takes_long_is_a_delay(self) -> None:
        """The timed call was due in the middle of the turn."""
        self.clock.advance(EVERY_SECONDS + 6.0)
        self.assertAlmostEqual(self.delay.current, 6.0)

    def test_the_delay_is_seen_before_the_timed_call(self) -> None:
        """Whichever timed call comes first after the long turn knows of it."""
        self.clock.rightNow += EVERY_SECONDS + 6.0
        self.assertAlmostEqual(self.delay.current, 6.0)

    def test_the_next_call_in_time_ends_the_delay(self) -> None:
        """The current delay tells of now."""
        self.clock.advance(EVERY_SECONDS + 6.0)
        self.clock.advance(EVERY_SECONDS)
        self.assertEqual(self.delay.current, 0.0)

    def test_the_worst_delay_is_remembered(self) -> None:
        """Whoever asks some seconds later still learns of it."""
        self.clock.advance(EVERY_SECONDS + 6.0)
        self.clock.pump([EVERY_SECONDS] * int(RECENT_SECONDS / EVERY_SECONDS))
        self.assertAlmostEqual(self.delay.worst, 6.0)

    def test_the_worst_delay_is_forgotten(self) -> None:
        """An old delay tells nothing about now."""
        self.clock.advance(EVERY_SECONDS + 6.0)
        self.clock.pump([EVERY_SECONDS] * (2 * int(RECENT_SECONDS / EVERY_SECONDS) + 2))
        self.assertEqual(self.delay.worst, 0.0)

    def test_nothing_is_measured_after_the_end(self) -> None:
        """No timed call is left, and time that passes is no delay."""
        self.delay.stop()
        self.clock.advance(100.0)
        self.assertEqual((self.delay.current, self.clock.getDelayedCalls()), (0.0, []))
