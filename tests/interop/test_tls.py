"""TLS over real sockets: what a stranger may send, how connections end, and certificates that change."""

from __future__ import annotations

import atexit
import contextlib
import socket
import ssl
from functools import lru_cache

from tests.cases import SynchronousTestCase
from tests.interop.tls_server import TlsClient, TlsServer, trusting
from tests.interop.trees import octets


@lru_cache(maxsize=1)
def shared_server() -> TlsServer:
    """One server for all tests that leave its certificate alone; it ends with the test run."""
    server = TlsServer()
    atexit.register(server.stop)
    server.start()
    return server


class TlsCase(SynchronousTestCase):
    """A server, and what it logs of a test's own sessions."""

    def setUp(self) -> None:
        """Start it, and remember where its log stands once all sessions of former tests have ended."""
        self.server = shared_server()
        # Lines come a moment later than what they tell, and in its order: behind this one stand all former sessions.
        with self.clear() as last:
            self.server.logged(f" connected from 127.0.0.1:{last.getsockname()[1]}\n")
        for number in range(1, self.server.log.count(" connected from ") + 1):
            self.server.logged(f"] s{number} ended after ")
        self.begun = len(self.server.log)

    def connect(self, *, implicit: bool = False, version: ssl.TLSVersion | None = None) -> TlsClient:
        """A client under TLS."""
        port = self.server.implicit if implicit else self.server.port
        client = TlsClient(port, implicit=implicit, version=version)
        self.addCleanup(client.close)
        return client

    def clear(self, port: int | None = None) -> socket.socket:
        """A client that has not begun TLS; the greeting is read where there is one."""
        plain = socket.create_connection(("127.0.0.1", port or self.server.port), 20)
        self.addCleanup(plain.close)
        if port is None:
            self.assertTrue(plain.recv(4096).startswith(b"220 "))
        return plain

    def logged(self, text: str) -> str:
        """What was logged since the test began, once it holds a text."""
        return self.server.logged(text, since=self.begun)


class EndTests(TlsCase):
    """How a control connection ends."""

    def test_quit(self) -> None:
        """221, close_notify, FIN (RFC 959 section 4.1.1; RFC 4217 section 12.6): no reset, no end without a word."""
        client = self.connect()
        self.assertEqual(client.say("QUIT"), 221)
        # Python raises SSLEOFError for an end without close_notify.
        self.assertEqual(client.socket.recv(1), b"")
        plain = client.socket.unwrap()
        self.assertEqual(plain.recv(1), b"")
        plain.close()
        self.assertNotIn("Traceback", self.logged("QUIT answered 221"))

    def test_quit_of_a_client_that_closes_at_once(self) -> None:
        """No traceback in the log."""
        client = self.connect(version=ssl.TLSVersion.TLSv1_2)
        client.socket.sendall(b"QUIT\r\n")
        client.close()
        self.assertNotIn("Traceback", self.logged("ended after"))

    def test_a_client_that_closes_tls(self) -> None:
        """Its close_notify is the end of the session."""
        client = self.connect()
        self.assertEqual(client.say("NOOP"), 200)
        client.socket.unwrap().close()
        self.assertIn("end of input", self.logged("ended after"))

    def test_abor_and_stat_under_tls(self) -> None:
        """Without urgent data, which TLS does not have (RFC 4217 section 14)."""
        client = self.connect()
        self.assertEqual((client.say("ABOR"), client.say("STAT")), (225, 211))


class StrangerTests(TlsCase):
    """What is no handshake."""

    def test_injection(self) -> None:
        """What is sent with AUTH in one piece ends the session, and nothing of it is carried out."""
        plain = self.clear()
        plain.sendall(b"AUTH TLS\r\nMKD injected\r\n")
        with plain.makefile("rb") as answer:
            self.assertEqual(answer.read(), b"503 Data after AUTH.\r\n")
        plain.close()
        self.assertIn("AUTH answered 503", self.logged("ended after"))

    def test_garbage(self) -> None:
        """One line in the log, an alert to the client, the end."""
        plain = self.clear()
        plain.sendall(b"AUTH TLS\r\n")
        self.assertTrue(plain.recv(100).startswith(b"234 "))
        plain.sendall(b"USER alice\r\nPASS secret\r\n")
        self.assertNotIn(b"331", plain.makefile("rb").read())
        log = self.logged("TLS handshake failed")
        self.assertNotIn("Traceback", log)
        self.assertNotIn('login of "alice"', log)

    def test_clear_text_to_an_implicit_listener(self) -> None:
        """Not a word of FTP comes back."""
        plain = self.clear(self.server.implicit)
        plain.sendall(b"USER alice\r\n")
        self.assertNotIn(b"220", plain.makefile("rb").read())
        self.logged("TLS handshake failed")

    def test_a_strange_protocol(self) -> None:
        """ALPN without ftp is answered with no_application_protocol, and the reason is logged."""
        context = trusting()
        context.set_alpn_protocols(["http/1.1"])
        plain = self.clear(self.server.implicit)
        with self.assertRaisesRegex(ssl.SSLError, "(?i)no.application.protocol"):
            context.wrap_socket(plain)
        self.assertIn("no application protocol", self.logged("TLS handshake failed"))

    def test_many_half_open_handshakes(self) -> None:
        """Others are served meanwhile: long before these are dropped."""
        for _ in range(50):
            self.clear().sendall(b"AUTH TLS\r\n")
        self.assertEqual(self.connect().say("NOOP"), 200)
        self.assertNotIn("TLS handshake failed", self.server.log[self.begun :])


