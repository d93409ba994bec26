"""``trace``: the dialogue of a session, as another program sees it."""

from __future__ import annotations

from typing import Any

from ftpd_service.admin_socket.session_verbs import READER_SECONDS
from ftpd_service.admin_socket.trace_queue import REPLY_LINES, TRACED_LINES
from ftpd_service.testing.dialogue import Dialogue
from tests.admin_socket.desk_case import DeskCase, Program


class TraceTests(DeskCase):
    """A session that logs in, and a program that follows."""

    def setUp(self) -> None:
        """Connect both."""
        super().setUp()
        self.dialogue = Dialogue()
        self.sessions = self.dialogue.sessions
        self.program = Program(self)
        self.first = self.program.result("trace", id=self.dialogue.session.id)

    def traced(self) -> list[Any]:  # Any: JSON
        """The new lines, without their times."""
        told = [line["traced"] for line in self.program.lines()]
        return [{name: value for name, value in one.items() if name != "time"} for one in told]

    def brief(self) -> list[str]:
        """The new lines as a person would note them."""
        return [f"{one['verb']} {one['argument']}" if "verb" in one else str(one.get("code")) for one in self.traced()]

    def test_the_session_comes_first(self) -> None:
        """Its row tells that it is the right one, and the log tells who follows."""
        self.assertEqual(self.first["address"], "192.0.2.1")
        self.assertEqual(self.told(), [f"trace id='{self.dialogue.session.id}' done"])

    def test_commands_and_replies(self) -> None:
        """In their order; the password is stars."""
        self.dialogue.log_in()
        self.dialogue.say("NOOP", 200)
        self.assertEqual(self.brief(), ["USER alice", "331", "PASS ****", "230", "NOOP ", "200"])

    def test_the_password_is_nowhere(self) -> None:
        """Not in any form."""
        self.dialogue.log_in()
        self.program.lines()
        self.assertNotIn(b"secret", self.program.transport.value())

    def test_a_line_has_a_time(self) -> None:
        """In the form of RFC 3339."""
        self.dialogue.say("NOOP", 200)
        self.assertEqual(self.program.lines()[0]["traced"]["time"], "2026-09-21T14:13:20Z")

    def test_a_long_reply_is_cut(self) -> None:
        """The number of lines that are left out is told."""
        self.dialogue.log_in()
        self.traced()
        self.dialogue.say("HELP", 214)
        reply = self.traced()[-1]
        self.assertLessEqual(len(reply["lines"]), REPLY_LINES)
        self.assertEqual(reply["left_out"], 0 if len(reply["lines"]) < REPLY_LINES else reply["left_out"])

    def test_the_end_of_the_session(self) -> None:
        """It ends the trace, and the connection takes further requests."""
        self.dialogue.say("QUIT", 221)
        self.dialogue.lose()
        self.assertEqual(self.traced()[-1], {"ended": True})
        self.assertEqual(self.program.result("sessions"), [])

    def test_the_program_leaves(self) -> None:
        """Nothing is told any more."""
        self.program.leave()
        self.assertEqual(self.dialogue.session.tracers, ())

    def test_a_slow_reader_loses_lines(self) -> None:
        """The number of lost lines is told, and the session does not wait."""
        self.dialogue.log_in()
        self.program.lines()
        self.program.take_nothing()
        self.dialogue.say("NOOP", 200)
        self.program.lines()
        for _ in range(TRACED_LINES):
            self.dialogue.say("NOOP", 200)
        self.program.take()
        told = self.traced()
        self.assertEqual((len(told), told[-1]), (TRACED_LINES + 1, {"lost": TRACED_LINES}))

    def test_a_reader_that_takes_nothing(self) -> None:
        """It loses the connection in the end, and the session is no longer traced."""
        self.program.take_nothing()
        self.dialogue.say("NOOP", 200)
        self.program.lines()
        self.clock.advance(READER_SECONDS)
        self.assertTrue(self.program.transport.aborted)
        self.program.leave()
        self.assertEqual(self.dialogue.session.tracers, ())

    def test_two_programs_follow(self) -> None:
        """Each gets all lines, and the end of the first leaves the second its trace."""
        second = Program(self)
        second.result("trace", id=self.dialogue.session.id)
        self.program.leave()
        self.dialogue.say("NOOP", 200)
        self.assertEqual(len(second.lines()), 2)

    def test_no_such_session(self) -> None:
        """An id that is gone is refused."""
        self.assertEqual(Program(self).refusal("trace", id="s99"), "refused: there is no such session")
