"""The service stops: ports, idle sessions, deadlines."""

from __future__ import annotations

from ftpd_service.running_service import ServiceState
from ftpd_service.service import FtpService
from tests.memory_service import PORT, ServiceCase


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


class AskedDrainTests(ServiceCase):
    """A drain that an operator asks for."""

    def setUp(self) -> None:
        super().setUp()
        self.left = 0
        self.service = self.started()
        self.service.leave = self.leave
        self.working = self.client()
        self.working.say("USER alice")
        self.working.send("PASS wrong")

    def leave(self) -> None:
        """End the process, in name only."""
        self.left += 1

    def test_ports_are_closed_and_the_process_ends_with_the_sessions(self) -> None:
        """New clients are refused by the system."""
        self.service.drain()
        self.assertEqual((self.reactor.closed, self.left, self.service.state), ([PORT], 0, ServiceState.DRAINING))
        self.working.lose()
        self.assertEqual(self.left, 1)

    def test_keep_listening_answers_421(self) -> None:
        """A balancer learns by it; the ports stay open until the end."""
        self.service.drain(keep_listening=True)
        late = self.client()
        self.assertEqual((late.codes(), self.reactor.closed, self.left), ([421], [], 0))
        self.working.lose()
        self.assertEqual(self.left, 1)

    def test_the_deadline_is_the_callers(self) -> None:
        """It counts instead of limits.drain_timeout, also beyond that."""
        self.service.drain(keep_listening=True, seconds=100.0)
        self.reactor.advance(99)
        self.assertEqual(self.log.count("sessions are cut off"), 0)
        self.reactor.advance(1)
        self.assertEqual(self.log.count("the 100 s for running transfers are over"), 1)

    def test_a_second_drain_replaces_the_deadline(self) -> None:
        """The process ends once."""
        self.service.drain(keep_listening=True, seconds=1000.0)
        self.service.drain(seconds=5.0)
        self.assertEqual(self.reactor.closed, [PORT])
        self.reactor.advance(5)
        self.assertEqual(self.log.count("the 5 s for running transfers are over"), 1)

    def test_a_stop_after_it_closes_the_ports(self) -> None:
        """SIGTERM while a balancer still looks: the rest is as with any stop."""
        self.service.drain(keep_listening=True, seconds=1000.0)
        over = self.service.stopService()
        self.assertEqual(self.reactor.closed, [PORT])
        self.working.lose()
        self.successResultOf(over)
        self.assertEqual((self.left, self.reactor.getDelayedCalls()), (0, []))

    def test_without_a_process_around_it_the_service_stops(self) -> None:
        """The program that embeds it goes on."""
        self.service.leave = self.service.stopService
        self.service.drain()
        self.working.lose()
        self.reactor.advance(0)
        self.assertEqual((self.service.running, self.reactor.getDelayedCalls()), (0, []))
