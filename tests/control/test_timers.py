"""The timers of one control connection, which are one delayed call."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.control.timers import Timers
from tests.cases import SynchronousTestCase


class TimersTests(SynchronousTestCase):
    """A login in 60 seconds, and 900 seconds of idleness."""

    def setUp(self) -> None:
        """Both are watched."""
        self.clock = Clock()
        self.seen: list[str] = []
        self.is_quiet = True
        self.timers = Timers(self.clock, self)
        self.timers.watch_login(60.0)
        self.timers.watch_idle(900.0)

    def quiet(self) -> bool:
        """As the test says."""
        return self.is_quiet

    def login_missed(self) -> None:
        """Note it."""
        self.seen.append("login")

    def idled(self) -> None:
        """Note it."""
        self.seen.append("idle")

    def test_both_are_one_call(self) -> None:
        """Each call has its place in the reactor's heap."""
        self.assertEqual([call.getTime() for call in self.clock.getDelayedCalls()], [60.0])

    def test_below_the_bound_no_login_is_missed(self) -> None:
        """One second is left."""
        self.clock.advance(59.0)
        self.assertEqual(self.seen, [])

    def test_at_the_bound_the_login_is_missed_once(self) -> None:
        """Idleness is watched on."""
        self.clock.pump([60.0, 60.0, 779.0])
        self.assertEqual(self.seen, ["login"])
        self.clock.advance(1.0)
        self.assertEqual(self.seen, ["login", "idle"])

    def test_behind_a_login_only_idleness_counts(self) -> None:
        """From the last activity on."""
        self.clock.advance(30.0)
        self.timers.follow(login_seconds=None, idle_seconds=900.0)
        self.timers.active()
        self.clock.pump([30.0, 869.0])
        self.assertEqual(self.seen, [])
        self.clock.advance(1.0)
        self.assertEqual(self.seen, ["idle"])

    def test_a_login_that_is_lost_is_due_again(self) -> None:
        """Although the next look at idleness would come later."""
        self.timers.follow(login_seconds=None, idle_seconds=900.0)
        self.clock.advance(61.0)
        self.timers.follow(login_seconds=60.0, idle_seconds=900.0)
        self.clock.advance(60.0)
        self.assertEqual((self.seen, len(self.clock.getDelayedCalls())), (["login"], 1))

    def test_a_shorter_idle_time_is_kept(self) -> None:
        """SITE IDLE may lower it below what is left of a login's time."""
        self.timers.watch_idle(10.0)
        self.clock.advance(10.0)
        self.assertEqual(self.seen, ["idle"])

    def test_where_it_is_not_quiet_idleness_begins_anew(self) -> None:
        """A verb runs, and its replies are taken."""
        self.timers.follow(login_seconds=None, idle_seconds=900.0)
        self.is_quiet = False
        self.clock.advance(60.0)
        self.is_quiet = True
        self.clock.advance(899.0)
        self.assertEqual(self.seen, [])
        self.clock.advance(1.0)
        self.assertEqual(self.seen, ["idle"])

    def test_at_the_end_only_the_end_is_due(self) -> None:
        """Whatever was watched, and is asked for later."""
        self.timers.reap(5.0, lambda: self.seen.append("end"))
        self.timers.watch_login(1.0)
        self.clock.advance(5.0)
        self.assertEqual((self.seen, self.clock.getDelayedCalls()), (["end"], []))

    def test_the_last_word_counts(self) -> None:
        """What was to be done at the end before is not."""
        self.timers.reap(5.0, lambda: self.seen.append("end"))
        self.timers.reap(1.0, lambda: self.seen.append("hurried"))
        self.clock.advance(5.0)
        self.assertEqual(self.seen, ["hurried"])

    def test_nothing_is_left_behind(self) -> None:
        """The connection is gone."""
        self.timers.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
