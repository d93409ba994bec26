"""Slices on the reactor leave time for everybody else."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from ftpd_service.runtime.turns import COMMANDS_FOR_A_SLICE, SHARE_SECONDS, TURN_SECONDS, Turns
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

    def run_slice(self, name: str, seconds: float = 0.0, *, host: str = "") -> Deferred[None]:
        """Ask for a slice that takes so long."""
        return Deferred.fromCoroutine(self.turns.take(host, self.step(name, seconds)))

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
        """First come, first served, within a host."""
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
        ran = [self.turns.run("", self.step("first", TURN_SECONDS)), self.turns.run("", self.step("second"))]
        self.assertEqual((ran, self.ran), ([True, False], ["first"]))
        self.next_turn()
        self.assertEqual(self.ran, ["first", "|", "second"])

    def test_a_step_that_fails_takes_none_of_the_others_with_it(self) -> None:
        """Those that wait have their turn."""

        def broken() -> None:
            self.clock.rightNow += TURN_SECONDS
            raise ValueError

        self.assertRaises(ValueError, self.turns.run, "", broken)
        self.turns.run("", self.step("second"))
        self.next_turn()
        self.assertEqual(self.ran, ["|", "second"])

    def test_a_step_that_fails_in_its_turn_takes_none_with_it_either(self) -> None:
        """Those behind it run in the turn that follows."""
        self.turns.run("", self.step("first", TURN_SECONDS))
        self.turns.run("", self.broken)
        self.turns.run("", self.step("second"))
        self.assertRaises(ValueError, self.next_turn)
        self.next_turn()
        self.assertEqual(self.ran, ["first", "|", "|", "second"])

    def broken(self) -> None:
        """A step that fails."""
        raise ValueError

    def test_hosts_take_turns(self) -> None:
        """However many connections of one host wait before another host's."""
        self.turns.run("a", self.step("a", TURN_SECONDS))
        for host, name in (("a", "b"), ("a", "c"), ("a", "d"), ("x", "x"), ("y", "y"), ("x", "z")):
            self.turns.run(host, self.step(name))
        self.next_turn()
        self.assertEqual("".join(self.ran), "a|bxyczd")

    def test_commands_of_a_host_go_before_its_slices(self) -> None:
        """A command does not wait for the downloads of its own host."""
        self.turns.run("a", self.step("|", TURN_SECONDS))
        for name in "xyz":
            self.run_slice(name, host="a")
        self.turns.run("a", self.step("a"))
        self.turns.run("a", self.step("b"))
        self.next_turn()
        self.assertEqual("".join(self.ran), "||abxyz")

    def test_commands_of_a_host_do_not_stop_its_slices(self) -> None:
        """A slice has its turn behind so many commands, and another slice behind as many more."""
        self.turns.run("a", self.step("|", TURN_SECONDS))
        for name in "xy":
            self.run_slice(name, host="a")
        for _ in range(COMMANDS_FOR_A_SLICE * 2 + 1):
            self.turns.run("a", self.step("."))
        self.next_turn()
        dots = "." * COMMANDS_FOR_A_SLICE
        self.assertEqual("".join(self.ran), f"||{dots}x{dots}y.")

    def test_slices_of_a_host_take_no_turn_of_another_host(self) -> None:
        """Hosts take turns, whatever waits."""
        self.turns.run("a", self.step("|", TURN_SECONDS))
        for name in "xyz":
            self.run_slice(name, host="a")
        self.turns.run("b", self.step("b"))
        self.turns.run("a", self.step("a"))
        self.next_turn()
        self.assertEqual("".join(self.ran), "||abxyz")

    def test_the_connections_of_a_host_take_turns(self) -> None:
        """One that is not done goes behind the others of its host."""

        def again(name: str, times: int) -> Callable[[], None]:
            def carried_out() -> None:
                self.step(name)()
                if times > 1:
                    self.turns.wait("a", again(name, times - 1))

            return carried_out

        self.turns.run("a", self.step("|", TURN_SECONDS))
        self.turns.run("a", again("x", 3))
        self.turns.run("a", again("y", 3))
        self.next_turn()
        self.assertEqual("".join(self.ran), "||xyxyxy")

    def test_enough_is_a_share_where_others_wait(self) -> None:
        """And one moment less is not."""
        found: list[bool] = []

        def ask() -> None:
            self.clock.rightNow = 8.0
            self.turns.run("a", self.step("first", TURN_SECONDS))
            self.turns.run("a", measured)
            self.turns.run("b", self.step("second"))

        def measured() -> None:
            found.append(self.turns.enough())
            self.clock.rightNow += SHARE_SECONDS * 0.9
            found.append(self.turns.enough())
            self.clock.rightNow += SHARE_SECONDS * 0.2
            found.append(self.turns.enough())

        ask()
        self.next_turn()
        self.assertEqual(found, [False, False, True])

    def test_enough_is_the_turn_where_nobody_waits(self) -> None:
        """One client's commands run on."""
        found: list[bool] = []

        def measured() -> None:
            self.clock.rightNow += SHARE_SECONDS * 2
            found.append(self.turns.enough())
            self.clock.rightNow += TURN_SECONDS
            found.append(self.turns.enough())

        self.turns.run("a", measured)
        self.assertEqual(found, [False, True])

    def test_what_is_asked_for_within_other_work_is_counted_once(self) -> None:
        """A command's own slices are part of its share."""

        def outer() -> None:
            self.turns.run("a", self.step("inner", TURN_SECONDS * 0.6))

        self.turns.run("a", outer)
        self.assertFalse(self.turns.over)

    def test_what_is_asked_for_within_other_work_waits_when_that_is_enough(self) -> None:
        """A transfer that is ready again and again ends its turn."""

        def outer() -> None:
            self.turns.run("a", self.step("inner", TURN_SECONDS))
            self.turns.run("a", self.step("late"))

        self.turns.run("a", outer)
        self.assertEqual(self.ran, ["inner"])
        self.next_turn()
        self.assertEqual(self.ran, ["inner", "|", "late"])

    def test_what_cannot_wait_is_counted(self) -> None:
        """It runs at once, and less is left for the others."""
        self.turns.count(self.step("first", TURN_SECONDS))
        self.turns.count(self.step("second"))
        self.turns.run("a", self.step("third"))
        self.assertEqual(self.ran, ["first", "second"])

    def test_what_is_to_wait_waits_though_there_is_time(self) -> None:
        """For whoever is in the midst of something."""
        self.turns.wait("a", self.step("later"))
        self.assertEqual(self.ran, [])
        self.next_turn()
        self.assertEqual(self.ran, ["|", "later"])
