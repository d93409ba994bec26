"""Digests and ranges of a real process: with a real disk, by each mover, and beside other clients."""

from __future__ import annotations

import ftplib
import hashlib
import io
import os
import time
import zlib

from tests.cases import SynchronousTestCase
from tests.interop.server import Server
from tests.interop.tls_server import TlsServer, protected_session

SIZE = 3_000_001
CONTENT = os.urandom(SIZE)
LARGE = 4 * 2**30
"""The size of a file that takes several seconds."""


class DigestCase(SynchronousTestCase):
    """A server of alice, with a file."""

    def setUp(self) -> None:
        """Start it."""
        self.server = self.made()
        self.addCleanup(self.server.stop)
        (self.server.home / "f").write_bytes(CONTENT)
        self.server.start()
        self.client = self.connected()

    def made(self) -> Server:
        """The server."""
        return Server()

    def connected(self) -> ftplib.FTP:
        """A session of alice."""
        client = ftplib.FTP()
        self.addCleanup(client.close)
        client.connect("127.0.0.1", self.server.port, timeout=60)
        client.login("alice", "secret")
        client.voidcmd("TYPE I")
        return client

    def fetched(self, start: int, end: int) -> tuple[int | None, bytes]:
        """The size that the 150 tells, and the bytes of a RETR after RANG."""
        self.client.sendcmd(f"RANG {start} {end}")
        connection, size = self.client.ntransfercmd("RETR f")
        with connection, connection.makefile("rb") as file:
            data = file.read()
        self.client.voidresp()
        return size, data

    def stored(self, start: int, end: int, data: bytes) -> str:
        """The reply to a STOR after RANG."""
        self.client.sendcmd(f"RANG {start} {end}")
        try:
            return self.client.storbinary("STOR f", io.BytesIO(data))
        except ftplib.Error as refused:
            return str(refused)
        except OSError:
            # The server ends the upload while bytes are on their way.
            return self.client.getmultiline()

    def check_downloads(self) -> None:
        """Fetch parts of several sizes, and demand exactly their bytes."""
        for start, end in ((0, 0), (10, 19), (5, 65_535), (65_536, 65_536), (70_000, 2_900_000), (SIZE - 3, SIZE + 9)):
            expected = CONTENT[start : end + 1]
            self.assertEqual(self.fetched(start, end), (len(expected), expected))
        self.assertEqual(self.fetched(SIZE + 1, 2**63 - 1)[1], b"")

    def check_uploads(self) -> None:
        """Store parts, whole and too long; nothing outside of them may change."""
        content = bytearray(CONTENT)
        for start, count, sent in ((10, 10, 10), (100_000, 1_000_000, 1_000_000), (5, 70_000, 200_000), (7, 5, 6)):
            data = os.urandom(sent)
            content[start : start + count] = data[:count]
            reply = self.stored(start, start + count - 1, data)
            self.assertEqual(reply[:3], "226" if sent == count else "552")
            self.assertTrue((self.server.home / "f").read_bytes() == content)


