"""The control connection: its octets, its timers and its end."""

from __future__ import annotations

import socket

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from ftpd_service.control.settings import ControlSettings
from ftpd_service.errors import LoginRefused, NotFound, TransferAborted
from ftpd_service.events import SessionEnded, SessionStarted, TransferFinished
from ftpd_service.session.settings import SessionSettings
from ftpd_service.testing.dialogue import Dialogue, MemoryTransport
from tests.cases import SynchronousTestCase
from tests.commands.held_up import slow
from tests.commands.sessions import logged_in, transferring
from tests.wire.strategies import cut

SCRIPT = (
    b"USER alice\r\nPASS secret\nNOOP\r\n\xff\xfb\x01\xff\xfd\x03SYST\r\n\r\nMKD \xff\xff\r\nMKD a\r\0\nb\r\n"
    b"XY\0Z\r\n" + b"X" * 9000 + b"\r\nEPSV\r\n\xff\xf4\xff\xf2ABOR\r\nCWD \xc3\xa9\r\nFEAT x\r\nQUIT\r\nNOOP\r\n"
)


class SocketTransport(MemoryTransport):
    """A transport that has a socket, one end of a pair; the test holds the other as the client."""

    handle: socket.socket

    def getHandle(self) -> socket.socket:
        """The server's end."""
        return self.handle


class SocketDialogue(Dialogue):
    """A session whose transport has a socket."""

    def __init__(self, handle: socket.socket) -> None:
        self._handle = handle
        super().__init__()

    def _transport(self, peer: str, local: str) -> MemoryTransport:
        below = super()._transport(peer, local)
        transport = SocketTransport(below.getHost(), below.getPeer())
        transport.handle = self._handle
        return transport


def answers(data: bytes, cuts: list[int]) -> bytes:
    """Everything that a session writes when these octets arrive in such pieces."""
    dialogue = Dialogue()
    for piece in cut(data, cuts):
        dialogue.send(piece)
    return dialogue.transport.written()


