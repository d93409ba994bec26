"""The order of verbs, what is done at once, and the bounds of the queue."""

from __future__ import annotations

from ftpd_service.control.input import Input
from ftpd_service.events import UnexpectedError
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in, slow_login, transferring
from tests.control.lines import different, three_lines


class OrderTests(SynchronousTestCase):
    """Replies in the order of commands (RFC 959 section 4.2)."""

    def test_commands_in_one_segment_are_answered_in_order(self) -> None:
        """RFC 1123 section 4.1.2.13: segments carry no meaning."""
        dialogue = Dialogue()
        dialogue.codes()
        dialogue.send(b"NOOP\r\nSYST\r\nXYZZY\r\nUSER alice\r\nPASS secret\r\nPWD\r\nTYPE I\r\nCDUP\r\nMIC\r\nFEAT\r\n")
        self.assertEqual(dialogue.codes(), [200, 215, 500, 331, 230, 257, 200, 250, 502, 211])

    def test_ten_thousand_commands_in_one_segment_are_all_answered(self) -> None:
        """Nothing is lost, and the stack does not grow."""
        dialogue = logged_in()
        dialogue.codes()
        dialogue.send(b"NOOP\r\n" * 9_999 + b"SYST\r\n")
        self.assertEqual(dialogue.codes(), [200] * 9_999 + [215])

    def test_ten_thousand_commands_behind_a_slow_password_are_all_answered(self) -> None:
        """They wait, in one segment, for as long as it takes."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.send(b"NOOP\r\n" * 10_000)
        answered.callback(None)
        self.assertEqual(dialogue.codes(), [230] + [200] * 10_000)

    def test_commands_wait_for_a_slow_one(self) -> None:
        """One at a time: they are carried out with the login."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.say("PWD")
        answered.callback(None)
        self.assertEqual(dialogue.codes(), [230, 257])

    def test_a_verb_that_ends_by_what_is_no_exception_is_451(self) -> None:
        """The log gets its traceback, and the session continues."""
        dialogue, answered = slow_login(Dialogue())
        problem = SystemExit(1)
        answered.errback(problem)
        dialogue.send(b"NOOP\r\n")
        self.assertEqual(dialogue.codes(), [451, 200])
        self.assertEqual([e.exception for e in dialogue.recorder.of(UnexpectedError)], [problem])

    def test_a_line_that_is_no_command_is_answered_in_its_turn(self) -> None:
        """Its reply waits like that of a command."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.send(b"*?!\r\nNOOP a\0b\r\nNOOP\r\n")
        answered.callback(None)
        self.assertEqual(dialogue.codes(), [230, 500, 501, 200])

    def test_a_line_that_is_too_long_is_answered_once_in_its_turn(self) -> None:
        """And the session goes on (RFC 959 section 4.2)."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.send(b"X" * 9_000)
        dialogue.send(b"X" * 9_000 + b"\r\nNOOP\r\n")
        answered.callback(None)
        self.assertEqual(dialogue.replies(), ["230 Logged in.", "500 Command line too long.", "200 OK"])

    def test_quit_drops_what_follows(self) -> None:
        """Behind a slow verb too."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.send(b"NOOP\r\nQUIT\r\nNOOP\r\n*?!\r\n")
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([230, 200, 221], True))

    def test_stat_behind_a_slow_password_waits_its_turn(self) -> None:
        """It is at once only beside a verb that ABOR can stop."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.send(b"STAT\r\nNOOP\r\n")
        answered.callback(None)
        self.assertEqual(dialogue.codes(), [230, 211, 200])


