"""Entries of systemd's journal, by a reader of its protocol and through a socket."""

from __future__ import annotations

import os
import socket
import tempfile
from dataclasses import replace
from struct import unpack

from twisted.logger import LogLevel

from ftpd_service import events
from ftpd_service.observe.chatter import chatter_of
from ftpd_service.observe.event_table import EVENT_TABLE
from ftpd_service.observe.journal import Journal
from ftpd_service.observe.journal_fields import JournalFields
from ftpd_service.observe.log_writer import NotWritten
from ftpd_service.testing.fakes import peer
from ftpd_service.values import SessionId
from tests.cases import SynchronousTestCase
from tests.observe.hostile_events import HOSTILE, event_of, hostile_events

SECONDS = 1_790_000_000.25
LOGIN_FAILED = events.LoginFailed(session=SessionId("s1"), peer=peer(), name="bob", reason="wrong password")


def written(event: events.Event) -> bytes:
    """The datagram of an event."""
    return JournalFields().event(EVENT_TABLE[type(event)], event, SECONDS)


def read(datagram: bytes) -> dict[str, bytes]:
    """The fields of a datagram, by systemd's description of the protocol."""
    fields: dict[str, bytes] = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = unpack("<Q", rest[:8])
            value, datagram = rest[8 : 8 + length], rest[9 + length :]
            assert rest[8 + length : 9 + length] == b"\n", "a value is followed by a line end"
        else:
            datagram = rest
        key = name.decode("ascii")
        assert key not in fields, "a field is there once"
        fields[key] = value
    return fields


class FieldTests(SynchronousTestCase):
    """What an entry holds."""

    def test_an_event_has_its_message_and_its_fields(self) -> None:
        """With our beginning before their names."""
        self.assertEqual(
            read(written(LOGIN_FAILED)),
            {
                "PRIORITY": b"4",
                "SYSLOG_IDENTIFIER": b"ftpd",
                "MESSAGE": b's1 192.0.2.1 login failed for "bob": wrong password',
                "FTPD_EVENT": b"login_failed",
                "FTPD_SESSION": b"s1",
                "FTPD_ADDRESS": b"192.0.2.1",
                "FTPD_WRONG": b"true",
                "FTPD_OUTCOME": b"wrong",
                "FTPD_CHECKER": b"",
                "FTPD_NAME": b"bob",
                "FTPD_REASON": b"wrong password",
            },
        )

    def test_a_field_without_a_value_is_left_out(self) -> None:
        """A ban without an end has no seconds."""
        event = events.BanMade(kind="host", subject="192.0.2.1", seconds=None, reason="by hand")
        self.assertNotIn("FTPD_SECONDS", read(written(event)))

    def test_no_text_forges_a_field(self) -> None:
        """The fields are those of the same event with a harmless text."""
        forged = [
            event
            for event in hostile_events()
            if sorted(read(written(event))) != sorted(read(written(event_of(type(event), "harmless"))))
        ]
        self.assertEqual(forged, [])

    def test_a_name_comes_back_as_its_bytes(self) -> None:
        """Also where it has a line end, or is no UTF-8."""
        found = [read(written(replace(LOGIN_FAILED, name=text)))["FTPD_NAME"] for text in HOSTILE]
        self.assertEqual(found, [text.encode("utf-8", "surrogateescape") for text in HOSTILE])

    def test_chatter_has_its_part(self) -> None:
        """And its level as the priority."""
        chatter = chatter_of(
            {"log_format": "a\nb", "log_level": LogLevel.critical, "log_namespace": "ftpd_service.auth.ordered"}
        )
        assert chatter is not None
        fields = read(JournalFields().chatter(chatter))
        self.assertEqual(
            (fields["MESSAGE"], fields["PRIORITY"], fields["FTPD_PART"], fields["FTPD_EVENT"]),
            (b"a\nb", b"2", b"auth", b"message"),
        )

    def test_a_gap_is_an_entry(self) -> None:
        """With the number of missing entries."""
        fields = read(JournalFields().gap(3, SECONDS))
        self.assertEqual((fields["FTPD_EVENT"], fields["FTPD_MISSING"]), (b"lines_missing", b"3"))


class SocketTests(SynchronousTestCase):
    """A journal of the test's own."""

    def setUp(self) -> None:
        """A socket in a folder with a short path."""
        folder = tempfile.mkdtemp(prefix="ftpd-test-")
        self.addCleanup(os.rmdir, folder)
        self.path = os.path.join(folder, "socket")
        self.journal = Journal(self.path)
        self.addCleanup(self.journal.close)

    def bound(self) -> socket.socket:
        """The journal's end."""
        server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.bind(self.path)
        self.addCleanup(os.unlink, self.path)
        return server

    def test_each_entry_is_a_datagram(self) -> None:
        """In order."""
        server = self.bound()
        self.journal.write([b"MESSAGE=one\n", b"MESSAGE=two\n"])
        self.assertEqual([server.recv(100), server.recv(100)], [b"MESSAGE=one\n", b"MESSAGE=two\n"])

    def test_an_entry_beyond_a_datagram_is_a_file_in_memory(self) -> None:
        """Whose descriptor is sent."""
        server = self.bound()
        entry = b"MESSAGE=" + b"x" * (64 * 1024 * 1024) + b"\n"
        self.journal.write([entry])
        data, (descriptor,), _, _ = socket.recv_fds(server, 100, 1)
        with open(descriptor, "rb") as file:
            file.seek(0)
            self.assertEqual((data, file.read() == entry), (b"", True))

    def test_without_a_journal_nothing_counts_as_written(self) -> None:
        """The lines that did not arrive are counted."""
        with self.assertRaises(NotWritten) as caught:
            self.journal.write([b"MESSAGE=one\n"])
        self.assertEqual(caught.exception.written, 0)