class OctetTests(SynchronousTestCase):
    """From octets to lines and back."""

    @settings(deadline=None, max_examples=60)
    @given(cuts=st.lists(st.integers(0, len(SCRIPT)), max_size=30))
    def test_any_cut_gives_the_same_replies(self, cuts: list[int]) -> None:
        """Segments carry no meaning (RFC 1123 section 4.1.2.13)."""
        self.assertEqual(answers(SCRIPT, cuts), answers(SCRIPT, []))

    def test_one_byte_at_a_time_gives_the_same_replies(self) -> None:
        """The finest cut."""
        self.assertEqual(answers(SCRIPT, list(range(len(SCRIPT)))), answers(SCRIPT, []))

    def test_a_megabyte_without_line_end_is_one_500(self) -> None:
        """And the next command works."""
        dialogue = logged_in()
        dialogue.codes()
        for _ in range(16):
            dialogue.send(b"x" * 65536)
        dialogue.send(b"\r\nNOOP\r\n")
        self.assertEqual(dialogue.codes(), [500, 200])

    def test_a_line_at_the_cap_is_taken(self) -> None:
        """Its end does not count."""
        dialogue = Dialogue(control=ControlSettings(line_bytes=100))
        dialogue.say("NOOP " + "x" * 95, 200)

    def test_a_line_above_the_cap_is_500(self) -> None:
        """One octet more."""
        dialogue = Dialogue(control=ControlSettings(line_bytes=100))
        dialogue.say("NOOP " + "x" * 96, 500)

    def test_the_configured_line_ends_are_taken(self) -> None:
        """Where they are strict, a bare LF is an octet of the line."""
        dialogue = Dialogue(control=ControlSettings(strict_line_ends=True))
        dialogue.codes()
        dialogue.send(b"NOOP\nNOOP\r\n")
        self.assertEqual(len(dialogue.codes()), 1)

    @settings(deadline=None, max_examples=100)
    @given(data=st.binary(max_size=300))
    def test_binary_garbage_leaves_the_session_working(self, data: bytes) -> None:
        """Whatever it was, the next login is answered, or 421 was the last word."""
        dialogue = Dialogue()
        dialogue.send(data + b"\xff\xf0\r\n\r\n")
        dialogue.replies()
        dialogue.send(b"SYST\r\n")
        if not dialogue.closed:
            self.assertEqual(dialogue.codes()[-1:], [215])

    def test_do_is_answered_wont_once(self) -> None:
        """RFC 1123 section 4.1.2.12: options are refused, and no negotiation is started."""
        dialogue = Dialogue()
        before = dialogue.transport.written()
        dialogue.send(b"\xff\xfd\x03\xff\xfd\x03NOOP\r\n")
        self.assertEqual(dialogue.transport.written().removeprefix(before), b"\xff\xfc\x03200 OK\r\n")

    def test_will_is_answered_dont(self) -> None:
        """RFC 1123 section 4.1.2.12."""
        dialogue = Dialogue()
        before = dialogue.transport.written()
        dialogue.send(b"\xff\xfb\x01NOOP\r\n")
        self.assertEqual(dialogue.transport.written().removeprefix(before), b"\xff\xfe\x01200 OK\r\n")

    def test_every_line_ends_with_crlf(self) -> None:
        """Of a multi-line reply too (RFC 959 section 4.2)."""
        dialogue = Dialogue()
        dialogue.send(b"FEAT\r\nHELP\r\n")
        self.assertEqual(dialogue.transport.written().replace(b"\r\n", b"").count(b"\n"), 0)

    def test_urgent_bytes_are_read_in_their_place(self) -> None:
        """Ftplib sends the LF of ABOR as urgent data."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        SocketDialogue(ours)
        self.assertEqual(ours.getsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE), 1)


class IdleTests(SynchronousTestCase):
    """The idle timer."""

    def test_a_quiet_session_is_ended_with_421(self) -> None:
        """The text tells how long it was quiet."""
        dialogue = logged_in(settings=SessionSettings(idle_seconds=300))
        dialogue.clock.advance(299)
        self.assertFalse(dialogue.closed)
        dialogue.codes()
        dialogue.clock.advance(1)
        self.assertEqual(dialogue.replies(), ["421 Idle timeout (300 seconds): closing control connection."])
        self.assertTrue(dialogue.closed)

    def test_the_default_is_fifteen_minutes(self) -> None:
        """RFC 1123 section 4.1.3.2 wants five at least."""
        dialogue = logged_in()
        dialogue.clock.advance(899)
        self.assertFalse(dialogue.closed)
        dialogue.clock.advance(1)
        self.assertTrue(dialogue.closed)

    def test_every_command_begins_it_anew(self) -> None:
        """NOOP too, and one that is refused."""
        dialogue = logged_in()
        dialogue.clock.advance(800)
        dialogue.say("XYZZY", 500)
        dialogue.clock.advance(899)
        dialogue.say("NOOP", 200)
        dialogue.clock.advance(899)
        self.assertFalse(dialogue.closed)

    def test_an_empty_line_does_not(self) -> None:
        """It is no command."""
        dialogue = logged_in()
        dialogue.clock.advance(800)
        dialogue.say("")
        dialogue.clock.advance(100)
        self.assertTrue(dialogue.closed)

    def test_a_transfer_is_not_idle(self) -> None:
        """However long it takes (RFC 1123 section 4.1.3.2)."""
        dialogue, go_on = transferring("RETR f")
        dialogue.clock.pump([500] * 20)
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226])

    def test_the_time_begins_at_the_end_of_a_transfer(self) -> None:
        """From zero."""
        dialogue, go_on = transferring("RETR f")
        dialogue.clock.advance(1000)
        go_on.callback(None)
        dialogue.clock.advance(899)
        self.assertFalse(dialogue.closed)
        dialogue.clock.advance(1)
        self.assertTrue(dialogue.closed)

    def test_a_transfer_that_is_cut_is_426_before_the_last_word(self) -> None:
        """Whatever its adapter makes of the cancellation; here its client takes no replies."""
        dialogue, _ = transferring("RETR f")
        held: Deferred[None] = Deferred(lambda waiting: waiting.errback(TransferAborted("given up")))
        dialogue.data.waiting = held
        dialogue.say("ABOR", 426, 226)
        dialogue.say("EPSV", 229)
        dialogue.say("RETR f", 150)
        dialogue.take_nothing()
        dialogue.clock.advance(900)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([426, 421], True))

    def test_a_verb_that_makes_an_error_of_its_end_is_answered_by_the_last_word(self) -> None:
        """An adapter may turn its cancellation into an error; here a storage at the deadline of a drain."""
        dialogue, storage = slow()
        storage.looking_up = Deferred(lambda waiting: waiting.errback(NotFound("given up")))
        dialogue.say("SIZE f")
        dialogue.factory.drop_all()
        self.assertEqual((dialogue.codes(), dialogue.closed), ([421], True))

    def test_a_verb_that_answers_in_spite_of_its_end_is_followed_by_the_last_word(self) -> None:
        """A checker that takes its cancellation for a refusal when the time for the login is over."""
        dialogue = Dialogue()
        dialogue.login.waiting = Deferred(lambda waiting: waiting.errback(LoginRefused("given up")))
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret")
        dialogue.clock.advance(60)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([530, 421], True))

    def test_site_idle_lowers_it(self) -> None:
        """For this session, at once."""
        dialogue = logged_in()
        dialogue.say("SITE IDLE 10", 200)
        dialogue.clock.advance(10)
        self.assertTrue(dialogue.closed)


class LossTests(SynchronousTestCase):
    """The connection is gone."""

    def test_a_running_upload_is_not_committed(self) -> None:
        """The former file stays."""
        dialogue, _ = transferring("STOR f")
        dialogue.lose(Failure(ConnectionLost()))
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_a_running_transfer_is_aborted(self) -> None:
        """And its data connection ended."""
        dialogue, _ = transferring("RETR f")
        dialogue.lose(Failure(ConnectionLost()))
        self.assertEqual([event.outcome for event in dialogue.recorder.of(TransferFinished)], ["aborted"])
        self.assertEqual((dialogue.data.finished, dialogue.data.resets), (1, 1))

    def test_quit_does_not_save_a_transfer(self) -> None:
        """Nobody is there to be answered."""
        dialogue, _ = transferring("STOR f")
        dialogue.say("QUIT")
        dialogue.lose(Failure(ConnectionLost()))
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_what_waits_is_dropped(self) -> None:
        """Unexecuted."""
        dialogue, _ = transferring("RETR f")
        dialogue.say("DELE f")
        dialogue.lose(Failure(ConnectionLost()))
        self.assertEqual(dialogue.memory.names(), ["f"])

    def test_a_slow_checker_is_given_up(self) -> None:
        """And its late answer logs nobody in."""
        dialogue = Dialogue()
        cancelled: list[Deferred[None]] = []
        dialogue.login.waiting = Deferred(cancelled.append)
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret")
        dialogue.lose()
        self.assertEqual((len(cancelled), dialogue.session.account_name), (1, None))

    def test_the_session_leaves_the_registry_when_all_is_given_back(self) -> None:
        """And no timer is left behind."""
        dialogue, _ = transferring("RETR f")
        dialogue.lose()
        self.assertEqual((len(dialogue.sessions), dialogue.clock.getDelayedCalls()), (0, []))

    def test_begin_and_end_are_reported(self) -> None:
        """With the seconds between them, who it was, and why it ended."""
        dialogue = logged_in()
        dialogue.clock.advance(7)
        dialogue.lose()
        (started,), (ended,) = dialogue.recorder.of(SessionStarted), dialogue.recorder.of(SessionEnded)
        self.assertEqual(started.session, ended.session)
        self.assertEqual((ended.seconds, ended.account, ended.reason), (7.0, "alice", "client left"))

    def test_a_reset_is_told_apart(self) -> None:
        """In the reason."""
        dialogue = logged_in()
        dialogue.lose(Failure(ConnectionLost()))
        self.assertEqual([event.reason for event in dialogue.recorder.of(SessionEnded)], ["connection lost"])

    def test_after_the_last_word_the_client_has_some_seconds_to_close(self) -> None:
        """Closing with unread input would destroy that word on its way."""
        dialogue = logged_in()
        dialogue.say("QUIT", 221)
        dialogue.clock.advance(4)
        self.assertFalse(dialogue.transport.disconnecting)
        dialogue.clock.advance(1)
        self.assertTrue(dialogue.transport.disconnecting)

    def test_what_comes_after_the_last_word_is_thrown_away(self) -> None:
        """Neither answered nor kept."""
        dialogue = logged_in()
        dialogue.say("QUIT", 221)
        dialogue.say("DELE f")


class KilledClientTests(SynchronousTestCase):
    """A killed client ends both its connections cleanly."""

    def setUp(self) -> None:
        """An upload that is nearly over, on a control connection with a socket."""
        ours, self.client = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(self.client.close)
        ours.setblocking(False)
        self.dialogue = SocketDialogue(ours)
        self.dialogue.log_in()
        self.dialogue.memory.put("/f", b"former")
        self.dialogue.say("EPSV", 229)
        self.go_on: Deferred[None] = Deferred()
        self.dialogue.data.waiting = self.go_on
        self.dialogue.data.incoming = b"half of"
        self.dialogue.say("STOR f", 150)

    def test_its_upload_is_not_committed(self) -> None:
        """The end of the control connection is looked for before each commit."""
        self.client.close()
        self.go_on.callback(None)
        self.assertEqual((self.dialogue.codes(), self.dialogue.memory.content("/f")), ([426], b"former"))

    def test_a_living_clients_upload_is(self) -> None:
        """Whether it has said more or not."""
        self.client.send(b"NOOP\r\n")
        self.go_on.callback(None)
        self.assertEqual((self.dialogue.codes(), self.dialogue.memory.content("/f")), ([226], b"half of"))

    def test_a_silent_clients_upload_is(self) -> None:
        """There is nothing to be read."""
        self.go_on.callback(None)
        self.assertEqual(self.dialogue.codes(), [226])

    def test_an_upload_before_quit_is(self) -> None:
        """The client has said goodbye and closed."""
        self.dialogue.say("QUIT")
        self.client.close()
        self.go_on.callback(None)
        self.assertEqual(self.dialogue.codes(), [226, 221])
