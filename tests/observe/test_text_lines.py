"""The lines of the text log: the same as Twisted's, of a bounded length, and without control characters."""

from __future__ import annotations

import io
import syslog

from twisted.logger import LogEvent, Logger, LogLevel, LogPublisher, textFileLogObserver
from twisted.python.failure import Failure

from ftpd_service import events
from ftpd_service.observe.chatter import LONGEST_LINE, Chatter, chatter_of
from ftpd_service.observe.event_table import EVENT_TABLE
from ftpd_service.observe.levels import Levels
from ftpd_service.observe.server_log import ServerLog
from ftpd_service.observe.syslog_lines import SyslogLines, send
from ftpd_service.observe.text_lines import TextLines
from ftpd_service.testing.fakes import peer
from ftpd_service.values import SessionId
from tests.cases import SynchronousTestCase


def chatted(text: str | None, **fields: object) -> LogEvent:
    """One that this package might log."""
    return {
        "log_time": 1234567890.25,
        "log_format": text,
        "log_level": LogLevel.info,
        "log_namespace": "ftpd",
        **fields,
    }


def failed() -> Failure:
    """One with a traceback."""
    try:
        raise ValueError("two\nlines")
    except ValueError:
        return Failure()


def ours(*seen: LogEvent) -> bytes:
    """The lines of events."""
    form = TextLines()
    return b"".join(form.chatter(chatter) for chatter in map(chatter_of, seen) if chatter is not None)


def known(entry: LogEvent) -> Chatter:
    """The chatter of an event with a text."""
    chatter = chatter_of(entry)
    assert chatter is not None
    return chatter


def twisteds(*seen: LogEvent) -> bytes:
    """The same by Twisted."""
    file = io.StringIO()
    observer = textFileLogObserver(file)
    for one in seen:
        observer(one)
    return file.getvalue().encode()


class LineTests(SynchronousTestCase):
    """What is written of an event."""

    def alike(self, *seen: LogEvent) -> None:
        """Fail where ours and Twisted's lines differ."""
        self.assertEqual(ours(*seen), twisteds(*seen))

    def test_a_plain_text(self) -> None:
        """Time, place, level, text."""
        self.alike(chatted("connected"))

    def test_a_text_with_fields(self) -> None:
        """Calls and attributes too, as other libraries write them."""
        self.alike(chatted("{name!r} {level.name} {call()}", name="x", level=LogLevel.info, call=lambda: "called"))

    def test_braces_that_are_text(self) -> None:
        """Doubled in the format."""
        self.alike(chatted("a {{name}} and }}"))

    def test_a_traceback(self) -> None:
        """Indented behind its line."""
        self.alike(chatted("failed", log_failure=failed(), log_level=LogLevel.critical))

    def test_an_event_without_text(self) -> None:
        """Nothing is written."""
        self.alike(chatted(None), chatted(""))

    def test_a_format_that_does_not_fit(self) -> None:
        """Twisted says so instead of losing the event."""
        self.assertIn(b"Unable to format event", ours(chatted("{missing}")))

    def test_an_old_event(self) -> None:
        """With a system of its own, and without a level."""
        self.alike({"log_system": "-", "log_format": "{log_text}", "log_text": "ControlFactory starting on 21"})

    def test_a_later_second_has_a_time_of_its_own(self) -> None:
        """The text of a second is made once."""
        self.alike(
            chatted("one"), chatted("two"), chatted("three", log_time=1234567891.0), chatted("four", log_time=None)
        )

    def test_what_a_logger_emits(self) -> None:
        """All of its fields."""
        lines: list[bytes] = []
        twisteds_file = io.StringIO()
        server = ServerLog(TextLines(), lines.append, Levels())
        publisher = LogPublisher(server, textFileLogObserver(twisteds_file))
        Logger(namespace="test", observer=publisher).warn("a {field}", field=1)
        self.assertEqual(b"".join(lines), twisteds_file.getvalue().encode())


