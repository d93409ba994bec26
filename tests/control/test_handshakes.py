"""Handshakes on the reactor leave time for everybody else."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ftpd_service.control.handshakes import TURN_SECONDS, Handshakes


class MarkedClock(Clock):
    """Marks in a list when a turn's calls begin: in one `advance`, the calls of several turns follow each other."""

    def __init__(self, marks: list[str]) -> None:
        super().__init__()
        self._marks = marks

    def callLater(self, delay: float, callable: Callable[..., object], *args: object, **named: object) -> IDelayedCall:
        """Mark, then call."""

        def marked() -> None:
            self._marks.append("|")
            callable(*args, **named)

        return super().callLater(delay, marked)


class TurnTests(SynchronousTestCase):
    """When a step is carried out."""

    def setUp(self) -> None:
        """Time that passes only in steps."""
        self.ran: list[str] = []
        self.clock = MarkedClock(self.ran)
        self.handshakes = Handshakes(self.clock)

    def step(self, name: str, seconds: float = 0.0) -> bool:
        """Ask for a step that takes so long."""

        def carried_out() -> None:
            self.ran.append(name)
            self.clock.rightNow += seconds

        return self.handshakes.run(carried_out)

    def test_at_once_below_the_bound(self) -> None:
        """No timer is set for it either."""
        self.assertTrue(self.step("first", TURN_SECONDS / 4))
        self.assertTrue(self.step("second"))
        self.assertEqual((self.ran, self.clock.getDelayedCalls()), (["first", "second"], []))

    def test_later_at_the_bound(self) -> None:
        """In the next turn of the reactor."""
        self.assertTrue(self.step("first", TURN_SECONDS))
        self.assertFalse(self.step("second"))
        self.assertEqual(self.ran, ["first"])
        self.clock.advance(0)
        self.assertEqual(self.ran, ["first", "|", "second"])

    def test_no_more_in_a_turn_than_fits(self) -> None:
        """First come, first served."""
        self.step("first", TURN_SECONDS)
        for name in ("second", "third", "fourth"):
            self.step(name, TURN_SECONDS / 2)
        self.clock.advance(0)
        self.assertEqual(self.ran, ["first", "|", "second", "third", "|", "fourth"])

    def test_one_that_fails(self) -> None:
        """Takes none of the others with it."""

        def broken() -> None:
            self.clock.rightNow += TURN_SECONDS
            raise ValueError

        self.assertRaises(ValueError, self.handshakes.run, broken)
        self.step("second")
        self.clock.advance(0)
        self.assertEqual(self.ran, ["|", "second"])
