"""The service as a whole, in memory: start, reload, drain."""

from __future__ import annotations

import threading
from dataclasses import replace

from twisted.internet.address import IPv4Address

from ftpd_service.auth.settings import AuthSettings, PythonChecker
from ftpd_service.config.problems import ConfigError, Problem
from ftpd_service.config.schema import Config, LimitsSettings, ListenerSettings
from ftpd_service.listening import BACKLOG
from ftpd_service.running_service import CannotServe
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.reactor_delay import EVERY_SECONDS
from ftpd_service.service import FtpService
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.tls.certificates import LOOK_SECONDS
from ftpd_service.tls.settings import TlsSettings
from tests.memory_service import LISTENER, PORT, ServiceCase
from tests.tls.hands import pair

NEW = "the configuration was read again"
OLD = "the old configuration stays in force"


class StartTests(ServiceCase):
    """From nothing to a service."""

    def test_greets_on_every_listener(self) -> None:
        """Each has its banner's code."""
        other = ListenerSettings(endpoint="tcp:2122:interface=127.0.0.1")
        self.started(self.config(listeners=(LISTENER, other)))
        self.assertEqual([self.client(listener=number).codes() for number in (0, 1)], [[220], [220]])

    def test_ports_are_told(self) -> None:
        """Whoever embeds the service learns where it listens."""
        here = IPv4Address("TCP", "0.0.0.0", PORT)  # what a port of the memory reactor says
        self.assertEqual([port.getHost() for port in self.started().ports], [here])

    def test_ports_are_told_in_the_log(self) -> None:
        """As an operator would type them."""
        self.started()
        for call, arguments, keywords in self.reactor.whenRunningHooks:
            call(*arguments, **keywords)
        self.assertEqual(self.log.count(f"listening on 0.0.0.0:{PORT}"), 1)

    def test_as_many_may_wait_as_the_system_allows(self) -> None:
        """Twisted's 50 places are too few for all sites of an operator at once."""
        self.started()
        self.assertEqual([backlog for _, _, backlog, _ in self.reactor.tcpServers], [BACKLOG])

    def test_port_in_use(self) -> None:
        """The service does not start; the text names the listener."""
        self.reactor.taken.add(PORT)
        problem = self.assertRaises(CannotServe, self.made().privilegedStartService)
        self.assertIn(f"cannot listen on tcp:{PORT}:interface=127.0.0.1:", str(problem))

    def test_checker_that_cannot_be_made(self) -> None:
        """Nothing is made of such a configuration."""
        config = self.config(auth=AuthSettings(checkers=(PythonChecker(path="tests.nowhere:Checker"),)))
        self.assertRaises(PluginProblem, self.made, config)

    def test_warnings_are_logged(self) -> None:
        """With those of ``--check``."""
        self.started(self.config(warnings=("nobody can log in",)))
        self.assertEqual(self.log.count("nobody can log in"), 1)

    def test_login(self) -> None:
        """The account of the configuration, and its password."""
        self.started()
        self.assertEqual(self.client().log_in("alice", "secret"), 230)


