"""Commands that wait because their session has sent too many in a second (``limits.commands_per_second``)."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.policy.per_second import CommandRate
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fake_tls import FakeTls
from tests.cases import SynchronousTestCase

SETTINGS = SessionSettings(tls=ListenerTls.EXPLICIT, tls_available=True)


class PacedTests(SynchronousTestCase):
    """Four commands a second."""

    def setUp(self) -> None:
        """A session that has used up nothing of its second."""
        self.rate = CommandRate(4)
        self.dialogue = Dialogue(settings=SETTINGS, command_rate=self.rate, tls=FakeTls())
        self.dialogue.log_in()
        self.dialogue.clock.advance(1)

    def sent(self, data: bytes) -> list[int]:
        """The codes that some bytes get at once."""
        self.dialogue.replies()
        self.dialogue.send(data)
        return self.dialogue.codes()

    def later(self, seconds: float) -> list[int]:
        """The codes that have come after a while."""
        self.dialogue.clock.advance(seconds)
        return self.dialogue.codes()

    def test_as_many_as_allowed_are_answered_at_once(self) -> None:
        """The boundary itself."""
        self.assertEqual(self.sent(b"NOOP\r\n" * 4), [200] * 4)

    def test_one_more_waits_for_its_part_of_the_second(self) -> None:
        """It is not refused."""
        self.assertEqual(self.sent(b"NOOP\r\n" * 5), [200] * 4)
        self.assertEqual(self.later(0.1875), [])
        self.assertEqual(self.later(0.0625), [200])

    def test_a_flood_is_answered_at_the_rate(self) -> None:
        """All of it, in order, one in each quarter of a second."""
        self.sent(b"NOOP\r\n" * 23 + b"PWD\r\n")
        codes = [self.later(0.25) for _ in range(20)]
        self.assertEqual(codes, [[200]] * 19 + [[257]])

    def test_a_flood_stops_reading(self) -> None:
        """So that the rest stays with the client, and costs the server nothing."""
        self.sent(b"NOOP\r\n" * 5)
        self.dialogue.send(b"NOOP\r\n")
        self.assertEqual(self.dialogue.transport.producerState, "paused")
        self.later(0.25)
        self.later(0.25)
        self.assertEqual(self.dialogue.transport.producerState, "producing")

    def test_malformed_lines_wait_too(self) -> None:
        """Each costs as much as a command."""
        self.assertEqual(self.sent(b"*?!\r\n" * 5), [500] * 4)
        self.assertEqual(self.later(0.25), [500])

    def test_lines_that_are_too_long_wait_too(self) -> None:
        """They are answered like commands."""
        self.assertEqual(self.sent((b"x" * 9000 + b"\r\n") * 5), [500] * 4)

    def test_commands_before_the_login_wait_too(self) -> None:
        """The limit is each session's."""
        dialogue = Dialogue(command_rate=self.rate)
        dialogue.replies()
        dialogue.send(b"NOOP\r\n" * 5)
        self.assertEqual(dialogue.codes(), [200] * 4)

    def test_another_session_does_not_wait(self) -> None:
        """Each session has its own second."""
        self.sent(b"NOOP\r\n" * 5)
        other = Dialogue(command_rate=self.rate)
        other.log_in()

    def test_commands_under_tls_wait_too(self) -> None:
        """Behind the handshake as before it."""
        self.dialogue.secure()
        self.dialogue.clock.advance(1)
        self.assertEqual(self.sent(b"NOOP\r\n" * 5), [200] * 4)
        self.assertEqual(self.later(0.25), [200])

    def test_commands_that_waited_for_a_verb_do_not_wait_again(self) -> None:
        """A client that says NOOP each second of a long upload is answered at once at its end."""
        held: Deferred[None] = Deferred()
        self.dialogue.data.waiting = held
        self.dialogue.say("EPSV", 229)
        self.dialogue.say("LIST", 150)
        for _ in range(30):
            self.dialogue.clock.advance(1)
            self.dialogue.send(b"NOOP\r\n")
        self.dialogue.replies()
        held.callback(None)
        self.assertEqual(self.dialogue.codes(), [226] + [200] * 30)

    def test_abor_is_seen_while_a_verb_runs(self) -> None:
        """It takes a place of its second, as any line."""
        self.dialogue.data.waiting = Deferred()
        self.dialogue.say("EPSV", 229)
        self.dialogue.say("LIST", 150)
        self.assertEqual(self.sent(b"ABOR\r\n"), [426, 226])

    def test_another_limit_counts_at_once(self) -> None:
        """A reload changes it in live sessions."""
        self.sent(b"NOOP\r\n" * 30)
        self.rate.per_second = 8
        self.assertEqual(sum(len(self.later(0.125)) for _ in range(8)), 8)

    def test_a_limit_that_goes_lets_waiting_commands_go(self) -> None:
        """With the timer that waits for the first of them."""
        self.sent(b"NOOP\r\n" * 30)
        self.rate.per_second = None
        self.assertEqual(self.later(0.25), [200] * 26)

    def test_a_session_that_ends_leaves_no_timer(self) -> None:
        """Commands that wait are dropped with it."""
        self.sent(b"NOOP\r\n" * 6)
        self.dialogue.lose()
        self.assertEqual(self.dialogue.clock.getDelayedCalls(), [])

    def test_commands_before_the_end_of_input_are_answered(self) -> None:
        """A client that closes its side behind a flood gets all replies, and then the end."""
        self.sent(b"NOOP\r\n" * 5)
        self.dialogue.half_close()
        self.assertEqual(self.later(0.25), [200])
        self.assertTrue(self.dialogue.closed)
