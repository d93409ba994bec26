"""``ftpd-service sessions``, ``kick``, ``limit`` and ``trace``."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from ftpd_service.admin.session_commands import lines_of_trace
from ftpd_service.admin.told_sessions import duration_text, size, table
from tests.admin.answering import AnsweringCase, error, result
from tests.cases import SynchronousTestCase

NOW = datetime(2026, 9, 21, 14, 15, 20, tzinfo=timezone.utc)

ROW: dict[str, Any] = {  # Any: JSON
    "id": "s1",
    "account": "alice",
    "address": "192.0.2.1",
    "since": "2026-09-21T14:13:20Z",
    "verb": "RETR",
    "path": "/a\x1b[2J\udcff",
    "bytes": 2048,
    "size": 10 * 1024 * 1024,
    "rate": 1536,
    "tls": True,
}
IDLE = {**ROW, "account": None, "verb": None, "path": None, "bytes": None, "size": None, "rate": None, "tls": False}


def traced(**told: object) -> bytes:
    """A line of a trace."""
    return json.dumps({"version": 1, "traced": told}).encode() + b"\n"


class TableTests(SynchronousTestCase):
    """Sessions as lines."""

    def test_a_transfer(self) -> None:
        """Text of the client is escaped."""
        heads, line = table([ROW], NOW)
        expected = "s1  alice    192.0.2.1  yes  2 min 0 s  RETR  2.0KiB of 10.0MiB  1.5KiB/s  /a\\x1b[2J\\xff"
        self.assertEqual(line, expected)
        self.assertEqual(heads.index("PATH"), line.index("/a"))

    def test_an_idle_session(self) -> None:
        """Dashes stand for what is not there."""
        self.assertEqual(
            table([IDLE], NOW)[1].split(), ["s1", "-", "192.0.2.1", "no", "2", "min", "0", "s", "-", "-", "-", "-"]
        )

    def test_sizes(self) -> None:
        """Three digits or so."""
        told = [size(octets) for octets in (0, 1023, 1024, 150 * 1024, 1024**2, 5 * 1024**4)]
        self.assertEqual(told, ["0B", "1023B", "1.0KiB", "150KiB", "1.0MiB", "5.0TiB"])

    def test_durations(self) -> None:
        """The two largest units."""
        told = [duration_text(seconds) for seconds in (-1, 59.9, 60, 3600, 90061)]
        self.assertEqual(told, ["0 s", "59 s", "1 min 0 s", "1 h 0 min", "1 d 1 h"])


class SessionsTests(AnsweringCase):
    """``sessions``."""

    def test_json(self) -> None:
        """The service's own list; no character can steer the terminal."""
        status, told, asked = self.ask("sessions", "--json", answers=[result([ROW, IDLE])])
        self.assertEqual((status, json.loads(told), asked), (0, [ROW, IDLE], [{"verb": "sessions"}]))
        self.assertNotIn("\x1b", told)

    def test_no_session(self) -> None:
        """A line says so."""
        self.assertEqual(self.ask("sessions", answers=[result([])])[1], "no sessions\n")

    def test_no_session_as_json(self) -> None:
        """An empty list."""
        self.assertEqual(json.loads(self.ask("sessions", "--json", answers=[result([])])[1]), [])

    def test_watch_ends_with_the_service(self) -> None:
        """Each list is a line of JSON; at last status 3."""
        status, told, _ = self.ask("sessions", "--watch", "--json", answers=[result([IDLE]), b""])
        self.assertEqual((status, json.loads(told.splitlines()[0])), (3, [IDLE]))