class SilenceTests(TlsCase):
    """A server of the test's own, on which a login may take two seconds."""

    def setUp(self) -> None:
        """Start it."""
        self.server = TlsServer(limits="login_timeout: 2s")
        self.begun = 0
        self.addCleanup(self.server.stop)
        self.server.start()

    def test_silence(self) -> None:
        """A client that says no more than AUTH is dropped at the login timeout and costs nothing until then."""
        plain = self.clear(self.server.port)
        plain.sendall(b"AUTH TLS\r\n")
        with plain.makefile("rb") as lines:
            self.assertEqual([lines.readline()[:4] for _ in range(2)], [b"220 ", b"234 "])
            self.assertRaises(ConnectionResetError, lines.readline)
        self.assertNotIn("Traceback", self.logged("in the TLS handshake: Login timeout"))


class ProxiedTests(TlsCase):
    """Behind a load balancer that sends the PROXY header."""

    def test_header_and_handshake_in_one_piece(self) -> None:
        """What comes with the header is TLS already, and the client's address is that of the header."""
        plain = self.clear(self.server.proxied)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trusting().wrap_bio(incoming, outgoing)
        self.assertRaises(ssl.SSLWantReadError, client.do_handshake)
        plain.sendall(b"PROXY TCP4 203.0.113.9 127.0.0.1 5555 990\r\n" + outgoing.read())
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                incoming.write(plain.recv(65536))
        plain.sendall(outgoing.read())
        self.assertIn("connected from 203.0.113.9", self.logged("TLS begins"))


class RequiredTests(TlsCase):
    """A listener that demands TLS."""

    def test_passwords_in_clear(self) -> None:
        """530 and the session goes on."""
        plain = self.clear(self.server.required)
        lines = plain.makefile("rb")
        lines.readline()
        plain.sendall(b"USER alice\r\nPASS secret\r\nNOOP\r\n")
        self.assertEqual([lines.readline()[:3] for _ in range(3)], [b"530", b"530", b"200"])

    def test_under_tls(self) -> None:
        """As everywhere."""
        client = TlsClient(self.server.required)
        self.addCleanup(client.close)
        self.assertEqual((client.say("USER alice"), client.say("PASS secret")), (331, 230))


class UploadTests(TlsCase):
    """Uploads and the end of the control connection."""

    def upload(self, client: TlsClient) -> ssl.SSLSocket:
        """Begin an upload: its data connection, in which some octets have gone."""
        self.assertEqual([client.say(line) for line in ("USER alice", "PASS secret", "PROT P")], [331, 230, 200])
        client.socket.sendall(b"EPSV\r\n")
        port = int(client.socket.recv(200).split(b"|")[3])
        plain = socket.create_connection(("127.0.0.1", port), 20)
        self.assertEqual(client.say("STOR file"), 150)
        data = trusting().wrap_socket(plain, do_handshake_on_connect=True)
        self.addCleanup(data.close)
        data.sendall(octets(10_000))
        return data

    def test_a_killed_client(self) -> None:
        """Both connections end, and nothing of the upload is kept."""
        client = self.connect()
        data = self.upload(client)
        client.close()
        data.close()
        self.logged("ended after")
        self.assertFalse((self.server.home / "file").exists())

    def test_a_client_that_closes_tls_and_data_in_order(self) -> None:
        """close_notify on both without QUIT: the upload is none."""
        client = self.connect()
        data = self.upload(client)
        # The upload's 426 comes before the server's close_notify, and Python takes it for a mistake.
        with self.assertRaises(ssl.SSLError):
            client.socket.unwrap()
        client.close()
        # The server may have closed it already.
        with contextlib.suppress(OSError):
            data.unwrap().close()
        self.logged("ended after")
        self.assertFalse((self.server.home / "file").exists())


class CertificateTests(TlsCase):
    """Certificate files that are replaced, of a server of the test's own."""

    def setUp(self) -> None:
        """Start it."""
        self.server = TlsServer()
        self.begun = 0
        self.addCleanup(self.server.stop)
        self.server.start()

    def shown(self) -> bytes | None:
        """The certificate that a new session is shown."""
        client = TlsClient(self.server.implicit, implicit=True)
        try:
            return client.socket.getpeercert(binary_form=True)
        finally:
            client.close()

    def test_a_new_certificate_under_load(self) -> None:
        """New sessions get it, those before and after it go on; tests/tls has how soon."""
        running = self.connect()
        old, new = self.shown(), self.server.renew()
        self.logged("the certificates were read again")
        self.assertEqual((self.shown() == new, old == new, running.say("NOOP")), (True, False, 200))

    def test_a_bad_one(self) -> None:
        """The old one stays, with an error in the log."""
        (self.server.folder / "key.pem").write_text("nonsense")
        self.assertIn("the old certificates stay in force", self.logged("holds no private key"))
        self.assertEqual(self.connect().say("NOOP"), 200)
