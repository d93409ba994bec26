"""Reloads: everything of a configuration is put into force, or nothing."""

from __future__ import annotations

import threading
from dataclasses import replace

from twisted.internet.defer import Deferred

from ftpd_service.auth.settings import AuthSettings, PythonChecker
from ftpd_service.config.problems import ConfigError, Problem
from ftpd_service.config.schema import Config, LimitsSettings, ListenerSettings
from ftpd_service.control.proxied import ProxiedFactory
from ftpd_service.listening import Door
from ftpd_service.service import FtpService
from ftpd_service.session.settings import SessionSettings
from tests.memory_service import LISTENER, ServiceCase

NEW = "the configuration was read again"
OLD = "the old configuration stays in force"


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
        broken = AuthSettings(checkers=(PythonChecker(path="tests.test_reload:refuse_to_be_made"),))
        self.reread(service, replace(self.limited(2), auth=broken))
        self.client()
        self.assertEqual((self.client().codes(), self.log.count(OLD)), ([421], 1))

    def test_constructors_run_on_the_thread_of_the_reactor(self) -> None:
        """They may use all of Twisted."""
        service = self.started()
        made_on.clear()
        checkers = AuthSettings(checkers=(PythonChecker(path="tests.test_reload:refuse_to_be_made"),))
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


class ListenerTests(ServiceCase):
    """Listeners come and go with a reload."""

    OTHER = ListenerSettings(endpoint="tcp:2122:interface=127.0.0.1")

    def test_a_new_listener_is_opened(self) -> None:
        """Clients are greeted there at once."""
        service = self.started()
        self.reread(service, self.config(listeners=(LISTENER, self.OTHER)))
        self.assertEqual((self.client(listener=1).codes(), self.reactor.closed), ([220], []))

    def test_a_listener_that_is_gone_closes_its_port_alone(self) -> None:
        """Its sessions go on, and end with the service."""
        service = self.started(self.config(listeners=(LISTENER, self.OTHER)))
        client = self.client(listener=1)
        self.reread(service, self.config())
        self.assertEqual((client.log_in("alice", "secret"), self.reactor.closed), (230, [2122]))
        service.stopService()
        self.assertEqual(client.codes(), [421])

    def test_a_port_that_cannot_be_opened_changes_nothing(self) -> None:
        """Nor do the settings beside it; the ports that were opened before it are closed again."""
        service = self.started()
        self.reactor.taken.add(2123)
        taken = ListenerSettings(endpoint="tcp:2123:interface=127.0.0.1")
        refused = self.config(listeners=(LISTENER, self.OTHER, taken), limits=LimitsSettings(sessions=0))
        self.reread(service, refused)
        self.assertEqual((self.client().codes(), self.reactor.closed, self.log.count(OLD)), ([220], [2122], 1))
        self.assertEqual(self.log.count("cannot listen on tcp:2123"), 1)

    def test_a_listener_at_the_same_address_takes_the_port(self) -> None:
        """It is never closed; later clients need the header of a proxy, and the sessions before go on."""
        service = self.started()
        client = self.client()
        self.reread(service, self.config(listeners=(ListenerSettings(endpoint=f"haproxy:{LISTENER.endpoint}"),)))
        self.assertEqual((self.reactor.closed, len(self.reactor.tcpServers)), ([], 1))
        door = self.reactor.tcpServers[0][1]
        assert isinstance(door, Door)
        self.assertIsInstance(door.to, ProxiedFactory)
        self.assertEqual(client.log_in("alice", "secret"), 230)

    def test_listeners_exchange_their_ports(self) -> None:
        """Each takes the port that is there."""
        proxied, plain = f"haproxy:{LISTENER.endpoint}", self.OTHER.endpoint
        service = self.started(self.config(listeners=tuple(ListenerSettings(endpoint=one) for one in (proxied, plain))))
        changed = (ListenerSettings(endpoint=LISTENER.endpoint), ListenerSettings(endpoint=f"haproxy:{plain}"))
        self.reread(service, self.config(listeners=changed))
        self.assertEqual((self.reactor.closed, self.client().codes()), ([], [220]))

    def test_a_taken_port_is_given_back_by_an_undo(self) -> None:
        """The former factory accepts as before, and the port stays open."""
        service = self.started()
        self.reactor.taken.add(2122)
        changed = (ListenerSettings(endpoint=f"haproxy:{LISTENER.endpoint}"), self.OTHER)
        self.reread(service, self.config(listeners=changed))
        self.assertEqual((self.reactor.closed, self.client().codes(), self.log.count(OLD)), ([], [220], 1))

    def test_a_dry_run_applies_nothing(self) -> None:
        """Its result has no mistake; neither accounts nor ports change."""
        service = self.started()
        free = ListenerSettings(endpoint="tcp:0:interface=127.0.0.1")
        self.files.append(self.config(accounts={"bob": self.account("b")}, listeners=(LISTENER, free)))
        result = self.successResultOf(self.waited(service.reload(dry_run=True)))
        self.assertEqual((result.applied, result.mistakes, len(self.reactor.tcpServers)), (False, (), 1))
        self.assertEqual(self.client().log_in("alice", "secret"), 230)

    def test_a_dry_run_tells_mistakes(self) -> None:
        """They are not in the log: its caller alone asked."""
        service = self.started()
        self.problem = ConfigError("ftpd.yaml", [Problem(3, "limits.sessions", "expected a number")])
        result = self.successResultOf(self.waited(service.reload(dry_run=True)))
        self.assertEqual(result.mistakes, ("ftpd.yaml:3: limits.sessions: expected a number",))
        self.assertEqual(self.log.count("limits.sessions"), 0)

    def test_no_reload_during_a_drain(self) -> None:
        """The result says why."""
        service = self.started()
        self.client()
        service.stopService()
        result = self.successResultOf(self.waited(service.reload()))
        self.assertEqual(result.mistakes, ("the service is draining, and takes no other configuration",))

    def test_no_reload_while_a_drain_closes_the_ports(self) -> None:
        """Its ports would stay open."""
        service = self.started()
        self.hold_open(service)
        service.drain()
        result = self.successResultOf(self.waited(service.reload()))
        self.assertEqual(result.mistakes, ("the service is draining, and takes no other configuration",))

    def test_no_reload_while_a_stop_closes_the_ports(self) -> None:
        """Likewise."""
        service = self.started()
        self.hold_open(service)
        service.stopService()
        result = self.successResultOf(self.waited(service.reload()))
        self.assertEqual(result.mistakes, ("the service is draining, and takes no other configuration",))

    def hold_open(self, service: FtpService) -> None:
        """Have the port of the service take its time to close, as a real one does."""
        (port,) = service.ports
        port.stopListening = Deferred  # type: ignore[method-assign]  # the test's own port

    def test_the_result_of_a_reload(self) -> None:
        """Its caller learns whether it was applied, and of the mistakes."""
        service = self.started()
        good = self.successResultOf(self.waited(service.reload()))
        self.problem = ConfigError("ftpd.yaml", [Problem(3, "limits.sessions", "expected a number")])
        bad = self.successResultOf(self.waited(service.reload()))
        mistake = "ftpd.yaml:3: limits.sessions: expected a number"
        self.assertEqual((good.applied, good.mistakes, bad.applied, bad.mistakes), (True, (), False, (mistake,)))


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
