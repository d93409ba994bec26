"""What belongs to the process: signals, and what an operator is told of its rights."""

from __future__ import annotations

import gc
import os
import signal
import time
from typing import cast

from twisted.internet.base import ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.config.problems import ConfigError, Problem
from ftpd_service.config.schema import Config, ServiceSettings
from ftpd_service.running_service import CannotServe, CannotUpgrade, ServiceState
from ftpd_service.signals import CannotStart, ServiceProcess, use_steady_clock
from ftpd_service.succession.pid_file import PidFile
from ftpd_service.succession.process_upgrade import ProcessUpgrade
from ftpd_service.succession.start_command import StartCommand
from ftpd_service.systemd import Notifier
from tests.cases import SynchronousTestCase
from tests.memory_service import PORT, ServiceCase, ServiceReactor

NUMBERS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR2)


class StoppableReactor(ServiceReactor):
    """Counts its ends.

    :ivar stops: how often it was told to stop.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stops = 0

    def stop(self) -> None:
        """Take note."""
        self.stops += 1


class SignalCase(ServiceCase):
    """The service as the command line has it; the signals of the test's process are put back."""

    def setUp(self) -> None:
        super().setUp()
        self.reactor: StoppableReactor = StoppableReactor()
        self.former = {number: signal.getsignal(number) for number in NUMBERS}
        for number, handler in self.former.items():
            self.addCleanup(signal.signal, number, handler)
        self.addCleanup(gc.set_threshold, *gc.get_threshold())
        self.addCleanup(gc.unfreeze)
        self.service = self.made(self.allowing())
        self.process = ServiceProcess(self.service, cast(PosixReactorBase, self.reactor))  # it has what is used

    def allowing(self) -> Config:
        """A configuration that also root may serve, who may run the tests."""
        return self.config(service=ServiceSettings(allow_root=True))

    def begin(self) -> None:
        """Start, as twistd does."""
        self.process.privilegedStartService()
        self.process.startService()
        self.reactor.running = True
        for call, arguments, keywords in self.reactor.whenRunningHooks:
            call(*arguments, **keywords)

    def handlers(self) -> dict[signal.Signals, object]:
        """Who has the signals now."""
        return {number: signal.getsignal(number) for number in NUMBERS}

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal, and let the reactor hear of it."""
        os.kill(os.getpid(), number)
        self.reactor.run_one()

    def upgrading(self) -> ProcessUpgrade:
        """What replaces the process."""
        return ProcessUpgrade(
            self.service,
            cast(PosixReactorBase, self.reactor),  # see `setUp`
            command=StartCommand(words=("/no/such/program",), directory="/"),
            environment={},
            notifier=Notifier({}),
            pid_file=PidFile(None),
        )


class UpgradeTests(SignalCase):
    """Requests that are refused; tests.integration.test_upgrade has upgrades."""

    def refusal(self) -> str:
        """The reason why an upgrade is refused, which is in the log too."""
        failure = self.failureResultOf(self.upgrading().ask(), CannotUpgrade)
        self.assertEqual(self.log.count(f"upgrade refused: {failure.value}"), 1)
        return str(failure.value)

    def test_process_that_starts(self) -> None:
        """Its ports are not open yet."""
        self.assertIn("this process does not serve", self.refusal())

    def test_process_that_drains(self) -> None:
        """It ends anyway."""
        self.begin()
        client = self.client()
        over = self.process.stopService()
        self.assertIn("this process does not serve", self.refusal())
        client.lose()
        self.successResultOf(over)

    def test_reload_ends_before_an_upgrade_begins(self) -> None:
        """Otherwise the new process would get sockets that the reload closes."""
        self.begin()
        self.service.changing.acquire()
        over = self.upgrading().ask()
        self.assertNoResult(over)
        self.service.state = ServiceState.DRAINING
        self.service.changing.release()
        failure = self.failureResultOf(over, CannotUpgrade)
        self.assertEqual(str(failure.value), "the service drains by now")

    def test_reload_that_does_not_end(self) -> None:
        """The upgrade fails at its deadline, and can be asked for again."""
        self.begin()
        self.service.changing.acquire()
        upgrading = self.upgrading()
        over = upgrading.ask()
        self.reactor.advance(self.service.config.service.upgrade_seconds)
        self.assertIn("a reload is not over yet", str(self.failureResultOf(over, CannotUpgrade).value))
        self.assertNoResult(upgrading.ask())

    def test_reload_waits_for_an_upgrade(self) -> None:
        """It would close sockets that the new process has got."""
        self.begin()
        self.service.changing.acquire()
        over = self.service.reload()
        self.reactor.advance(1)
        self.assertNoResult(over)
        self.service.changing.release()
        self.assertTrue(self.successResultOf(self.waited(over)).applied)

    def test_first_process_of_a_container(self) -> None:
        """Its end would end the new process too."""
        self.begin()
        self.patch(os, "getpid", lambda: 1)
        self.assertIn("the first process of a container", self.refusal())


class SignalTests(SignalCase):
    """Taken, obeyed and given back."""

    def test_making_the_service_takes_none(self) -> None:
        """Nor does starting it without the process around it: whoever embeds it keeps them."""
        self.service.privilegedStartService()
        self.service.startService()
        self.assertEqual(self.handlers(), self.former)

    def test_they_are_given_back(self) -> None:
        """Once the service has stopped."""
        self.begin()
        taken = self.handlers()
        self.successResultOf(self.process.stopService())
        self.assertEqual([taken[number] == self.former[number] for number in NUMBERS], [False] * 4)
        self.assertEqual(self.handlers(), self.former)

    def test_they_are_kept_through_the_drain(self) -> None:
        """A second signal must not meet the default, which kills."""
        self.begin()
        client = self.client()
        taken = self.handlers()
        over = self.process.stopService()
        self.assertEqual(self.handlers(), taken)
        client.lose()
        self.successResultOf(over)

    def test_hup_reads_again(self) -> None:
        """One reading."""
        self.begin()
        self.send(signal.SIGHUP)
        self.reactor.run_one()
        self.assertEqual(self.log.count("the configuration was read again"), 1)

    def test_usr2_asks_for_an_upgrade(self) -> None:
        """One upgrade; the signal's default would end the process."""
        asked: list[Deferred[int]] = []

        def ask() -> Deferred[int]:
            asked.append(Deferred())
            return asked[-1]

        self.process.upgrade = self.upgrading()
        self.patch(self.process.upgrade, "ask", ask)
        self.begin()
        self.send(signal.SIGUSR2)
        self.assertEqual(len(asked), 1)

    def test_usr2_without_a_command_line(self) -> None:
        """It is refused, as nobody knows how to start the process again."""
        self.begin()
        self.send(signal.SIGUSR2)
        self.assertEqual(self.log.count("upgrade refused: only a service that twistd"), 1)

    def test_term_stops_the_reactor_once(self) -> None:
        """The second signal cuts off, and says so."""
        self.begin()
        self.send(signal.SIGTERM)
        before = self.log.count("a second signal")
        self.send(signal.SIGINT)
        self.assertEqual((self.reactor.stops, before), (1, 0))
        self.assertEqual(self.log.count("a second signal: 0 sessions are cut off, 0 uploads among them"), 1)