class KickTests(AnsweringCase):
    """``kick``."""

    def test_an_id(self) -> None:
        """The number of ended sessions is told."""
        status, told, asked = self.ask("kick", "s7", answers=[result({"sessions": 1})])
        self.assertEqual((status, told, asked), (0, "sessions ended: 1\n", [{"verb": "kick", "id": "s7"}]))

    def test_an_account(self) -> None:
        """By its name."""
        _, _, asked = self.ask("kick", "--account", "alice", answers=[result({"sessions": 2})])
        self.assertEqual(asked, [{"verb": "kick", "account": "alice"}])

    def test_an_address(self) -> None:
        """By its text."""
        _, _, asked = self.ask("kick", "--address", "192.0.2.1", answers=[result({"sessions": 2})])
        self.assertEqual(asked, [{"verb": "kick", "address": "192.0.2.1"}])

    def test_no_such_session(self) -> None:
        """Status 1."""
        status, told, _ = self.ask("kick", "s7", answers=[error("there is no such session")])
        self.assertEqual((status, told), (1, "Error: there is no such session\n"))

    def test_nothing_named(self) -> None:
        """Status 2; no service is asked."""
        self.assertEqual(self.run_it("-c", self.config, "kick").exit_code, 2)

    def test_two_names(self) -> None:
        """Status 2."""
        self.assertEqual(self.run_it("-c", self.config, "kick", "s1", "--account", "a").exit_code, 2)


class LimitTests(AnsweringCase):
    """``limit``."""

    def test_a_session(self) -> None:
        """Rates are those of the configuration; the time for which they hold is told."""
        words = ("limit", "s7", "--upload", "10KiB/s")
        status, told, asked = self.ask(*words, answers=[result({"sessions": 1, "holds": "until then"})])
        self.assertEqual((status, told), (0, "the rates hold until then\n"))
        self.assertEqual(asked, [{"verb": "limit", "id": "s7", "upload": 10240}])

    def test_no_limit(self) -> None:
        """The word none; the other direction is left out."""
        words = ("limit", "--account", "alice", "--download", "none")
        _, _, asked = self.ask(*words, answers=[result({"sessions": 1, "holds": ""})])
        self.assertEqual(asked, [{"verb": "limit", "account": "alice", "download": None}])

    def test_no_rate(self) -> None:
        """Status 2."""
        self.assertEqual(self.run_it("-c", self.config, "limit", "s7").exit_code, 2)

    def test_another_form_of_a_rate(self) -> None:
        """The line shows the right form."""
        done = self.run_it("-c", self.config, "limit", "s7", "--upload", "10M")
        self.assertEqual(done.exit_code, 2)
        self.assertIn("such as 64KiB/s", done.output)


class TraceTests(AnsweringCase):
    """``trace``."""

    TIME = "2026-09-21T14:13:20Z"

    def test_until_the_end_of_the_session(self) -> None:
        """Commands and replies, then status 0."""
        lines = [
            traced(time=self.TIME, verb="PASS", argument="****"),
            traced(time=self.TIME, code=230, lines=["Hello."], left_out=0),
            traced(ended=True),
        ]
        status, told, asked = self.ask("trace", "s1", answers=[result(ROW) + b"".join(lines)])
        expected = [
            "session s1 from 192.0.2.1, account alice",
            f"{self.TIME} > PASS ****",
            f"{self.TIME} < 230 Hello.",
            "the session has ended",
        ]
        self.assertEqual((status, told.splitlines(), asked), (0, expected, [{"verb": "trace", "id": "s1"}]))

    def test_json(self) -> None:
        """A line each, without the first answer."""
        answers = [result(ROW) + traced(time=self.TIME, lost=3) + traced(ended=True)]
        _, told, _ = self.ask("trace", "s1", "--json", answers=answers)
        self.assertEqual(
            [json.loads(line) for line in told.splitlines()], [{"time": self.TIME, "lost": 3}, {"ended": True}]
        )

    def test_a_long_reply(self) -> None:
        """Lines that are left out are counted."""
        told = lines_of_trace({"time": "t", "code": 214, "lines": ["a", "b"], "left_out": 4})
        self.assertEqual(told, ["t < 214 a", "t < 214 b", "t < 214 (4 more lines)"])

    def test_lost_lines(self) -> None:
        """The output was slow."""
        self.assertIn("3 lines are left out", lines_of_trace({"time": "t", "lost": 3})[0])

    def test_text_of_the_client(self) -> None:
        """It cannot steer the terminal."""
        told = lines_of_trace({"time": "t", "verb": "CWD", "argument": "\x1b]0;x\x07\u202e"})
        self.assertEqual(told, ["t > CWD \\x1b]0;x\\x07\\u202e"])

    def test_the_service_ends(self) -> None:
        """Status 3."""
        self.assertEqual(self.ask("trace", "s1", answers=[result(ROW)])[0], 3)