class ReloadTests(ServiceCase):
    """The configuration is read again."""

    def setUp(self) -> None:
        super().setUp()
        self.read_on: list[threading.Thread] = []

    def read(self) -> Config:
        """Read the file, and remember the thread."""
        self.read_on.append(threading.current_thread())
        return super().read()

    def limited(self, sessions: int) -> Config:
        """A configuration with a cap on sessions."""
        return self.config(limits=LimitsSettings(sessions=sessions))

    def test_new_sessions_have_the_new_configuration(self) -> None:
        """The idle time of STAT is one of its values."""
        service = self.started()
        bob = {"bob": self.account("b")}
        self.reread(service, self.config(accounts=bob))
        self.assertEqual((self.client().log_in("bob", "b"), self.log.count(NEW)), (230, 1))

    def test_caps_are_the_new_ones(self) -> None:
        """They count at once: one more is let in, or no more."""
        service = self.started(self.limited(1))
        first = self.client()
        before = self.client().codes()
        self.reread(service, self.limited(2))
        after = self.client().codes()
        self.reread(service, self.limited(1))
        self.assertEqual((first.codes(), before, after, self.client().codes()), ([220], [421], [220], [421]))

    def test_caps_of_a_host_are_the_new_ones(self) -> None:
        """Likewise."""
        service = self.started(self.config(limits=LimitsSettings(sessions_per_host=1)))
        self.client()
        self.reread(service, self.config(limits=LimitsSettings(sessions_per_host=2)))
        self.assertEqual([self.client().codes() for _ in range(2)], [[220], [421]])

    def test_mistake_of_the_operator_is_a_line(self) -> None:
        """No traceback; nothing changes."""
        self.problem = ConfigError("ftpd.yaml", [Problem(3, "limits.sessions", "expected a number")])
        self.reactor.run_until(self.made().reload())
        self.assertEqual((self.log.count("ftpd.yaml:3: limits.sessions"), self.log.count(OLD)), (1, 1))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_fault_of_the_program_is_a_traceback(self) -> None:
        """Also where it is a ValueError, of which mistakes are made."""
        service = self.made()
        self.problem = ValueError("a bug")
        self.reactor.run_until(service.reload())
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.problem = None
        self.reread(service, self.files[0])
        self.assertEqual(self.log.count(NEW), 1)

    def test_checker_that_is_not_there(self) -> None:
        """A line, and the old accounts go on."""
        service = self.started()
        missing = AuthSettings(checkers=(PythonChecker(path="tests.nowhere:Checker"),))
        self.reread(service, self.config(auth=missing))
        self.assertEqual((self.log.count("tests.nowhere cannot be imported"), self.log.count(OLD)), (1, 1))
        self.assertEqual(self.client().log_in("alice", "secret"), 230)

    def test_checkers_that_cannot_be_made_change_nothing(self) -> None:
        """The constructor raises when everything else is read: caps, accounts and watchers stay."""
        service = self.started(self.limited(1))
        broken = AuthSettings(checkers=(PythonChecker(path="tests.test_service:refuse_to_be_made"),))
        self.reread(service, replace(self.limited(2), auth=broken))
        self.client()
        self.assertEqual((self.client().codes(), self.log.count(OLD)), ([421], 1))

    def test_constructors_run_on_the_thread_of_the_reactor(self) -> None:
        """They may use all of Twisted."""
        service = self.started()
        made_on.clear()
        checkers = AuthSettings(checkers=(PythonChecker(path="tests.test_service:refuse_to_be_made"),))
        self.reread(service, self.config(auth=checkers))
        self.assertEqual(made_on, [threading.current_thread()])

    def test_files_are_read_beside_the_reactor(self) -> None:
        """A slow disk holds up nobody."""
        self.reactor.run_until(self.made().reload())
        self.assertEqual(len(self.read_on), 1)
        self.assertNotIn(threading.current_thread(), self.read_on)

    def test_without_a_file(self) -> None:
        """There is nothing to read."""
        service = FtpService(self.files[0], None, self.reactor)  # type: ignore[arg-type]  # see `ServiceCase.made`
        self.successResultOf(service.reload())
        self.assertEqual(self.log.count("there is no configuration file"), 1)


made_on: list[threading.Thread] = []


def refuse_to_be_made() -> object:
    """A checker's constructor that fails."""
    made_on.append(threading.current_thread())
    raise RuntimeError("not today")


class ReadingsTests(ServiceCase):
    """Several reloads."""

    def setUp(self) -> None:
        super().setUp()
        self.service = self.made()
        self.readings = 0
        self.may_go_on = threading.Event()
        self.is_reading = threading.Event()
        self.addCleanup(self.may_go_on.set)

    def read(self) -> Config:
        """Read the file as it is now, slowly at first."""
        config = self.files[-1]
        self.readings += 1
        self.is_reading.set()
        self.may_go_on.wait(60)
        return config

    def test_last_file_wins(self) -> None:
        """A second signal while a large file is read: the file that was read last is in force."""
        first = self.service.reload()
        self.is_reading.wait(60)
        self.files.append(self.config(session=SessionSettings(idle_seconds=77.0)))
        second = self.service.reload()
        self.assertNoResult(second)
        self.may_go_on.set()
        self.reactor.run_until(second)
        self.assertTrue(first.called)
        self.assertEqual((self.readings, self.service._in_force.config.session.idle_seconds), (2, 77.0))

    def test_many_signals_are_one_more_reading(self) -> None:
        """However many come while one runs."""
        self.service.reload()
        self.is_reading.wait(60)
        others = [self.service.reload() for _ in range(20)]
        self.may_go_on.set()
        self.reactor.run_until(others[-1])
        self.assertEqual((self.readings, [other.called for other in others]), (2, [True] * 20))

    def test_one_after_the_other(self) -> None:
        """Once all are read, the next signal is a reading of its own."""
        self.may_go_on.set()
        for _ in range(3):
            self.reactor.run_until(self.service.reload())
        self.assertEqual(self.readings, 3)


