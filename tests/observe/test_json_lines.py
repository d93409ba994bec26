"""Lines of JSON: their fields, and what clients cannot put into them."""

from __future__ import annotations

import json
from dataclasses import replace

from twisted.logger import LogLevel
from twisted.python.failure import Failure

from ftpd_service import events
from ftpd_service.observe.chatter import chatter_of
from ftpd_service.observe.event_table import COMMON, EVENT_TABLE
from ftpd_service.observe.json_lines import LONGEST_BYTES, JsonLines
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Direction, SessionId
from tests.cases import SynchronousTestCase
from tests.observe.hostile_events import HOSTILE, event_of, hostile_events, least_event

SECONDS = 1_790_000_000.25
FINISHED = events.TransferFinished(
    session=SessionId("s1"),
    peer=peer(),
    account="alice",
    verb="STOR",
    direction=Direction.UPLOAD,
    path="/in/f",
    octets=10,
    seconds=1.5,
    outcome="complete",
    protected=True,
)


def written(event: events.Event) -> bytes:
    """The line of an event."""
    return JsonLines().event(EVENT_TABLE[type(event)], event, SECONDS)


def read(event: events.Event) -> dict[str, object]:
    """The object of an event, as a program reads it."""
    found = json.loads(written(event))
    assert isinstance(found, dict)
    return found


def chatted(text: str, **fields: object) -> dict[str, object]:
    """The object of a line of chatter."""
    event = {"log_format": text, "log_time": SECONDS, "log_level": LogLevel.warn, "log_namespace": "ftpd.tls"}
    chatter = chatter_of({**event, **fields})
    assert chatter is not None
    found = json.loads(JsonLines().chatter(chatter))
    assert isinstance(found, dict)
    return found


class EventTests(SynchronousTestCase):
    """The objects of events."""

    def test_a_line_has_the_common_fields_and_then_its_own(self) -> None:
        """In this order."""
        self.assertEqual(
            list(read(FINISHED).items()),
            [
                ("time", "2026-09-21T14:13:20.250000Z"),
                ("level", "info"),
                ("event", "transfer_finished"),
                ("session", "s1"),
                ("account", "alice"),
                ("address", "192.0.2.1"),
                ("verb", "STOR"),
                ("direction", "upload"),
                ("path", "/in/f"),
                ("bytes", 10),
                ("seconds", 1.5),
                ("outcome", "complete"),
                ("kind", "complete"),
                ("protected", True),
                ("ascii", False),
                ("grade", None),
                ("evidence", None),
                ("quarantined", None),
            ],
        )

    def test_an_event_of_the_server_has_the_common_fields_too(self) -> None:
        """They are null."""
        found = read(events.ConfigurationReloaded(differences=("a", "b")))
        self.assertEqual(found["differences"], ["a", "b"])
        self.assertEqual([found[name] for name in COMMON], [None, None, None])

    def test_every_event_has_the_common_fields_first(self) -> None:
        """Programs may rely on them."""
        heads = {tuple(read(least_event(kind)))[:6] for kind in EVENT_TABLE}
        self.assertEqual(heads, {("time", "level", "event", *COMMON)})

    def test_a_traceback_is_a_field(self) -> None:
        """Only the log shows it."""
        found = read(event_of(events.UnexpectedError, "broken"))
        self.assertEqual(found["exception"], "ValueError: broken")

    def test_each_second_has_its_time(self) -> None:
        """The text of a second is made once."""
        form = JsonLines()
        times = [form.event(EVENT_TABLE[type(FINISHED)], FINISHED, SECONDS + more)[9:36] for more in (0.0, 0.5, 1.0)]
        self.assertEqual(
            times, [b"2026-09-21T14:13:20.250000Z", b"2026-09-21T14:13:20.750000Z", b"2026-09-21T14:13:21.250000Z"]
        )


class SafetyTests(SynchronousTestCase):
    """What clients may have chosen."""

    def test_no_text_ends_a_line(self) -> None:
        """Of any field of any event."""
        lines = [written(event) for event in hostile_events()]
        self.assertEqual([line for line in lines if line.count(b"\n") != 1 or not line.isascii()], [])

    def test_no_text_forges_a_field(self) -> None:
        """The fields are those of the same event with a harmless text."""
        forged = [
            event for event in hostile_events() if list(read(event)) != list(read(event_of(type(event), "harmless")))
        ]
        self.assertEqual(forged, [])

    def test_a_reader_gets_the_text_back(self) -> None:
        """But for bytes that are no UTF-8, which readers of JSON refuse."""
        texts = [text for text in HOSTILE if "\udce9" not in text]
        self.assertEqual([read(replace(FINISHED, path=text))["path"] for text in texts], texts)

    def test_a_byte_that_is_no_utf8_is_readable(self) -> None:
        """There is no lone surrogate in the line."""
        self.assertEqual(read(replace(FINISHED, path="/na\udce9ve\U0001f600"))["path"], "/na\\xe9ve\U0001f600")

    def test_a_line_is_not_of_any_length(self) -> None:
        """A stranger's checker may give a reason of megabytes."""
        line = written(replace(FINISHED, outcome="x" * LONGEST_BYTES))
        self.assertLess(len(line), LONGEST_BYTES)
        self.assertIn(b"characters are left out", line)


class ChatterTests(SynchronousTestCase):
    """The objects of all other lines."""

    def test_chatter_has_the_same_fields_first(self) -> None:
        """And its part and text."""
        self.assertEqual(
            chatted("the text", session="s1"),
            {
                "time": "2026-09-21T14:13:20.250000Z",
                "level": "warn",
                "event": "message",
                "session": "s1",
                "account": None,
                "address": None,
                "part": "tls",
                "message": "the text",
            },
        )

    def test_a_failure_has_its_traceback(self) -> None:
        """As part of the text."""
        found = chatted("broken", log_failure=Failure(ValueError("the reason")))
        self.assertIn("ValueError: the reason", str(found["message"]))

    def test_hostile_chatter_is_one_line(self) -> None:
        """Whatever it holds."""
        found = [chatted("{typed}", typed=text)["event"] for text in HOSTILE]
        self.assertEqual(found, ["message"] * len(HOSTILE))

    def test_a_gap_is_an_event(self) -> None:
        """With the number of missing lines."""
        found = json.loads(JsonLines().gap(3, SECONDS))
        self.assertEqual((found["event"], found["missing"], found["level"]), ("lines_missing", 3, "error"))
