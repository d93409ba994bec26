"""Slices on the reactor leave time for everybody else."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from ftpd_service.turns import TURN_SECONDS, Turns
from tests.cases import SynchronousTestCase


class MarkedClock:
    """Marks in a list when a turn's calls begin: in one `advance`, the calls of several turns follow each other."""

    def __init__(self, clock: Clock, marks: list[str]) -> None:
        self._clock = clock
        self._marks = marks

    def seconds(self) -> float:
        """The clock's time."""
        return self._clock.seconds()

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall:
        """Mark, then call."""

        def marked() -> None:
            self._marks.append("|")
            callable(*args)

        return self._clock.callLater(delay, marked)


class TurnsRules(SynchronousTestCase):
    """When a slice runs."""

    def setUp(self) -> None:
        """Time that passes only in slices, and turns of the reactor that the test makes."""
        self.ran: list[str] = []
        self.clock = Clock()
        self.turns = Turns(MarkedClock(self.clock, self.ran))

    def run_slice(self, name: str, seconds: float = 0.0) -> Deferred[None]:
        """Ask for a slice that takes so long."""
        return Deferred.fromCoroutine(self.turns.take(self.step(name, seconds)))

    def step(self, name: str, seconds: float = 0.0) -> Callable[[], None]:
        """What takes so long."""

        def carried_out() -> None:
            self.ran.append(name)
            self.clock.rightNow += seconds

        return carried_out

    def next_turn(self) -> None:
        """The reactor's next turn."""
        self.clock.advance(0)

    def test_a_turn_is_over_when_its_time_is(self) -> None:
        """Who would have to wait can tell before; the next turn begins anew."""
        self.run_slice("first", TURN_SECONDS / 2)
        before = self.turns.over
        self.run_slice("second", TURN_SECONDS / 2)
        after = self.turns.over
        self.next_turn()
        self.assertEqual((before, after, self.turns.over), (False, True, False))

    def test_slices_run_at_once_while_there_is_time(self) -> None:
        """No timer is set for them either."""
        for name in ("first", "second"):
            self.successResultOf(self.run_slice(name, TURN_SECONDS / 4))
        self.assertEqual((self.ran, self.clock.getDelayedCalls()), (["first", "second"], []))

    def test_when_the_time_is_spent_the_next_one_waits_for_the_next_turn(self) -> None:
        """Commands are answered between them."""
        self.successResultOf(self.run_slice("first", TURN_SECONDS))
        second = self.run_slice("second")
        self.assertNoResult(second)
        self.assertEqual(self.ran, ["first"])
        self.next_turn()
        self.successResultOf(second)
        self.assertEqual(self.ran, ["first", "|", "second"])

    def test_those_who_wait_run_in_order_and_in_as_many_turns_as_they_take(self) -> None:
        """First come, first served."""
        waiting = [self.run_slice(name, TURN_SECONDS / 2) for name in "abcdef"]
        waiting.append(self.run_slice("g"))
        self.assertEqual("".join(self.ran), "ab")
        self.next_turn()
        self.assertEqual("".join(self.ran), "ab|cd|ef|g")
        for one in waiting:
            self.successResultOf(one)

    def test_one_that_is_cancelled_does_not_run(self) -> None:
        """Its transfer was stopped; those behind it run."""
        self.successResultOf(self.run_slice("first", TURN_SECONDS))
        stopped = self.run_slice("stopped")
        other = self.run_slice("other")
        stopped.cancel()
        self.failureResultOf(stopped, CancelledError)
        self.next_turn()
        self.successResultOf(other)
        self.assertEqual(self.ran, ["first", "|", "other"])

    def test_a_turn_in_which_nobody_asks_gives_no_more_time(self) -> None:
        """What was spent is forgotten, and nothing is saved up."""
        self.successResultOf(self.run_slice("first", TURN_SECONDS))
        self.next_turn()
        self.successResultOf(self.run_slice("second", TURN_SECONDS))
        self.assertNoResult(self.run_slice("third"))

    def test_a_step_without_a_coroutine_is_told_whether_it_has_run(self) -> None:
        """It waits in the same queue."""
        ran = [self.turns.run(self.step("first", TURN_SECONDS)), self.turns.run(self.step("second"))]
        self.assertEqual((ran, self.ran), ([True, False], ["first"]))
        self.next_turn()
        self.assertEqual(self.ran, ["first", "|", "second"])

    def test_a_step_that_fails_takes_none_of_the_others_with_it(self) -> None:
        """Those that wait have their turn."""

        def broken() -> None:
            self.clock.rightNow += TURN_SECONDS
            raise ValueError

        self.assertRaises(ValueError, self.turns.run, broken)
        self.turns.run(self.step("second"))
        self.next_turn()
        self.assertEqual(self.ran, ["|", "second"])
