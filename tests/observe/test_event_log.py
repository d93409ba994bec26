"""The lines of the log: their fields, their levels, and what clients cannot put into them."""

from __future__ import annotations

import io
from dataclasses import replace
from ipaddress import IPv6Address

from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel, formatEvent, textFileLogObserver
from zope.interface import implementer

from ftpd_service import events
from ftpd_service.observe.event_log import EventLog, LoggedEvents
from ftpd_service.observe.levels import Levels
from ftpd_service.reasons import UploadEvidence, UploadGrade
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Direction, SessionId
from tests.cases import SynchronousTestCase

S1 = SessionId("s1")
STARTED = events.SessionStarted(session=S1, peer=peer())
COMMAND = events.CommandFinished(
    session=S1, peer=peer(), verb="NOOP", argument="", code=200, seconds=0.25, account="alice"
)
REFUSED = events.Refused(
    session=S1, peer=peer(), account="alice", verb="RETR", argument="f", code=550, reason="No such file", path="/in/f"
)
LOGIN_FAILED = events.LoginFailed(session=S1, peer=peer(), name="bob", reason="wrong password")


def finished(path: str = "/f") -> events.TransferFinished:
    """The end of a download."""
    return events.TransferFinished(
        session=S1,
        peer=peer(),
        account="alice",
        verb="RETR",
        direction=Direction.DOWNLOAD,
        path=path,
        octets=10,
        seconds=1.5,
        outcome="complete",
    )


@implementer(ILogObserver)
class Lines:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.seen: list[LogEvent] = []

    def __call__(self, event: LogEvent) -> None:
        self.seen.append(event)


def logged(*seen: events.Event, level: str = "debug") -> list[LogEvent]:
    """What these events become."""
    lines = Lines()
    log = EventLog(LoggedEvents(Logger(namespace="test", observer=lines)), Levels(level))
    for event in seen:
        log.observe(event)
    return lines.seen


def text(event: events.Event) -> str:
    """The one line of an event, as the text observer shows it."""
    (line,) = logged(event)
    return formatEvent(line)


