"""Uploads of a real process by real connections: their grades, and clients that break off anywhere.

A broken upload is never answered or logged as complete, and leaves nothing under its name.
"""

from __future__ import annotations

import ftplib
import json
import random
import socket
import struct
from typing import Any

from tests.cases import SynchronousTestCase
from tests.interop.server import Server
from tests.interop.tls_kinds import Kind, KindClient
from tests.interop.tls_server import TlsServer

SEED = 13
BREAKS = 40
LARGEST = 300_000
"""More than a slice, and more than the first bytes that a small upload keeps."""
MORE_THAN_BUFFERS = 16 * 1024 * 1024
LOG = "logging: {format: json}"


def reset(connection: socket.socket) -> None:
    """End a connection by RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def plain_client(port: int) -> ftplib.FTP:
    """A session of alice in TYPE I."""
    client = ftplib.FTP()
    client.connect("127.0.0.1", port, timeout=60)
    client.login("alice", "secret")
    client.voidcmd("TYPE I")
    return client


class UploadsCase(SynchronousTestCase):
    """A server that logs JSON."""

    sections: tuple[str, ...] = (LOG,)

    def setUp(self) -> None:
        """Start it."""
        self.server = self.made()
        self.addCleanup(self.server.stop)
        with self.server.configuration.open("a") as file:
            file.write("\n".join((*self.sections, "")))
        self.server.start()

    def made(self) -> Server:
        """The server."""
        return Server()

    def ended(self, count: int) -> list[dict[str, Any]]:  # Any: JSON
        """The lines of the first uploads that have ended."""
        found: list[dict[str, Any]] = []  # Any: as above
        since = 0
        while len(found) < count:
            text = self.server.logged('"transfer_finished"', since=since)
            whole = text[: text.rindex("\n") + 1]
            since += len(whole)
            lines = (json.loads(line) for line in whole.splitlines() if '"event":"transfer_finished"' in line)
            found += lines
        return found

    def grades(self, count: int) -> list[tuple[str, str, str]]:
        """Outcome, grade and evidence of the first uploads."""
        return [(line["outcome"], line["grade"], line["evidence"]) for line in self.ended(count)]


class PlainGradeTests(UploadsCase):
    """In clear."""

    def test_grades(self) -> None:
        """A clean end, ALLO, and an end before the bytes that ALLO announced."""
        client = plain_client(self.server.port)
        self.addCleanup(client.close)
        for announced in (None, 3, 4):
            if announced is not None:
                client.voidcmd(f"ALLO {announced}")
            with client.transfercmd(f"STOR {announced}") as connection:
                connection.sendall(b"abc")
            self.assertEqual(client.voidresp()[:3], "226")
        expected = [("likely", "clean_end"), ("proved", "announced_size"), ("doubtful", "fewer_than_announced")]
        self.assertEqual(self.grades(3), [("complete", *one) for one in expected])


class QuarantineTests(UploadsCase):
    """A quarantine for doubtful and broken uploads."""

    sections = (LOG, "uploads: {quarantine: quarantine, grades: {doubtful: quarantine, aborted: quarantine}}")

    def test_doubtful_and_broken(self) -> None:
        """The bytes are there, no name has them, and the log tells where."""
        client = plain_client(self.server.port)
        self.addCleanup(client.close)
        client.voidcmd("ALLO 4")
        with client.transfercmd("STOR f") as connection:
            connection.sendall(b"abc")
        self.assertEqual(client.voidresp()[:3], "226")
        connection = client.transfercmd("STOR f")
        connection.sendall(bytes(MORE_THAN_BUFFERS))
        reset(connection)
        self.assertRaisesRegex(ftplib.error_temp, "^426", client.voidresp)
        doubtful, broken = self.ended(2)
        self.assertEqual([doubtful["kind"], broken["kind"]], ["quarantined", "aborted"])
        quarantine = self.server.folder / "quarantine"
        self.assertEqual((quarantine / doubtful["quarantined"]).read_bytes(), b"abc")
        self.assertEqual((quarantine / broken["quarantined"]).stat().st_size, broken["bytes"])
        self.assertEqual(list(self.server.home.iterdir()), [])


class TlsGradeTests(UploadsCase):
    """Protected, without close_notify."""

    def made(self) -> Server:
        """With a certificate."""
        return TlsServer(extra="data_resumption: report")

    def test_grades(self) -> None:
        """With close_notify, and of a client that sends none."""
        for says_goodbye in (True, False):
            client = KindClient(self.server.port, Kind(says_goodbye=says_goodbye))
            self.addCleanup(client.close)
            self.assertEqual(client.up(f"STOR {says_goodbye}", b"abc"), [150, 226])
        expected = [("complete", "proved", "close_notify"), ("complete", "doubtful", "no_close_notify")]
        self.assertEqual(self.grades(2), expected)


class Breaking:
    """Chooses where and how uploads break off: the same places in each run."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)

    def cut(self) -> bytes:
        """The bytes that are sent before the end: none, some, or all."""
        return self._random.randbytes(self._random.choice((0, 1, self._random.randrange(LARGEST), LARGEST)))

    def leaves(self) -> bool:
        """Whether the client is gone altogether."""
        return self._random.random() < 0.3


class BrokenPlainTests(UploadsCase):
    """In clear."""

    def test_clients_that_break_off_anywhere(self) -> None:
        """426 for a client that is there; the former file stays, and a new name stays free."""
        (self.server.home / "former").write_bytes(b"former")
        breaking = Breaking()
        for number in range(BREAKS):
            self.break_off(breaking, ("STOR former", "STOR new", "STOU")[number % 3])
        self.assertEqual({line[1:] for line in self.grades(BREAKS)}, {("aborted", "broken")})
        self.assertEqual({path.name: path.read_bytes() for path in self.server.home.iterdir()}, {"former": b"former"})

    def break_off(self, breaking: Breaking, command: str) -> None:
        """Send a part of an upload, and break off."""
        with plain_client(self.server.port) as client:
            connection = client.transfercmd(command)
            connection.sendall(breaking.cut())
            if breaking.leaves():
                # A killed client: both connections end in order.
                client.close()
                connection.close()
                return
            reset(connection)
            with self.assertRaisesRegex(ftplib.error_temp, "^426"):
                client.voidresp()


class BrokenTlsTests(BrokenPlainTests):
    """Protected, without close_notify."""

    def made(self) -> Server:
        """With a certificate."""
        return TlsServer(extra="data_resumption: report")

    def break_off(self, breaking: Breaking, command: str) -> None:
        """Send a part of an upload, and break off."""
        client = KindClient(self.server.port, Kind())
        self.addCleanup(client.close)
        _, connected = client.begin(command)
        connected.socket.sendall(breaking.cut())
        if breaking.leaves():
            client.close()
            connected.socket.close()
            return
        reset(connected.socket)
        self.assertEqual(client.code(), 426)
