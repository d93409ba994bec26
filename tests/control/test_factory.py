"""Who is let in, and how a service that stops ends its sessions."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol

from ftpd_service.control.connection import ControlConnection
from ftpd_service.control.settings import ControlSettings
from ftpd_service.events import Refused, SessionEnded, SessionRefused, SessionStarted
from ftpd_service.policy.connections import Connections
from ftpd_service.testing.dialogue import Dialogue, MemoryTransport
from tests.cases import SynchronousTestCase
from tests.commands.held_up import slow
from tests.commands.sessions import logged_in, transferring


class Caller:
    """A further client of a dialogue's factory."""

    def __init__(self, dialogue: Dialogue, host: str = "192.0.2.1") -> None:
        self.transport = MemoryTransport(IPv4Address("TCP", "192.0.2.7", 21), IPv4Address("TCP", host, 40001))
        self.connection: ControlConnection = dialogue.factory.buildProtocol(None)
        Protocol.makeConnection(self.connection, self.transport)

    def code(self) -> bytes:
        """The code of what it was greeted with."""
        return self.transport.written()[:3]


class CapTests(SynchronousTestCase):
    """Caps on sessions (RFC 2577 section 5)."""

    def test_as_many_as_allowed_are_let_in(self) -> None:
        """The boundary itself."""
        dialogue = Dialogue(connections=Connections(2, None))
        self.assertEqual(Caller(dialogue).code(), b"220")

    def test_one_more_is_421_and_closed(self) -> None:
        """And is not greeted."""
        caller = Caller(Dialogue(connections=Connections(1, None)))
        self.assertEqual((caller.code(), caller.transport.disconnecting), (b"421", True))

    def test_one_more_is_reported_with_the_cap(self) -> None:
        """And no session began."""
        dialogue = Dialogue(connections=Connections(1, None))
        Caller(dialogue)
        self.assertEqual(
            [event.reason for event in dialogue.recorder.of(SessionRefused)], ["limits.sessions: 1 are open"]
        )
        self.assertEqual(len(dialogue.recorder.of(SessionStarted)), 1)

    def test_a_host_has_a_cap_of_its_own(self) -> None:
        """The next one from there is turned away."""
        self.assertEqual(Caller(Dialogue(connections=Connections(9, 1))).code(), b"421")

    def test_another_host_is_let_in(self) -> None:
        """The cap is each host's."""
        self.assertEqual(Caller(Dialogue(connections=Connections(9, 1)), "192.0.2.2").code(), b"220")

    def test_a_network_of_ipv6_is_one_host(self) -> None:
        """So 400 addresses of one /64 have the places of one address (``limits.ipv6_prefix``)."""
        dialogue = Dialogue(connections=Connections(9, 1))
        Caller(dialogue, "2001:db8::1")
        self.assertEqual(Caller(dialogue, "2001:db8::ffff:2").code(), b"421")

    def test_an_ipv6_host_that_left_makes_room(self) -> None:
        """It is counted out under the key that it was counted in by."""
        dialogue = Dialogue(connections=Connections(9, 1))
        first = Caller(dialogue, "2001:db8::1")
        first.connection.connectionLost()
        self.assertEqual(Caller(dialogue, "2001:db8::2").code(), b"220")

    def test_a_longer_prefix_tells_ipv6_hosts_apart(self) -> None:
        """``limits.ipv6_prefix: 128`` counts single addresses."""
        dialogue = Dialogue(connections=Connections(9, 1), control=ControlSettings(ipv6_prefix=128))
        Caller(dialogue, "2001:db8::1")
        self.assertEqual(Caller(dialogue, "2001:db8::2").code(), b"220")

    def test_a_mapped_address_is_the_same_host(self) -> None:
        """IPv6 listeners see IPv4 clients so."""
        dialogue = Dialogue(connections=Connections(9, 1))
        self.assertEqual(Caller(dialogue, "::ffff:192.0.2.1").code(), b"421")

    def test_who_leaves_makes_room(self) -> None:
        """Exactly once."""
        dialogue = Dialogue(connections=Connections(1, 1))
        dialogue.lose()
        self.assertEqual((Caller(dialogue).code(), Caller(dialogue).code()), (b"220", b"421"))

    def test_who_was_turned_away_leaves_nothing(self) -> None:
        """Neither in the count nor in the registry."""
        connections = Connections(1, None)
        dialogue = Dialogue(connections=connections)
        caller = Caller(dialogue)
        caller.connection.dataReceived(b"USER alice\r\n")
        caller.connection.connectionLost()
        self.assertEqual((len(connections), len(dialogue.sessions)), (1, 1))

    def test_sessions_have_names_of_their_own(self) -> None:
        """No two in one process."""
        dialogue = Dialogue()
        Caller(dialogue)
        self.assertEqual(len({event.session for event in dialogue.recorder.of(SessionStarted)}), 2)