class LineTests(SynchronousTestCase):
    """What a line says."""

    def test_a_session_begins(self) -> None:
        """With its peer."""
        self.assertEqual(text(STARTED), "s1 connected from 192.0.2.1:40000")

    def test_an_ipv6_address_is_told_from_its_port(self) -> None:
        """By brackets."""
        event = events.SessionStarted(session=S1, peer=replace(peer(), address=IPv6Address("2001:db8::1")))
        self.assertEqual(text(event), "s1 connected from [2001:db8::1]:40000")

    def test_a_session_is_refused(self) -> None:
        """With the cap."""
        event = events.SessionRefused(peer=peer(), reason="limits.sessions: 1 are open")
        self.assertEqual(text(event), "refused 192.0.2.1: limits.sessions: 1 are open")

    def test_a_session_ends(self) -> None:
        """With its length and the reason."""
        event = events.SessionEnded(session=S1, peer=peer(), seconds=7.25, reason="client left", account="alice")
        self.assertEqual(text(event), "s1 ended after 7.2 s: client left")

    def test_a_client_without_a_cipher_suite_of_ours(self) -> None:
        """With what it offers; the line comes once for each address, and says so."""
        event = events.NoSharedCipher(session=S1, peer=peer(), text="no cipher suite in common: ...")
        told = "s1 192.0.2.1 TLS handshake failed: no cipher suite in common: ... (said once for each address)"
        self.assertEqual(text(event), told)

    def test_a_login_succeeds(self) -> None:
        """With the account."""
        event = events.LoginSucceeded(session=S1, peer=peer(), account="alice")
        self.assertEqual(text(event), 's1 192.0.2.1 login of "alice"')

    def test_a_login_fails(self) -> None:
        """With the name that was typed, and why."""
        self.assertEqual(text(LOGIN_FAILED), 's1 192.0.2.1 login failed for "bob": wrong password')

    def test_a_login_is_not_decided(self) -> None:
        """In other words than a wrong guess, as nobody is to be banned because a checker is down."""
        event = events.LoginFailed(session=S1, peer=peer(), name="bob", reason="checker ldap: no answer", wrong=False)
        self.assertEqual(text(event), 's1 192.0.2.1 login not granted for "bob": checker ldap: no answer')

    def test_a_command_is_answered(self) -> None:
        """With its code."""
        self.assertEqual(text(COMMAND), 's1 "alice" NOOP -> 200 in 0.2500 s')

    def test_a_command_is_refused(self) -> None:
        """With what the client was not told."""
        self.assertEqual(text(REFUSED), 's1 192.0.2.1 "alice" RETR "f" refused with 550 at "/in/f": No such file')

    def test_a_command_is_refused_before_the_login(self) -> None:
        """There is no account and no path yet."""
        event = replace(REFUSED, account=None, path=None, code=530, reason="Please login")
        self.assertEqual(text(event), 's1 192.0.2.1 - RETR "f" refused with 530: Please login')

    def test_a_refusal_behind_others_that_were_left_out(self) -> None:
        """It says how many."""
        line = text(replace(REFUSED, untold=7))
        self.assertTrue(line.endswith(": No such file (7 refusals before it were left out of the log)"), line)

    def test_a_refusal_that_is_left_out(self) -> None:
        """There is no line."""
        self.assertEqual(logged(replace(REFUSED, untold=None)), [])

    def test_a_session_ends_behind_refusals_that_were_left_out(self) -> None:
        """Nobody else would tell their number."""
        event = events.SessionEnded(session=S1, peer=peer(), seconds=2.0, reason="client left", untold=7)
        self.assertEqual(text(event), "s1 ended after 2.0 s: client left (7 refusals were left out of the log)")

    def test_a_transfer_begins(self) -> None:
        """With its path."""
        event = events.TransferStarted(
            session=S1, peer=peer(), account="alice", verb="RETR", direction=Direction.DOWNLOAD, path="/f"
        )
        self.assertEqual(text(event), 's1 "alice" RETR "/f" begins')

    def test_a_transfer_ends(self) -> None:
        """With octets, seconds and outcome."""
        self.assertEqual(text(finished()), 's1 "alice" RETR "/f": complete, 10 bytes in 1.500 s')

    def test_an_upload_with_its_grade(self) -> None:
        """Behind what a download has too."""
        upload = replace(finished(), grade=UploadGrade.DOUBTFUL, evidence=UploadEvidence.NO_CLOSE_NOTIFY)
        self.assertTrue(text(upload).endswith("10 bytes in 1.500 s, doubtful (no_close_notify)"), text(upload))

    def test_a_file_is_removed(self) -> None:
        """By its verb."""
        self.assertEqual(
            text(events.FileRemoved(session=S1, peer=peer(), account="alice", path="/f")), 's1 "alice" DELE "/f"'
        )

    def test_a_directory_is_made(self) -> None:
        """By its verb."""
        event = events.DirectoryChanged(session=S1, peer=peer(), account="alice", verb="MKD", path="/d")
        self.assertEqual(text(event), 's1 "alice" MKD "/d"')

    def test_a_file_is_renamed(self) -> None:
        """With both names."""
        event = events.Renamed(session=S1, peer=peer(), account="alice", source="/f", target="/g")
        self.assertEqual(text(event), 's1 "alice" RNTO "/f" -> "/g"')

    def test_a_data_connection_fails(self) -> None:
        """With the reason for the operator."""
        event = events.DataConnectionFailed(session=S1, peer=peer(), reason="nobody came")
        self.assertEqual(text(event), "s1 data connection of 192.0.2.1: nobody came")

    def test_the_facts_are_fields_too(self) -> None:
        """So that a JSON observer writes them one by one."""
        (line,) = logged(finished())
        wanted = {
            "session": "s1",
            "account": "alice",
            "verb": "RETR",
            "path": "/f",
            "address": "192.0.2.1",
            "bytes": 10,
            "seconds": 1.5,
            "outcome": "complete",
        }
        self.assertEqual({name: line[name] for name in wanted}, wanted)

    def test_the_rule_of_a_refusal_is_a_field(self) -> None:
        """So that an operator counts what a rule refuses."""
        (line,) = logged(replace(REFUSED, rule="drop-box"))
        self.assertEqual(line["rule"], "drop-box")

    def test_an_event_without_a_line_is_passed_over(self) -> None:
        """A newer one that this log does not know."""
        self.assertEqual(logged(events.Event()), [])