class EventTests(SynchronousTestCase):
    """What is written of the server's own events."""

    def lines(self, event: events.Event) -> list[bytes]:
        """The lines of an event without their times."""
        entry = TextLines().event(EVENT_TABLE[type(event)], event, 1234567890.25)
        self.assertTrue(entry.endswith(b"\n"))
        return [line.partition(b" ")[2] for line in entry[:-1].split(b"\n")]

    def test_a_line_is_as_from_twisted(self) -> None:
        """People and fail2ban read both."""
        event = events.BanLifted(kind="host", subject="192.0.2.1")
        text = 'ban of host "192.0.2.1" was lifted'
        written = TextLines().event(EVENT_TABLE[events.BanLifted], event, 1234567890.25)
        self.assertEqual(written, ours(chatted(text)))

    def test_each_difference_of_a_reload_has_a_line(self) -> None:
        """With a time and a level of its own."""
        event = events.ConfigurationReloaded(differences=("limits.sessions 1 -> 2", "listing.dot_files true -> false"))
        self.assertEqual(
            self.lines(event),
            [
                b"[ftpd#info] limits.sessions 1 -> 2",
                b"[ftpd#info] listing.dot_files true -> false",
                b"[ftpd#info] the configuration was read again",
            ],
        )

    def test_a_failed_reload_is_an_error(self) -> None:
        """Each mistake, and that nothing has changed."""
        event = events.ReloadFailed(mistakes=("ftpd.yaml:3: limits: expected a mapping",))
        self.assertEqual(
            self.lines(event),
            [
                b"[ftpd#error] ftpd.yaml:3: limits: expected a mapping",
                b"[ftpd#error] the old configuration stays in force",
            ],
        )

    def test_an_operators_act(self) -> None:
        """The verb, the operator, and what came of it."""
        event = events.Administered(who="root", verb="kick", argument="s1\n", outcome="no such session")
        self.assertEqual(self.lines(event), [b'[ftpd#info] kick "s1\\x0a" by operator "root": no such session'])

    def test_a_traceback_belongs_to_its_line(self) -> None:
        """Its lines begin with a tab, also the one in the exception's text."""
        problem = ValueError("a\nb\x1b")
        event = events.UnexpectedError(session=SessionId("s1"), peer=peer(), verb="RETR", exception=problem)
        entry = TextLines().event(EVENT_TABLE[events.UnexpectedError], event, 1234567890.25)
        first, *rest = entry[:-1].split(b"\n")
        self.assertTrue(first.endswith(b"[ftpd#critical] s1 RETR failed"))
        self.assertEqual(rest, [b"\tValueError: a", b"\tb\\x1b"])


class SafetyTests(SynchronousTestCase):
    """What lines never hold."""

    def test_control_characters_are_escaped(self) -> None:
        """Whoever logs them: CR, ESC, DEL, C1, line separators, bidirectional controls."""
        self.assertIn(
            b"a\\x0db\\x1bc\\x7fd\\u0085e\\u2028f\\u202eg", ours(chatted("a\rb\x1bc\x7fd\x85e\u2028f\u202eg"))
        )

    def test_a_line_end_is_followed_by_a_tab(self) -> None:
        """So that no text looks like an entry of its own."""
        self.assertTrue(ours(chatted("a\nb")).endswith(b"] a\n\tb\n"))

    def test_an_encoding_without_the_character_loses_no_line(self) -> None:
        """Standard output under LANG=C."""
        self.assertTrue(TextLines(encoding="ascii").chatter(known(chatted("caf\u00e9"))).endswith(b"caf\\xe9\n"))

    def test_a_line_of_the_longest_length_is_whole(self) -> None:
        """At the bound."""
        self.assertIn(b"] " + b"x" * LONGEST_LINE + b"\n", ours(chatted("x" * LONGEST_LINE)))

    def test_a_longer_line_loses_its_middle(self) -> None:
        """The end of a traceback says most."""
        line = ours(chatted("a" * LONGEST_LINE + "b"))
        self.assertLess(len(line), LONGEST_LINE + 200)
        self.assertIn(b" [1 characters are left out] a", line)
        self.assertTrue(line.endswith(b"ab\n"))


class SyslogTests(SynchronousTestCase):
    """twistd --syslog."""

    def setUp(self) -> None:
        """Catch what goes to syslog."""
        self.sent: list[tuple[int, str]] = []
        self.patch(syslog, "syslog", lambda priority, text: self.sent.append((priority, text)))

    def test_priorities_are_twisteds(self) -> None:
        """An error is an alert, all else is info; each line goes alone."""
        form = SyslogLines(TextLines(stamped=False))
        send([form.chatter(known(chatted("connected")))])
        send([form.chatter(known(chatted("two\nlines", log_level=LogLevel.error)))])
        self.assertEqual(
            self.sent,
            [
                (syslog.LOG_INFO, "[ftpd#info] connected"),
                (syslog.LOG_ALERT, "[ftpd#error] two"),
                (syslog.LOG_ALERT, "[ftpd#error] \tlines"),
            ],
        )