class UnsentTests(SynchronousTestCase):
    """Replies that the client does not take."""

    def test_no_verb_starts_while_replies_are_unsent(self) -> None:
        """The transport says so as to any producer."""
        dialogue = logged_in()
        dialogue.take_nothing()
        dialogue.say("MKD d")
        self.assertEqual(dialogue.memory.names(), [])

    def test_they_start_when_the_replies_were_taken(self) -> None:
        """In their order."""
        dialogue = logged_in()
        dialogue.take_nothing()
        dialogue.say("MKD d")
        dialogue.say("RMD d")
        dialogue.take_replies()
        self.assertEqual(dialogue.codes(), [257, 250])

    def test_the_input_is_the_transports_producer(self) -> None:
        """Or it would never be told."""
        dialogue = Dialogue()
        self.assertIsInstance(dialogue.transport.producer, Input)

    def test_reading_pauses_when_too_much_waits(self) -> None:
        """A client that never reads fills no memory."""
        dialogue = logged_in(control=three_lines())
        dialogue.take_nothing()
        dialogue.send(different(4))
        self.assertEqual(dialogue.transport.producerState, "paused")

    def test_nothing_is_read_while_replies_are_unsent(self) -> None:
        """What TLS or Telnet would answer by itself (KeyUpdates, options) would fill memory without a bound."""
        dialogue = logged_in()
        dialogue.take_nothing()
        self.assertEqual(dialogue.transport.producerState, "paused")
        dialogue.take_replies()
        self.assertEqual(dialogue.transport.producerState, "producing")

    def test_reading_waits_for_the_queue_and_for_the_replies(self) -> None:
        """Whichever is over last lets it go on."""
        dialogue = logged_in(control=three_lines())
        dialogue.take_nothing()
        dialogue.send(different(4))
        dialogue.take_replies()
        self.assertEqual((dialogue.transport.producerState, len(dialogue.codes())), ("producing", 4))

    def test_a_client_that_takes_nothing_is_closed_in_the_end(self) -> None:
        """After the idle time, also in the midst of a transfer, and cut off where the last word stays unsent."""
        dialogue, _ = transferring("RETR f")
        dialogue.take_nothing()
        dialogue.clock.advance(900)
        self.assertTrue(dialogue.closed)
        dialogue.clock.pump([5, 60])
        self.assertTrue(dialogue.transport.aborted)


class HalfCloseTests(SynchronousTestCase):
    """The client ends its side (RFC 959 section 4.1.1)."""

    def test_what_was_asked_is_answered(self) -> None:
        """Then the connection closes."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.send(b"MKD d\r\nNOOP\r\n")
        dialogue.half_close()
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.names()), ([230, 257, 200], ["d"]))
        self.assertTrue(dialogue.transport.disconnecting)

    def test_with_nothing_behind_a_slow_one_it_closes_behind_that(self) -> None:
        """The verb that runs has its reply."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.half_close()
        self.assertFalse(dialogue.transport.disconnecting)
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.transport.disconnecting), ([230], True))

    def test_with_nothing_to_answer_it_closes_at_once(self) -> None:
        """Without a word."""
        dialogue = logged_in()
        dialogue.codes()
        dialogue.half_close()
        self.assertEqual((dialogue.codes(), dialogue.transport.disconnecting), ([], True))

    def test_a_running_transfer_is_aborted(self) -> None:
        """The client is gone, as far as anybody knows."""
        dialogue, _ = transferring("STOR f")
        dialogue.half_close()
        self.assertEqual((dialogue.codes(), dialogue.memory.content("/f")), ([426], b"0123456789"))
        self.assertTrue(dialogue.closed)

    def test_queued_transfers_are_426_unexecuted(self) -> None:
        """All others are carried out."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.send(b"EPSV\r\nSTOR f\r\nMKD d\r\nLIST\r\n")
        dialogue.half_close()
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.names()), ([230, 229, 426, 257, 426], ["d"]))

    def test_with_quit_behind_them_transfers_run(self) -> None:
        """Cameras send all at once and close their side."""
        dialogue, answered = slow_login(Dialogue())
        dialogue.data.incoming = b"picture"
        dialogue.send(b"EPSV\r\nSTOR f\r\nQUIT\r\n")
        dialogue.half_close()
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.content("/f")), ([230, 229, 150, 226, 221], b"picture"))

    def test_with_quit_a_running_transfer_goes_on(self) -> None:
        """It is waited for."""
        dialogue, go_on = transferring("STOR f")
        dialogue.say("QUIT")
        dialogue.half_close()
        go_on.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.content("/f")), ([226, 221], b"new content"))

    def test_two_hundred_commands_are_all_answered(self) -> None:
        """In order, then the connection closes."""
        dialogue = logged_in()
        dialogue.codes()
        dialogue.send(b"SIZE f\r\n" * 199 + b"QUIT\r\n")
        dialogue.half_close()
        self.assertEqual(dialogue.codes(), [550] * 199 + [221])

    def test_after_our_last_word_it_closes_the_rest(self) -> None:
        """Nothing more is due."""
        dialogue = logged_in()
        dialogue.say("QUIT", 221)
        self.assertFalse(dialogue.transport.disconnecting)
        dialogue.half_close()
        self.assertTrue(dialogue.transport.disconnecting)