class SafetyTests(SynchronousTestCase):
    """What a client may have typed."""

    def test_a_line_end_forges_no_line(self) -> None:
        """Control characters are escaped."""
        wanted = 's1 "alice" RETR "/a\\x0d\\x0ab\\x1b[2J": complete, 10 bytes in 1.500 s'
        self.assertEqual(text(finished("/a\r\nb\x1b[2J")), wanted)

    def test_a_name_at_the_login_forges_no_line(self) -> None:
        """It is the first thing that a stranger can say."""
        event = events.LoginFailed(session=S1, peer=peer(), name="a\nb", reason="x\ny")
        self.assertEqual(text(event), 's1 192.0.2.1 login failed for "a\\x0ab": x\\x0ay')

    def test_fields_hold_no_control_characters_either(self) -> None:
        """Whoever reads them sees the same."""
        (line,) = logged(finished("/a\nb"))
        self.assertEqual(line["path"], "/a\\x0ab")

    def test_a_quote_does_not_end_the_name(self) -> None:
        """What stands behind it is still the name."""
        event = replace(LOGIN_FAILED, name='x": 1.2.3.4 login failed for "y')
        wanted = 's1 192.0.2.1 login failed for "x\\": 1.2.3.4 login failed for \\"y": wrong password'
        self.assertEqual(text(event), wanted)

    def test_braces_are_text(self) -> None:
        """A name is no format."""
        self.assertIn("/{session.__class__}", text(finished("/{session.__class__}")))

    def test_bytes_that_are_no_utf8_can_be_written(self) -> None:
        """A file's observer fails at a lone surrogate, and the line would be lost."""
        below = io.BytesIO()
        file = io.TextIOWrapper(below, encoding="utf-8")
        log = EventLog(LoggedEvents(Logger(namespace="test", observer=textFileLogObserver(file))))
        log.observe(finished("/na\udce9ve"))
        file.flush()
        self.assertIn(b'RETR "/na\\xe9ve": complete', below.getvalue())


class LevelTests(SynchronousTestCase):
    """What is written at which level."""

    def test_by_default_commands_are_not_written(self) -> None:
        """``info`` is the level."""
        lines = Lines()
        log = EventLog(LoggedEvents(Logger(namespace="test", observer=lines)))
        log.observe(COMMAND)
        log.observe(STARTED)
        self.assertEqual([line["log_level"] for line in lines.seen], [LogLevel.info])

    def test_debug_writes_commands(self) -> None:
        """Every one."""
        self.assertEqual([line["log_level"] for line in logged(COMMAND)], [LogLevel.debug])

    def test_warn_leaves_refused_logins(self) -> None:
        """And nothing ordinary."""
        lines = logged(STARTED, COMMAND, LOGIN_FAILED, level="warn")
        self.assertEqual([line["log_level"] for line in lines], [LogLevel.warn])

    def test_commands_are_wanted_at_debug_alone(self) -> None:
        """Else they need not be made; a refusal is written at info, and an event without a line nowhere."""
        kinds = (events.CommandFinished, events.Refused, events.LoginFailed, events.Event)
        wanted = [[EventLog(levels=Levels(level)).wants(kind) for kind in kinds] for level in ("debug", "info", "warn")]
        self.assertEqual(wanted, [[True, True, True, False], [False, True, True, False], [False, False, True, False]])

    def test_error_leaves_what_nobody_expected(self) -> None:
        """With its traceback, at every level."""
        lines = logged(LOGIN_FAILED, unexpected(), level="error")
        self.assertEqual([line["log_level"] for line in lines], [LogLevel.critical])

    def test_a_shortage_is_an_error_that_says_what_to_do(self) -> None:
        """It concerns every client, and only the operator can help."""
        event = events.ResourcesExhausted(session=S1, peer=peer(), verb="RETR", reason="EMFILE", account="alice")
        (line,) = logged(event, level="error")
        self.assertEqual(line["log_level"], LogLevel.error)
        self.assertIn("EMFILE", formatEvent(line))
        self.assertIn("LimitNOFILE", formatEvent(line))

    def test_what_nobody_expected_has_its_traceback(self) -> None:
        """The one thing that only the log shows."""
        (line,) = logged(unexpected())
        self.assertEqual(formatEvent(line), "s1 RETR failed")
        self.assertIn("raise_it", line["log_failure"].getTraceback())


def raise_it() -> None:
    """Shows in a traceback."""
    raise ValueError("unexpected")


def unexpected() -> events.UnexpectedError:
    """An event with an exception that was raised."""
    try:
        raise_it()
    except ValueError as problem:
        return events.UnexpectedError(session=S1, peer=peer(), verb="RETR", exception=problem)
    raise AssertionError("it was raised")
