"""Quotas of a real process, by each way in which bytes are moved: exactly the room fits, and never more."""

from __future__ import annotations

import contextlib
import ftplib
import io
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.cases import SynchronousTestCase
from tests.interop.server import Server
from tests.interop.tls_server import TlsServer, protected_session

ROOM = 700_001
"""More than any mover copies at once where little is left."""
FORMER = b"former file"
LIMITS = "quota: {{bytes: {bytes}B}}, limits: {{file_size: {size}B}}"


class QuotaCase(SynchronousTestCase):
    """A server of alice, whose quota leaves `ROOM` bytes beside a file."""

    def setUp(self) -> None:
        """Start it."""
        self.server = self.made()
        self.addCleanup(self.server.stop)
        (self.server.home / "former").write_bytes(FORMER)
        with self.server.configuration.open("a") as file:
            file.write(f"account_defaults: {{{self.account()}}}\n")
        self.server.start()
        self.client = self.connected()

    def made(self) -> Server:
        """The server."""
        return Server()

    def account(self) -> str:
        """The keys of the account."""
        return LIMITS.format(bytes=len(FORMER) + ROOM, size=2 * ROOM)

    def connected(self) -> ftplib.FTP:
        """A session of alice."""
        client = ftplib.FTP()
        self.addCleanup(client.close)
        client.connect("127.0.0.1", self.server.port, timeout=60)
        client.login("alice", "secret")
        return client

    def upload(self, command: str, data: bytes, rest: int | None = None) -> str:
        """The reply to an upload; empty if the server has closed the data connection before all was sent."""
        try:
            return self.client.storbinary(command, io.BytesIO(data), rest=rest)
        except ftplib.Error as refused:
            return str(refused)
        except OSError:
            # The server ends the upload while bytes are on their way.
            return self.reply()

    def reply(self) -> str:
        """The reply that is left after a broken upload."""
        try:
            return self.client.getresp()
        except ftplib.Error as refused:
            return str(refused)

    def stored(self, name: str) -> bytes | None:
        """A file on the disk, or None."""
        path = self.server.home / name
        return path.read_bytes() if path.exists() else None

    def agree(self, command: str, *, fits: int, rest: int | None = None) -> None:
        """Demand that one byte more than `fits` is refused with 552, and `fits` bytes are not."""
        self.assertEqual(self.upload(command, b"x" * (fits + 1), rest)[:3], "552")
        self.assertEqual(self.upload(command, b"y" * fits, rest)[:3], "226")


class PlainTests(QuotaCase):
    """Uploads in clear, by splice."""

    def test_new_file(self) -> None:
        """Exactly the room; nothing of a larger file is left."""
        self.assertEqual(self.upload("STOR new", b"x" * (ROOM + 1))[:3], "552")
        self.assertEqual(sorted(path.name for path in self.server.home.iterdir()), ["former"])
        self.assertEqual(self.upload("STOR new", b"x" * ROOM)[:3], "226")

    def test_replaced_file(self) -> None:
        """The former file's room besides; it stays when the new file is too large."""
        self.assertEqual(self.upload("STOR former", b"x" * (ROOM + len(FORMER) + 1))[:3], "552")
        self.assertEqual(self.stored("former"), FORMER)
        self.assertEqual(self.upload("STOR former", b"x" * (ROOM + len(FORMER)))[:3], "226")

    def test_appended_bytes(self) -> None:
        """In place all that fits is kept, to the byte."""
        self.assertEqual(self.upload("APPE former", b"x" * (ROOM + 1))[:3], "552")
        self.assertEqual(len(self.stored("former") or b""), len(FORMER) + ROOM)

    def test_resumed_upload(self) -> None:
        """Bytes from the offset on replace others."""
        self.assertEqual(self.upload("STOR former", b"x" * (ROOM + 5), rest=6)[:3], "226")
        self.assertEqual(self.stored("former"), FORMER[:6] + b"x" * (ROOM + 5))

    def test_full_account(self) -> None:
        """552 instead of 150, so no byte flows; and less is allowed."""
        self.upload("STOR new", b"x" * ROOM)
        self.assertRaisesRegex(ftplib.error_perm, "^552", self.client.transfercmd, "STOR other")
        self.client.delete("former")
        self.assertEqual(self.upload("STOR other", b"x" * len(FORMER))[:3], "226")

    def test_file_size(self) -> None:
        """The cap of a file counts as a quota does."""
        self.client.sendcmd("ALLO 1400002")
        self.assertEqual(self.client.sendcmd("ALLO 1400003")[:3], "200")
        self.assertRaisesRegex(ftplib.error_perm, "^552", self.client.transfercmd, "STOR other")

    def test_announced_size(self) -> None:
        """552 instead of 150."""
        self.client.sendcmd(f"ALLO {ROOM + 1}")
        self.assertRaisesRegex(ftplib.error_perm, "^552", self.client.transfercmd, "STOR new")

    def test_room_left(self) -> None:
        """AVBL tells it."""
        self.assertEqual(self.client.sendcmd("AVBL"), f"213 {ROOM}")