class StartTests(SignalCase):
    """What an operator is told."""

    def test_port_in_use_is_a_line_and_status_1(self) -> None:
        """The text is all that is shown."""
        self.reactor.taken.add(PORT)
        problem = self.assertRaises(CannotStart, self.process.privilegedStartService)
        self.assertEqual((problem.code, str(problem).startswith("ftpd: cannot listen on tcp:2121")), (1, True))

    def test_root_is_refused(self) -> None:
        """Whoever starts as root, gives no --uid, and has not allowed it: a line that says what to do."""
        self.patch(os, "geteuid", lambda: 0)
        self.process = ServiceProcess(self.made(), cast(PosixReactorBase, self.reactor))  # see `setUp`
        self.process.privilegedStartService()
        problem = self.assertRaises(CannotStart, self.process.startService)
        self.assertIn("refused to serve as root", str(problem))
        # Either command may have started the service.
        self.assertIn("'ftpd-service print unit'", str(problem))
        self.assertIn("'twistd --uid USER", str(problem))

    def test_rights_that_are_given_up_in_time(self) -> None:
        """``--uid``: root opens the ports, and another user serves."""
        users = iter((0, 0))
        self.patch(os, "geteuid", lambda: next(users, 1000))
        service = self.made()
        self.process = ServiceProcess(service, cast(PosixReactorBase, self.reactor))  # see `setUp`
        self.process.privilegedStartService()
        users = iter(())
        self.process.startService()
        self.assertTrue(service.running)

    def test_root_that_is_allowed_is_warned_of(self) -> None:
        """In the log."""
        self.patch(os, "geteuid", lambda: 0)
        self.service = self.made(self.allowing())
        self.process = ServiceProcess(self.service, cast(PosixReactorBase, self.reactor))  # see `setUp`
        self.begin()
        self.assertEqual(self.log.count("running as root"), 1)

    def test_others_are_not(self) -> None:
        """Nothing is said to a user of its own."""
        self.patch(os, "geteuid", lambda: 1000)
        self.service = self.made()
        self.process = ServiceProcess(self.service, cast(PosixReactorBase, self.reactor))  # see `setUp`
        self.begin()
        self.assertEqual(self.log.count("running as root"), 0)


