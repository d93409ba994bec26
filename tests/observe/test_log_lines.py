"""The lines of the text log: the same as Twisted's, of a bounded length, and without control characters."""

from __future__ import annotations

import io
import syslog

from twisted.logger import LogEvent, Logger, LogLevel, LogPublisher, textFileLogObserver
from twisted.python.failure import Failure

from ftpd_service.observe.log_lines import LONGEST_LINE, LogLines, SyslogLines
from tests.cases import SynchronousTestCase


def event(text: str | None, **fields: object) -> LogEvent:
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
    lines: list[bytes] = []
    observer = LogLines(lines.append)
    for one in seen:
        observer(one)
    return b"".join(lines)


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
        self.alike(event("connected"))

    def test_a_text_with_fields(self) -> None:
        """Calls and attributes too, as other libraries write them."""
        self.alike(event("{name!r} {level.name} {call()}", name="x", level=LogLevel.info, call=lambda: "called"))

    def test_braces_that_are_text(self) -> None:
        """Doubled in the format."""
        self.alike(event("a {{name}} and }}"))

    def test_a_traceback(self) -> None:
        """Indented behind its line."""
        self.alike(event("failed", log_failure=failed(), log_level=LogLevel.critical))

    def test_an_event_without_text(self) -> None:
        """Nothing is written."""
        self.alike(event(None), event(""))

    def test_a_format_that_does_not_fit(self) -> None:
        """Twisted says so instead of losing the event."""
        self.assertIn(b"Unable to format event", ours(event("{missing}")))

    def test_an_old_event(self) -> None:
        """With a system of its own, and without a level."""
        self.alike({"log_system": "-", "log_format": "{log_text}", "log_text": "ControlFactory starting on 21"})

    def test_a_later_second_has_a_time_of_its_own(self) -> None:
        """The text of a second is made once."""
        self.alike(event("one"), event("two"), event("three", log_time=1234567891.0), event("four", log_time=None))

    def test_what_a_logger_emits(self) -> None:
        """All of its fields."""
        lines: list[bytes] = []
        twisteds_file = io.StringIO()
        publisher = LogPublisher(LogLines(lines.append), textFileLogObserver(twisteds_file))
        Logger(namespace="test", observer=publisher).warn("a {field}", field=1)
        self.assertEqual(b"".join(lines), twisteds_file.getvalue().encode())


class SafetyTests(SynchronousTestCase):
    """What lines never hold."""

    def test_control_characters_are_escaped(self) -> None:
        """Whoever logs them: CR, ESC, DEL, C1, line separators, bidirectional controls."""
        self.assertIn(b"a\\x0db\\x1bc\\x7fd\\u0085e\\u2028f\\u202eg", ours(event("a\rb\x1bc\x7fd\x85e\u2028f\u202eg")))

    def test_a_line_end_is_followed_by_a_tab(self) -> None:
        """So that no text looks like an entry of its own."""
        self.assertTrue(ours(event("a\nb")).endswith(b"] a\n\tb\n"))

    def test_an_encoding_without_the_character_loses_no_line(self) -> None:
        """Standard output under LANG=C."""
        lines: list[bytes] = []
        LogLines(lines.append, encoding="ascii")(event("caf\u00e9"))
        self.assertTrue(lines[0].endswith(b"caf\\xe9\n"))

    def test_a_line_of_the_longest_length_is_whole(self) -> None:
        """At the bound."""
        self.assertIn(b"] " + b"x" * LONGEST_LINE + b"\n", ours(event("x" * LONGEST_LINE)))

    def test_a_longer_line_loses_its_middle(self) -> None:
        """The end of a traceback says most."""
        line = ours(event("a" * LONGEST_LINE + "b"))
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
        lines: list[bytes] = []
        observer = SyslogLines(lines.append)
        observer(event("connected"))
        observer(event("two\nlines", log_level=LogLevel.error))
        SyslogLines.send(b"".join(lines))
        self.assertEqual(
            self.sent,
            [
                (syslog.LOG_INFO, "[ftpd#info] connected"),
                (syslog.LOG_ALERT, "[ftpd#error] two"),
                (syslog.LOG_ALERT, "[ftpd#error] \tlines"),
            ],
        )
