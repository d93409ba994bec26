"""The live sessions: what runs in each, and the dialogue that tracers are told."""

from __future__ import annotations

from ftpd_service.session.registry import LiveSession
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.wire import replies
from ftpd_service.wire.reply import Final, Preliminary
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in, transferring


class Told:
    """A tracer that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def asked(self, verb: str, argument: str) -> None:
        """Keep it."""
        self.lines.append(f"{verb} {argument}".rstrip())

    def replied(self, reply: Preliminary | Final) -> None:
        """Keep its code."""
        self.lines.append(str(reply.code))

    def ended(self) -> None:
        """Keep it."""
        self.lines.append("ended")


def live(dialogue: Dialogue) -> LiveSession:
    """The entry of a dialogue's session."""
    entry = dialogue.sessions.get(dialogue.session.id)
    assert entry is not None
    return entry


def traced(dialogue: Dialogue) -> Told:
    """A tracer of a dialogue's session."""
    told = Told()
    live(dialogue).trace(told)
    return told


class LiveTests(SynchronousTestCase):
    """An entry tells what its session does."""

    def test_an_idle_session_runs_no_verb(self) -> None:
        """Between two commands."""
        entry = live(logged_in())
        self.assertEqual((entry.connection.running, entry.data.progress()), (None, None))

    def test_a_running_transfer_has_verb_and_path(self) -> None:
        """The path is absolute."""
        dialogue, _ = transferring("RETR f")
        running = live(dialogue).connection.running
        assert running is not None
        self.assertEqual((running.verb, running.path), ("RETR", "/f"))

    def test_a_running_transfer_has_its_progress(self) -> None:
        """Its size is known before the first byte."""
        dialogue, _ = transferring("RETR f")
        progress = live(dialogue).data.progress()
        assert progress is not None
        self.assertEqual((progress.octets, progress.total), (0, 10))

    def test_an_idle_session_ends_with_the_reply(self) -> None:
        """The reply is the last one."""
        dialogue = logged_in()
        dialogue.replies()
        live(dialogue).end(replies.closing("Bye."))
        self.assertEqual((dialogue.replies(), dialogue.closed), (["421 Bye."], True))

    def test_a_session_that_is_gone_has_no_entry(self) -> None:
        """Its id is not used again."""
        dialogue = logged_in()
        session = dialogue.session.id
        dialogue.lose()
        self.assertIsNone(dialogue.sessions.get(session))


class TraceTests(SynchronousTestCase):
    """A tracer is told commands and replies."""

    def test_commands_and_replies_are_told_in_their_order(self) -> None:
        """The preliminary reply of a transfer too."""
        dialogue = logged_in()
        dialogue.memory.put("/f", b"0")
        told = traced(dialogue)
        dialogue.download("RETR f")
        self.assertEqual(told.lines, ["EPSV", "229", "RETR f", "150", "226"])

    def test_passwords_are_hidden(self) -> None:
        """Those of PASS and ACCT."""
        dialogue = Dialogue()
        told = traced(dialogue)
        dialogue.send(b"USER alice\r\npass secret\r\nACCT secret\r\n")
        self.assertEqual(told.lines, ["USER alice", "331", "PASS ****", "230", "ACCT ****", "202"])

    def test_the_argument_of_an_unknown_verb_is_hidden_before_the_login(self) -> None:
        """It may be a misspelt PASS."""
        dialogue = Dialogue()
        told = traced(dialogue)
        dialogue.send(b"PSAS secret\r\n")
        self.assertEqual(told.lines, ["PSAS ****", "500"])

    def test_the_argument_of_an_unknown_verb_is_told_after_the_login(self) -> None:
        """Operators look for verbs that a client misses."""
        dialogue = logged_in()
        told = traced(dialogue)
        dialogue.send(b"XFOO file\r\n")
        self.assertEqual(told.lines, ["XFOO file", "500"])

    def test_a_misspelt_password_is_hidden_after_the_login(self) -> None:
        """A client may log in anew with USER, and the server may read its next line before USER is carried out."""
        dialogue = logged_in()
        told = traced(dialogue)
        dialogue.send(b"PSAS secret\r\nPASSsecret\r\nSITE PSWD old new\r\n")
        self.assertEqual(told.lines, ["PSAS ****", "500", "PASS****", "500", "SITE PSWD ****", "500"])

    def test_a_line_that_is_no_command_is_told_by_its_reply(self) -> None:
        """Nothing is known about its bytes."""
        dialogue = logged_in()
        told = traced(dialogue)
        dialogue.send(b"\x80\x81 secret\r\n")
        self.assertEqual(told.lines, ["500"])

    def test_a_trace_that_is_off_is_told_nothing(self) -> None:
        """The other tracer of the session goes on."""
        dialogue = logged_in()
        first, second = traced(dialogue), traced(dialogue)
        live(dialogue).untrace(first)
        dialogue.say("NOOP", 200)
        self.assertEqual((first.lines, second.lines), ([], ["NOOP", "200"]))

    def test_the_end_of_the_session_ends_the_trace(self) -> None:
        """Behind the last reply."""
        dialogue = logged_in()
        told = traced(dialogue)
        dialogue.say("QUIT", 221)
        dialogue.lose()
        self.assertEqual(told.lines, ["QUIT", "221", "ended"])

    def test_a_trace_outlives_a_new_login(self) -> None:
        """REIN resets the session, and not those who watch it."""
        dialogue = logged_in()
        told = traced(dialogue)
        dialogue.say("REIN", 220)
        dialogue.say("NOOP", 200)
        self.assertEqual(told.lines, ["REIN", "220", "NOOP", "200"])