class RightsTests(ServiceCase):
    """``twistd --uid``: the service is made and its ports opened as root, and it runs as somebody else."""

    def begin(self) -> None:
        """Start with rights that are given up between opening the ports and serving."""
        self.user = 0
        self.patch(os, "geteuid", lambda: self.user)
        self.service = self.made()
        self.service.privilegedStartService()
        self.user = 1000

    def test_files_that_stay_readable(self) -> None:
        """The service starts."""
        self.begin()
        self.service.startService()
        self.assertTrue(self.service.running)

    def test_file_that_only_root_may_read(self) -> None:
        """It does not start, and the text says why: it could never be reloaded."""
        self.begin()
        self.problem = ConfigError("/etc/ftpd.yaml", [Problem(0, "", "cannot be read: Permission denied")])
        text = str(self.assertRaises(CannotServe, self.service.startService))
        self.assertIn("/etc/ftpd.yaml", text)
        self.assertIn("Permission denied", text)
        self.assertIn("runs with the user id 1000", text)

    def test_reload_says_so_too(self) -> None:
        """Where the files have changed later."""
        self.begin()
        self.service.startService()
        self.problem = ConfigError("/etc/ftpd.yaml", [Problem(0, "", "cannot be read: Permission denied")])
        self.reactor.run_until(self.service.reload())
        self.assertEqual(self.log.count("runs with the user id 1000, which must be able to read"), 1)


class TimedReactor(ReactorBase):
    """A reactor that has timed calls, and no descriptors."""

    def installWaker(self) -> None:
        """Have no waker."""


class SteadyClockTests(SynchronousTestCase):
    """The clock of the reactor's timed calls."""

    def test_timed_calls_do_not_follow_the_system_time(self) -> None:
        """That may be set while the service runs."""
        reactor = TimedReactor()
        use_steady_clock(reactor)
        self.patch(time, "time", lambda: 0.0)
        due = reactor.callLater(1000, lambda: None).getTime() - time.monotonic()
        self.assertTrue(900 < due <= 1000, due)

    def test_a_reactor_with_timed_calls_keeps_its_clock(self) -> None:
        """By the other clock they would be due at another time."""
        reactor = TimedReactor()
        reactor.callLater(1000, lambda: None)
        before = reactor.seconds
        use_steady_clock(reactor)
        self.assertIs(reactor.seconds, before)