class AsciiTests(QuotaCase):
    """Uploads in TYPE A, through Python; the size on the disk counts."""

    def upload(self, command: str, data: bytes, rest: int | None = None) -> str:
        """Send lines of one character, as many as the data has bytes: two bytes each on the disk."""
        lines = b"".join(bytes([one]) + b"\r\n" for one in data)
        self.client.voidcmd("TYPE A")
        with contextlib.suppress(OSError), self.client.transfercmd(command) as connection:
            connection.sendall(lines)
        return self.reply()

    def test_exactly_the_room(self) -> None:
        """Lines are stored with a byte less than they are sent."""
        self.agree("STOR former", fits=(ROOM + len(FORMER)) // 2)
        self.assertEqual(len(self.stored("former") or b""), ROOM + len(FORMER))


class TlsTests(QuotaCase):
    """Uploads in TLS."""

    def made(self) -> Server:
        """The server."""
        return TlsServer()

    def connected(self) -> ftplib.FTP:
        """A protected session of alice."""
        client = protected_session(self.server.port)
        self.addCleanup(client.close)
        return client

    def test_replaced_file(self) -> None:
        """Exactly the room, and the former file stays when the new file is too large."""
        self.assertEqual(self.upload("STOR former", b"x" * (ROOM + len(FORMER) + 1))[:3], "552")
        self.assertEqual(self.stored("former"), FORMER)
        self.assertEqual(self.upload("STOR former", b"x" * (ROOM + len(FORMER)))[:3], "226")

    def test_appended_bytes(self) -> None:
        """In place all that fits is kept, to the byte."""
        self.assertEqual(self.upload("APPE former", b"x" * (ROOM + 1))[:3], "552")
        self.assertEqual(len(self.stored("former") or b""), len(FORMER) + ROOM)


class ManyTests(QuotaCase):
    """Twenty uploads at once into the last MiB."""

    def account(self) -> str:
        """A quota that leaves a MiB."""
        return f"quota: {{bytes: {len(FORMER) + 2**20}B}}"

    def send(self, client: ftplib.FTP, number: int) -> bool:
        """Upload 200 KiB; whether they are stored."""
        with contextlib.suppress(ftplib.Error, OSError):
            client.storbinary(f"STOR {number}", io.BytesIO(bytes(200 * 1024)), blocksize=16 * 1024)
            return True
        return False

    def test_they_never_exceed_it(self) -> None:
        """Some of them fit, five at most."""
        clients = [self.connected() for _ in range(20)]
        with ThreadPoolExecutor(20) as threads:
            kept = sum(threads.map(partial(self.send), clients, range(20)))
        files = [path.stat().st_size for path in self.server.home.iterdir()]
        self.assertEqual(len(files), kept + 1)
        self.assertTrue(1 <= kept <= 5, kept)
