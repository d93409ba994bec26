"""CCC and REIN with real clients: TLS ends on the control connection, and the session goes on in clear."""

from __future__ import annotations

import atexit
import ftplib
import io
import shutil
import socket
import ssl
from functools import lru_cache

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import run
from tests.interop.tls_server import TlsClient, TlsServer, trusting
from tests.interop.trees import octets


@lru_cache(maxsize=1)
def shared_server() -> TlsServer:
    """One server that allows CCC and demands protected data connections; it ends with the test run."""
    server = TlsServer(extra="clear_command_channel: true, data_protection: required")
    atexit.register(server.stop)
    server.start()
    return server


class EndingCase(SynchronousTestCase):
    """A running server, and a file of its own for each test."""

    version = ssl.TLSVersion.TLSv1_3

    def setUp(self) -> None:
        """Put the file there."""
        self.server = shared_server()
        self.name = f"{type(self).__name__}-{self.id().rpartition('.')[2]}"
        self.content = octets(300_000)
        (self.server.home / self.name).write_bytes(self.content)
        self.begun = len(self.server.log)


class CurlTests(EndingCase):
    """curl with ``--ftp-ssl-ccc``, whose default is the passive mode: it never answers our close_notify."""

    newest = "1.3"

    def transfer(self, *arguments: str, implicit: bool = False) -> bytes:
        """Run curl, which must succeed; what it printed."""
        if shutil.which("curl") is None:
            raise SkipTest("curl is not installed; .ci/run installs it")
        place = f"ftps://127.0.0.1:{self.server.implicit}" if implicit else f"ftp://127.0.0.1:{self.server.port}"
        done = run(
            *("curl", "-sS", "-k", "--ssl-reqd", "--max-time", "30", "--tls-max", self.newest, "-u", "alice:secret"),
            *("--ftp-ssl-ccc", *arguments, f"{place}/{self.name}"),
            cwd=str(self.server.folder),
        )
        self.assertEqual(done.returncode, 0, f"{done.stderr.decode(errors='replace')}\n{self.server.log[self.begun :]}")
        self.server.logged("TLS ends", since=self.begun)
        return done.stdout

    def upload(self, *arguments: str) -> None:
        """The same with an upload, which must arrive."""
        content = octets(200_001)
        (self.server.folder / self.name).write_bytes(content)
        self.transfer("-T", self.name, *arguments)
        self.assertEqual((self.server.home / self.name).read_bytes(), content)

    def test_passive_mode(self) -> None:
        """A download behind it."""
        self.assertEqual(self.transfer(), self.content)

    def test_active_mode(self) -> None:
        """Likewise; curl sends close_notify and waits for ours."""
        self.assertEqual(self.transfer("--ftp-ssl-ccc-mode", "active"), self.content)

    def test_upload_in_passive_mode(self) -> None:
        """The data connection stays protected."""
        self.upload()

    def test_upload_in_active_mode(self) -> None:
        """Likewise."""
        self.upload("--ftp-ssl-ccc-mode", "active")

    def test_passive_mode_on_the_implicit_port(self) -> None:
        """TLS ends there too."""
        self.assertEqual(self.transfer(implicit=True), self.content)

    def test_active_mode_on_the_implicit_port(self) -> None:
        """Likewise."""
        self.assertEqual(self.transfer("--ftp-ssl-ccc-mode", "active", implicit=True), self.content)


class OldCurlTests(CurlTests):
    """The same under TLS 1.2."""

    newest = "1.2"


class FtplibTests(EndingCase):
    """Python's ftplib, whose `ccc` exchanges close_notify."""

    def test_transfers_behind_ccc(self) -> None:
        """Both ways, protected; QUIT in clear."""
        client = ftplib.FTP_TLS(context=trusting(self.version), timeout=20)
        self.addCleanup(client.close)
        client.connect("127.0.0.1", self.server.port)
        client.login("alice", "secret")
        client.prot_p()
        client.ccc()
        assert isinstance(client.sock, ssl.SSLSocket)
        self.assertIsNone(client.sock.cipher())
        received = io.BytesIO()
        client.retrbinary(f"RETR {self.name}", received.write)
        self.assertEqual(received.getvalue(), self.content)
        client.storbinary(f"STOR {self.name}", io.BytesIO(b"short"))
        self.assertEqual((self.server.home / self.name).read_bytes(), b"short")
        self.assertTrue(client.quit().startswith("221"))