class PlainTests(DigestCase):
    """In clear: downloads by sendfile, uploads by splice."""

    def test_digests(self) -> None:
        """Each algorithm, and a part of the file."""
        for name in ("sha256", "sha512", "sha1", "md5"):
            digest = hashlib.new(name, CONTENT).hexdigest()
            self.assertEqual(self.client.sendcmd(f"X{name} f".upper().replace(" F", " f")), f"250 {digest.upper()}")
        self.assertEqual(self.client.sendcmd("XCRC f"), f"250 {zlib.crc32(CONTENT):08X}")
        part = hashlib.sha256(CONTENT[1_000:2_500_001]).hexdigest()
        self.client.sendcmd("RANG 1000 2500000")
        self.assertEqual(self.client.sendcmd("HASH f"), f"213 SHA-256 1000-2500000 {part} f")

    def test_ranges(self) -> None:
        """Downloads, then uploads."""
        self.check_downloads()
        self.check_uploads()

    def test_a_digest_of_a_new_upload(self) -> None:
        """As clients ask for it, at once, of small and larger files."""
        for size in (0, 1, 65_536, 65_537, SIZE):
            data = os.urandom(size)
            self.client.storbinary("STOR new", io.BytesIO(data))
            digest = hashlib.sha256(data).hexdigest()
            self.assertEqual(self.client.sendcmd("XSHA256 new"), f"250 {digest.upper()}")

    def test_digests_of_a_file_that_changes_by_parts(self) -> None:
        """A digest of before is never answered, whatever changes the file."""
        content = bytearray(CONTENT)
        self.client.storbinary("STOR f", io.BytesIO(CONTENT))
        self.check_digest(bytes(content))
        content[7:12] = b"xxxxx"
        self.stored(7, 11, b"xxxxx")
        self.check_digest(bytes(content))
        content[0:5] = b"yyyyy"
        self.stored(0, SIZE - 1, b"yyyyy")
        self.check_digest(bytes(content))
        content[3:] = b"end"
        (self.server.home / "f").write_bytes(content)
        self.check_digest(bytes(content))
        content += b"more"
        self.client.storbinary("APPE f", io.BytesIO(b"more"))
        self.check_digest(bytes(content))

    def check_digest(self, content: bytes) -> None:
        """Demand the digest of a content twice, as the second answer may be a kept one."""
        answer = f"250 {hashlib.sha256(content).hexdigest().upper()}"
        self.assertEqual([self.client.sendcmd("XSHA256 f") for _ in range(2)], [answer] * 2)

    def test_a_large_file(self) -> None:
        """Other clients do not wait, and ABOR ends it at once."""
        with (self.server.home / "large").open("wb") as file:
            file.truncate(LARGE)
        other = self.connected()
        self.client.putcmd("XSHA512 large")
        took = []
        for _ in range(50):
            began = time.monotonic()
            other.voidcmd("NOOP")
            took.append(time.monotonic() - began)
        began = time.monotonic()
        self.client.putcmd("ABOR")
        self.assertRaisesRegex(ftplib.error_temp, "^451", self.client.getresp)
        self.assertEqual(self.client.getresp()[:3], "226")
        # Both figures are far from the limits: docs/performance.rst has those of a machine with nothing else to do.
        self.assertLess(time.monotonic() - began, 1.0)
        self.assertLess(sorted(took)[25], 0.1)
        self.assertEqual(self.client.sendcmd("XSHA256 f"), f"250 {hashlib.sha256(CONTENT).hexdigest().upper()}")


class TlsTests(DigestCase):
    """In TLS, by batches."""

    def made(self) -> Server:
        """The server."""
        return TlsServer()

    def connected(self) -> ftplib.FTP:
        """A protected session of alice."""
        client = protected_session(self.server.port)
        self.addCleanup(client.close)
        client.voidcmd("TYPE I")
        return client

    def test_ranges(self) -> None:
        """Downloads, then uploads."""
        self.check_downloads()
        self.check_uploads()


class ResumableTests(DigestCase):
    """With resumable uploads."""

    def made(self) -> Server:
        """The server."""
        return Server(extra="uploads: {mode: resumable}")

    def test_the_digest_of_a_broken_upload(self) -> None:
        """It is that of the bytes that SIZE shows; RANG does not go on with it."""
        data = os.urandom(300_000)
        with self.client.transfercmd("STOR new") as connection:
            connection.sendall(data)
            while self.client_size("new") < len(data) - 1:
                time.sleep(0.01)
            self.client.putcmd("ABOR")
            self.assertRaisesRegex(ftplib.error_temp, "^426", self.client.getresp)
            self.client.getresp()
        shown = hashlib.sha256(data[:-1]).hexdigest()
        self.assertEqual(self.client.sendcmd("HASH new"), f"213 SHA-256 0-299998 {shown} new")
        self.client.sendcmd("RANG 0 9")
        self.assertRaisesRegex(ftplib.error_perm, "^550", self.client.transfercmd, "STOR new")
        self.client.storbinary("STOR new", io.BytesIO(data[200_000:]), rest=200_000)
        self.assertEqual((self.server.home / "new").read_bytes(), data)

    def client_size(self, name: str) -> int:
        """What another session of the account sees."""
        other = self.connected()
        try:
            return other.size(name) or 0
        except ftplib.error_perm:
            return -1
        finally:
            other.close()


class QuotaTests(DigestCase):
    """In clear, with a quota that is nearly used up."""

    def made(self) -> Server:
        """The server."""
        server = Server()
        with server.configuration.open("a") as file:
            file.write(f"account_defaults: {{quota: {{bytes: {SIZE + 100_000}B}}}}\n")
        return server

    def test_a_range_within_the_file_takes_no_room(self) -> None:
        """Then one that makes the file longer than the quota is 552, with all that fits."""
        self.check_uploads()
        self.assertEqual(self.stored(SIZE, SIZE + 99_999, bytes(100_001))[:3], "552")
        self.assertEqual((self.server.home / "f").stat().st_size, SIZE + 100_000)
        self.assertEqual(self.stored(SIZE + 100_000, SIZE + 200_000, b"x")[:3], "552")
        self.assertEqual(self.stored(0, 9, bytes(10))[:3], "226")
