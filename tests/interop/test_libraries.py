"""Python's ftplib and Twisted's own FTPClient against a server in its own process."""

from __future__ import annotations

import ftplib
import io
import os

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.ftp import FTPClient, FTPFileListProtocol
from twisted.python.failure import Failure

from tests.cases import SynchronousTestCase, TestCase
from tests.interop.server import Server
from tests.interop.trees import NAMES, RAW_NAME, make_names, octets


class FtplibTests(SynchronousTestCase):
    """Python's ftplib: strict UTF-8, TYPE A for listings, ABOR as urgent data."""

    def setUp(self) -> None:
        """A server and a client that is logged in."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.server.start()
        self.client = ftplib.FTP(timeout=20)
        self.client.connect("127.0.0.1", self.server.port)
        self.client.login("alice", "secret")
        self.addCleanup(self.client.close)

    def fetched(self, name: str) -> bytes:
        """A whole file."""
        received = io.BytesIO()
        self.client.retrbinary(f"RETR {name}", received.write)
        return received.getvalue()

    def test_names_of_all_kinds_come_back_in_mlsd(self) -> None:
        """Each name that is UTF-8, unchanged."""
        make_names(self.server.home)
        listed = {name for name, facts in self.client.mlsd() if facts["type"] == "file"}
        self.assertEqual(listed, {name.decode() for name in NAMES})

    def test_every_name_of_a_listing_can_be_fetched(self) -> None:
        """NLST's lines are arguments of RETR."""
        make_names(self.server.home)
        self.client.voidcmd("TYPE I")
        names = self.client.nlst()
        sizes = [len(self.fetched(name)) for name in names]
        self.assertEqual(sorted(sizes), [100 + number for number in range(len(NAMES))])

    def test_a_name_that_is_no_utf8_by_latin_1(self) -> None:
        """Its octets go through unchanged."""
        self.client.encoding = "latin-1"
        self.client.storbinary(f"STOR {RAW_NAME.decode('latin-1')}", io.BytesIO(b"raw"))
        self.assertEqual(os.listdir(os.fsencode(self.server.home)), [RAW_NAME])

    def test_text_goes_down_with_crlf_and_up_without(self) -> None:
        """TYPE A both ways."""
        self.client.storlines("STOR text", io.BytesIO(b"one\ntwo\n"))
        stored = (self.server.home / "text").read_bytes()
        received = io.BytesIO()
        self.client.sendcmd("TYPE A")
        with self.client.transfercmd("RETR text") as data:
            while piece := data.recv(1000):
                received.write(piece)
        self.client.voidresp()
        self.assertEqual((stored, received.getvalue()), (b"one\ntwo\n", b"one\r\ntwo\r\n"))

    def test_size_in_text_counts_what_is_sent(self) -> None:
        """RFC 3659 section 4."""
        (self.server.home / "text").write_bytes(b"one\ntwo\n")
        self.client.voidcmd("TYPE A")
        self.assertEqual(self.client.size("text"), 10)

    def test_an_upload_is_resumed_at_an_offset(self) -> None:
        """REST before STOR keeps what stands before and behind."""
        (self.server.home / "file").write_bytes(b"0123456789")
        self.client.storbinary("STOR file", io.BytesIO(b"ABC"), rest="4")
        self.assertEqual((self.server.home / "file").read_bytes(), b"0123ABC789")

    def test_a_restart_beyond_the_end_is_554(self) -> None:
        """Before any data connection is used."""
        (self.server.home / "file").write_bytes(b"0123456789")
        with self.assertRaisesRegex(ftplib.error_perm, "^554"):
            self.client.transfercmd("RETR file", rest="11")

    def test_abort_ends_a_transfer_and_keeps_the_session(self) -> None:
        """ftplib's own abort, which sends its last octet as urgent data."""
        (self.server.home / "large").write_bytes(octets(20_000_000))
        data = self.client.transfercmd("RETR large")
        self.addCleanup(data.close)
        self.client.abort()
        self.assertTrue(self.client.getmultiline().startswith("226"))
        self.assertEqual(self.client.pwd(), "/")

    def test_no_host_path_in_any_refusal(self) -> None:
        """Whatever is refused, the client reads no path of the host."""
        refusals = []
        for command in ("RETR missing", "CWD missing", "MKD a/b", "DELE missing", "RMD missing", "RNFR missing"):
            try:
                self.client.voidcmd(command)
            except ftplib.error_perm as refusal:
                refusals.append(str(refusal))
        self.assertEqual([text for text in refusals if str(self.server.home) in text or "/tmp" in text], [])
        self.assertEqual(len(refusals), 6)


class Collector(Protocol):
    """Keeps what a data connection brings.

    :ivar done: fires with all octets at its end.
    """

    def __init__(self) -> None:
        self._octets = bytearray()
        self.done: Deferred[bytes] = Deferred()

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self._octets += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """That was all."""
        self.done.callback(bytes(self._octets))


class TwistedClientTests(TestCase):
    """Twisted's own FTPClient."""

    async def client(self) -> FTPClient:
        """A client that is logged in."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.server.start()
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", self.server.port)
        client: FTPClient = await connectProtocol(endpoint, FTPClient("alice", "secret", passive=True))
        return client

    async def end(self, client: FTPClient) -> None:
        """Say goodbye; the Server's end would break the connection otherwise."""
        await client.quit()

    async def test_a_file_comes_down(self) -> None:
        """RETR by PASV."""
        client = await self.client()
        (self.server.home / "file").write_bytes(octets(200_000))
        collector = Collector()
        await client.retrieveFile("file", collector)
        received = await collector.done
        await self.end(client)
        self.assertEqual(received, octets(200_000))

    async def test_a_file_goes_up(self) -> None:
        """STOR by PASV."""
        client = await self.client()
        consumer, finished = client.storeFile("file")
        sender = await consumer
        sender.transport.write(octets(200_000))
        sender.finish()
        await finished
        await self.end(client)
        self.assertEqual((self.server.home / "file").read_bytes(), octets(200_000))

    async def test_a_listing_is_parsed(self) -> None:
        """Its parser takes every row."""
        client = await self.client()
        (self.server.home / "file").write_bytes(b"12345")
        (self.server.home / "folder").mkdir()
        listing = FTPFileListProtocol()
        await client.list(".", listing)
        await self.end(client)
        rows = {entry["filename"]: (entry["filetype"], entry["size"]) for entry in listing.files}
        self.assertEqual((rows["file"], rows["folder"][0]), (("-", 5), "d"))