class OldFtplibTests(FtplibTests):
    """The same under TLS 1.2."""

    version = ssl.TLSVersion.TLSv1_2


class RawTests(EndingCase):
    """A client that does no more than the test says."""

    def connect(self, *, implicit: bool = False) -> TlsClient:
        """A client that has logged in under TLS."""
        port = self.server.implicit if implicit else self.server.port
        client = TlsClient(port, implicit=implicit, version=self.version)
        self.addCleanup(client.close)
        if implicit:
            self.assertEqual(client.code(), 220)
        self.assertEqual((client.say("USER alice"), client.say("PASS secret")), (331, 230))
        return client

    def in_clear(self, client: TlsClient) -> socket.socket:
        """The socket once both sides have ended TLS."""
        plain = client.socket.unwrap()
        self.addCleanup(plain.close)
        return plain

    def say(self, plain: socket.socket, line: str) -> int:
        """Send a line in clear; the code of its reply."""
        plain.sendall(line.encode() + b"\r\n")
        return int(plain.recv(4096)[:3])

    def test_rein(self) -> None:
        """220 under TLS, close_notify, a session in clear; and TLS again, with a context of its own."""
        client = self.connect()
        former = client.socket.session
        self.assertEqual(client.say("REIN"), 220)
        plain = self.in_clear(client)
        self.assertEqual((self.say(plain, "PWD"), self.say(plain, "AUTH TLS")), (530, 234))
        again = trusting(self.version).wrap_socket(plain, session=None)
        self.addCleanup(again.close)
        self.assertFalse(again.session_reused)
        self.assertIsNotNone(former)
        again.sendall(b"USER alice\r\n")
        self.assertTrue(again.recv(4096).startswith(b"331 "))
        again.sendall(b"PASS secret\r\n")
        self.assertTrue(again.recv(4096).startswith(b"230 "))

    def test_rein_on_the_implicit_port(self) -> None:
        """As right after connecting there: TLS stays."""
        client = self.connect(implicit=True)
        self.assertEqual((client.say("REIN"), client.say("PWD"), client.say("USER alice")), (220, 530, 331))

    def test_ccc_and_lines_in_one_piece_with_close_notify(self) -> None:
        """None of those in clear behind it is lost."""
        client = self.connect()
        self.assertEqual(client.say("CCC"), 200)
        plain = self.in_clear(client)
        plain.sendall(b"NOOP\r\nNOOP\r\nQUIT\r\n")
        with plain.makefile("rb") as answer:
            self.assertEqual([line[:3] for line in answer.read().splitlines()], [b"200", b"200", b"221"])

    def test_data_connections_behind_ccc(self) -> None:
        """They resume the session of the control connection as before."""
        client = self.connect()
        self.assertEqual((client.say("TYPE I"), client.say("PROT P"), client.say("CCC")), (200, 200, 200))
        former = client.socket.session
        plain = self.in_clear(client)
        plain.sendall(b"EPSV\r\n")
        port = int(plain.recv(4096).split(b"|")[3])
        data = socket.create_connection(("127.0.0.1", port), 20)
        self.addCleanup(data.close)
        self.assertEqual(self.say(plain, f"RETR {self.name}"), 150)
        protected = client.socket.context.wrap_socket(data, session=former)
        self.addCleanup(protected.close)
        self.assertTrue(protected.session_reused)
        with protected.makefile("rb") as whole:
            self.assertEqual(whole.read(), self.content)

    def test_clear_text_among_the_records(self) -> None:
        """Bytes that somebody puts into the stream before TLS has ended break it: nothing of them is carried out."""
        client = self.connect()
        tcp = socket.socket(fileno=socket.dup(client.socket.fileno()))
        self.addCleanup(tcp.close)
        tcp.sendall(f"DELE {self.name}\r\n".encode())
        self.server.logged("connection lost", since=self.begun)
        self.assertTrue((self.server.home / self.name).exists())


class OldRawTests(RawTests):
    """The same under TLS 1.2."""

    version = ssl.TLSVersion.TLSv1_2
