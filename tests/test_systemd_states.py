"""The states that systemd is told, on a socket that the test opens."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.task import Clock

from ftpd_service.running_service import ReloadResult, ServiceState
from ftpd_service.systemd import Notifier
from ftpd_service.systemd_states import SHOWN_CHARACTERS, STATUS_SECONDS, ServiceFigures, SystemdStates
from tests.test_systemd import NotifiedCase

LINE = "STATUS=serving: 3 sessions, 1 transfers, reactor delay below 0.1 s"
DRAINING = "STATUS=draining: 3 sessions, 1 transfers, reactor delay below 0.1 s"


class StatesCase(NotifiedCase):
    """A service with three sessions, of which one transfers."""

    def setUp(self) -> None:
        """Tell nothing yet."""
        super().setUp()
        self.clock = Clock()
        self.figures = ServiceFigures(sessions=3, transfers=1, reactor_delay_seconds=0.01, drain_seconds=0.0)
        self.states = self.made(Notifier(self.environ()))

    def made(self, notifier: Notifier) -> SystemdStates:
        """The states of the service."""
        return SystemdStates(
            notifier, self.clock, figures=lambda: self.figures, problems=tuple, monotonic_ns=lambda: 5_000_999
        )

    def serve(self) -> None:
        """Be ready, and forget what was told."""
        self.states.state_changed(ServiceState.SERVING)
        self.told()


class StateTests(StatesCase):
    """The states of the unit."""

    def test_ready(self) -> None:
        """The unit is active from here on."""
        self.states.state_changed(ServiceState.SERVING)
        self.assertEqual(self.told(), [f"READY=1\n{LINE}"])

    def test_draining(self) -> None:
        """The unit is deactivating."""
        self.serve()
        self.states.state_changed(ServiceState.DRAINING)
        self.assertEqual(self.told(), [f"STOPPING=1\n{DRAINING}"])

    def test_a_reload_tells_when_it_began(self) -> None:
        """Type=notify-reload compares it with the time of its signal, in microseconds."""
        self.serve()
        self.states.reload_began()
        self.assertEqual(self.told(), [f"RELOADING=1\nMONOTONIC_USEC=5000\n{LINE}"])

    def test_a_reload_ends_with_ready(self) -> None:
        """The unit is active again."""
        self.serve()
        self.states.reload_ended(ReloadResult(applied=True))
        self.assertEqual(self.told(), [f"READY=1\n{LINE}"])

    def test_a_reload_that_ends_in_a_drain_is_not_ready(self) -> None:
        """systemd would take a service for active that stops."""
        self.serve()
        self.states.state_changed(ServiceState.DRAINING)
        self.told()
        self.states.reload_ended(ReloadResult(mistakes=("late",)))
        self.assertNotIn("READY=1", "\n".join(self.told()))

    def test_the_watchdog_lives_from_ready_on(self) -> None:
        """systemd counts from there."""
        states = self.made(Notifier(self.environ(WATCHDOG_USEC="20000000")))
        states.state_changed(ServiceState.SERVING)
        self.assertEqual(self.told()[-1], "WATCHDOG=1")

    def test_a_process_without_systemd_has_no_timer(self) -> None:
        """Nobody hears it."""
        self.made(Notifier({})).state_changed(ServiceState.SERVING)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nothing_is_left_after_the_end(self) -> None:
        """No timed call keeps a reactor of a test busy."""
        states = self.made(Notifier(self.environ(WATCHDOG_USEC="20000000")))
        states.state_changed(ServiceState.SERVING)
        states.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class LineTests(StatesCase):
    """The line of `systemctl status`."""

    def test_figures_that_changed_are_told(self) -> None:
        """Within some seconds."""
        self.serve()
        self.figures = replace(self.figures, sessions=4)
        self.clock.advance(STATUS_SECONDS)
        self.assertEqual(self.told(), [LINE.replace("3", "4")])

    def test_the_same_figures_are_not_told_again(self) -> None:
        """An idle service sends nothing."""
        self.serve()
        self.clock.pump([STATUS_SECONDS] * 10)
        self.assertEqual(self.told(), [])

    def test_a_small_delay_is_told_as_small(self) -> None:
        """It changes all the time."""
        self.serve()
        self.figures = replace(self.figures, reactor_delay_seconds=0.05)
        self.clock.advance(STATUS_SECONDS)
        self.assertEqual(self.told(), [])

    def test_a_long_delay_is_told(self) -> None:
        """In seconds."""
        self.serve()
        self.figures = replace(self.figures, reactor_delay_seconds=1.26)
        self.clock.advance(STATUS_SECONDS)
        self.assertEqual(self.told(), [LINE.replace("below 0.1", "1.3")])

    def test_the_first_mistake_of_a_reload_is_told(self) -> None:
        """And how many more the log has."""
        self.serve()
        self.states.reload_ended(ReloadResult(mistakes=("ftpd.yaml:3: a", "ftpd.yaml:4: b", "ftpd.yaml:5: c")))
        expected = f"READY=1\n{LINE}; the last reload has changed nothing: ftpd.yaml:3: a (and 2 more, in the log)"
        self.assertEqual(self.told(), [expected])

    def test_a_mistake_stays_until_it_is_corrected(self) -> None:
        """Other figures do not remove it."""
        self.serve()
        self.states.reload_ended(ReloadResult(mistakes=("ftpd.yaml:3: a",)))
        self.figures = replace(self.figures, sessions=4)
        self.clock.advance(STATUS_SECONDS)
        self.assertTrue(self.told()[-1].endswith("ftpd.yaml:3: a"))

    def test_a_reload_that_succeeds_removes_the_mistake(self) -> None:
        """The file is in force."""
        self.serve()
        self.states.reload_ended(ReloadResult(mistakes=("ftpd.yaml:3: a",)))
        self.states.reload_ended(ReloadResult(applied=True))
        self.assertEqual(self.told()[-1], f"READY=1\n{LINE}")

    def test_a_long_mistake_is_cut(self) -> None:
        """systemd takes 4096 bytes in all."""
        self.serve()
        self.states.reload_ended(ReloadResult(mistakes=("x" * 10_000,)))
        self.assertTrue(self.told()[-1].endswith(f": {'x' * (SHOWN_CHARACTERS - 3)}..."))

    def test_a_line_end_in_a_mistake_begins_no_state(self) -> None:
        """It would be another state, such as MAINPID."""
        self.serve()
        self.states.reload_ended(ReloadResult(mistakes=("a\nMAINPID=1",)))
        self.assertTrue(self.told()[-1].endswith(": a MAINPID=1"))


class DrainTests(StatesCase):
    """The time that a drain needs."""

    def setUp(self) -> None:
        """Drain for ten minutes."""
        super().setUp()
        self.serve()
        self.states.state_changed(ServiceState.DRAINING)
        self.told()
        self.figures = replace(self.figures, drain_seconds=600.0)

    def test_systemd_is_asked_for_the_time(self) -> None:
        """TimeoutStopSec may be shorter."""
        self.clock.advance(STATUS_SECONDS)
        self.assertEqual(self.told(), [f"EXTEND_TIMEOUT_USEC=615000000\n{DRAINING}"])

    def test_no_time_is_asked_for_after_the_drain(self) -> None:
        """A process that hangs at its end is killed."""
        self.clock.advance(STATUS_SECONDS)
        self.told()
        self.figures = replace(self.figures, drain_seconds=0.0)
        self.clock.pump([STATUS_SECONDS] * 10)
        self.assertEqual(self.told(), [])