class CertificateTests(ServiceCase):
    """Certificates are watched by one watcher, whatever is reloaded."""

    def secured(self, *names: str) -> Config:
        """A configuration with a certificate."""
        settings = TlsSettings(pair=pair(self.mktemp(), *names))
        return self.config(tls=settings, listeners=(replace(LISTENER, tls=ListenerTls.EXPLICIT),))

    def watchers(self) -> int:
        """How many looks at files are due; the measure of the reactor's delay comes more often."""
        now = self.reactor.seconds()
        return sum(EVERY_SECONDS < call.getTime() - now <= LOOK_SECONDS for call in self.reactor.getDelayedCalls())

    def test_reload_leaves_one_watcher(self) -> None:
        """The old one is stopped: it would read files that are no longer named."""
        service = self.started(self.secured("a.example"))
        before = self.watchers()
        for name in ("b.example", "c.example"):
            self.reread(service, self.secured(name))
        self.assertEqual((before, self.watchers()), (1, 1))

    def test_reload_without_certificates_leaves_none(self) -> None:
        """Likewise."""
        service = self.started(self.secured("a.example"))
        self.reread(service, self.config())
        self.assertEqual(self.watchers(), 0)

    def test_bad_certificate_keeps_the_old_one_and_its_watcher(self) -> None:
        """A line; nothing has changed."""
        service = self.started(self.secured("a.example"))
        broken = self.secured("b.example")
        assert broken.tls is not None and broken.tls.pair.private_key is not None
        with open(broken.tls.pair.private_key, "w") as file:
            file.write("no key")
        self.reread(service, broken)
        self.assertEqual((self.watchers(), self.log.count("holds no private key"), self.log.count(OLD)), (1, 1, 1))

    def test_stop_leaves_no_watcher(self) -> None:
        """Nothing of the service stays on the reactor."""
        service = self.started(self.secured("a.example"))
        self.reread(service, self.secured("b.example"))
        self.successResultOf(service.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])


class DrainTests(ServiceCase):
    """The service stops."""

    def test_ports_are_closed_and_idle_sessions_told(self) -> None:
        """421, and the service is over once they have gone."""
        service = self.started()
        client = self.client()
        client.codes()
        over = service.stopService()
        self.assertEqual((client.codes(), self.reactor.closed), ([421], [PORT]))
        self.assertNoResult(over)
        client.lose()
        self.successResultOf(over)

    def test_nothing_stays_on_the_reactor(self) -> None:
        """Also of sessions that had logged in."""
        service = self.started()
        client = self.client()
        client.log_in("alice", "secret")
        over = service.stopService()
        client.lose()
        self.successResultOf(over)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_delay_of_a_failed_login_does_not_stay(self) -> None:
        """Its client has left, and the service stops before it is over."""
        service = self.started()
        client = self.client()
        client.say("USER alice")
        client.send("PASS wrong")
        client.lose()
        self.successResultOf(service.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def busy(self) -> FtpService:
        """A service that drains, with one session that waits for its password's turn."""
        service = self.started()
        first, second = self.client(), self.client()
        for client in (first, second):
            client.say("USER alice")
            client.send("PASS wrong")
        self.over = service.stopService()
        self.assertNoResult(self.over)
        self.clients = (first, second)
        return service

    def test_second_signal_is_told(self) -> None:
        """How many sessions are cut off is in the log."""
        self.busy().cut_off("a second signal")
        self.assertEqual(self.log.count("a second signal: 2 sessions are cut off, 0 uploads among them"), 1)
        # They get a moment for their last reply.
        self.reactor.advance(1)
        self.assertEqual([client.transport.aborted for client in self.clients], [True, True])
        for client in self.clients:
            client.lose()
        self.successResultOf(self.over)

    def test_deadline_is_told(self) -> None:
        """Likewise."""
        self.busy()
        for client in self.clients:
            client.transport.aborted = False
        self.reactor.advance(30)
        self.assertEqual(self.log.count("limits.drain_timeout is over"), 1)
        for client in self.clients:
            client.lose()

    def test_idle_sessions_are_not_cut_off(self) -> None:
        """They were told 421 when the drain began, and their clients have not closed yet."""
        service = self.started()
        working, idle = self.client(), self.client()
        idle.log_in("alice", "secret")
        working.say("USER alice")
        working.send("PASS wrong")
        self.over = service.stopService()
        service.cut_off("a second signal")
        self.assertEqual(self.log.count("a second signal: 1 sessions are cut off, 0 uploads among them"), 1)
        self.reactor.advance(1)
        self.assertEqual([client.transport.aborted for client in (working, idle)], [True, True])