class DrainTests(SynchronousTestCase):
    """The service stops."""

    def test_without_sessions_it_is_done_at_once(self) -> None:
        """There is nothing to wait for."""
        dialogue = Dialogue()
        dialogue.lose()
        self.successResultOf(dialogue.factory.drain())

    def test_an_idle_session_is_told_421(self) -> None:
        """At once."""
        dialogue = logged_in()
        dialogue.codes()
        dialogue.factory.drain()
        self.assertEqual((dialogue.codes(), dialogue.closed), ([421], True))

    def test_it_is_done_when_the_last_session_is_gone(self) -> None:
        """And not before."""
        dialogue = logged_in()
        drained = dialogue.factory.drain()
        self.assertNoResult(drained)
        dialogue.lose()
        self.successResultOf(drained)

    def test_a_running_transfer_ends_first(self) -> None:
        """Then comes 421."""
        dialogue, go_on = transferring("STOR f")
        dialogue.factory.drain()
        self.assertFalse(dialogue.closed)
        go_on.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([226, 421], True))
        self.assertEqual(dialogue.memory.content("/f"), b"new content")

    def test_what_was_asked_before_is_answered(self) -> None:
        """In its order."""
        dialogue, go_on = transferring("RETR f")
        dialogue.say("NOOP")
        dialogue.factory.drain()
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226, 200, 421])

    def test_a_login_that_runs_is_answered_first(self) -> None:
        """Then comes 421."""
        dialogue = Dialogue()
        answered: Deferred[None] = Deferred()
        dialogue.login.waiting = answered
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret")
        dialogue.factory.drain()
        answered.callback(None)
        self.assertEqual(dialogue.codes(), [230, 421])

    def test_nobody_is_let_in_any_more(self) -> None:
        """421 instead of the greeting."""
        dialogue = logged_in()
        dialogue.factory.drain()
        self.assertEqual(Caller(dialogue).code(), b"421")

    def test_at_the_deadline_a_transfer_is_426_then_421(self) -> None:
        """Nothing of a hidden upload is kept; a client that does not close is cut off soon."""
        dialogue, _ = transferring("STOR f")
        dialogue.codes()
        drained = dialogue.factory.drain()
        dialogue.factory.drop_all()
        self.assertEqual((dialogue.codes(), dialogue.closed, dialogue.transport.aborted), ([426, 421], True, False))
        dialogue.clock.advance(1)
        self.assertEqual((dialogue.transport.aborted, dialogue.data.hurried), (True, False))
        dialogue.lose()
        self.assertTrue(dialogue.data.hurried)
        self.successResultOf(drained)
        self.assertEqual(dialogue.clock.getDelayedCalls(), [])
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_at_the_deadline_the_log_blames_no_client(self) -> None:
        """The refusal and the end of the session both say that the service stops."""
        dialogue, _ = transferring("STOR f")
        dialogue.factory.drain()
        dialogue.factory.drop_all()
        dialogue.lose()
        refused, ended = dialogue.recorder.of(Refused), dialogue.recorder.of(SessionEnded)
        reason = "421 Service is shutting down, closing control connection"
        self.assertEqual([event.reason for event in refused], [f"Transfer aborted: {reason}"])
        self.assertEqual([event.reason for event in ended], [f"answered {reason}"])

    def test_an_abort_of_the_client_has_no_such_reason(self) -> None:
        """The command says it all."""
        dialogue, _ = transferring("RETR f")
        dialogue.say("ABOR", 426, 226)
        self.assertEqual([event.reason for event in dialogue.recorder.of(Refused)], ["Transfer aborted"])

    def test_at_the_deadline_a_login_that_runs_is_421(self) -> None:
        """It has no preliminary reply: one reply ends it."""
        dialogue = Dialogue()
        dialogue.login.waiting = Deferred()
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret")
        dialogue.factory.drain()
        dialogue.factory.drop_all()
        self.assertEqual((dialogue.codes(), dialogue.closed), ([421], True))

    def test_at_the_deadline_a_commit_is_not_cut(self) -> None:
        """It is past the point of no return, and is answered if it ends soon; else the client is cut off."""
        dialogue, storage = slow()
        dialogue.say("STOR f", 150)
        dialogue.factory.drain()
        dialogue.factory.drop_all()
        self.assertEqual(dialogue.codes(), [])
        storage.committing.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([226, 421], True))
        dialogue.clock.advance(1)
        self.assertTrue(dialogue.transport.aborted)

    def test_at_the_deadline_a_client_that_was_told_before_is_cut_off(self) -> None:
        """It has had its time to close, its data connections too."""
        dialogue = logged_in()
        dialogue.factory.drain()
        dialogue.factory.drop_all()
        self.assertTrue(dialogue.transport.aborted and dialogue.data.hurried)
