"""Who stands where another client's data connection is due, under TLS: nobody gets an octet."""

from __future__ import annotations

import atexit
import socket
import ssl
from functools import lru_cache

from tests.cases import SynchronousTestCase
from tests.interop.tls_kinds import Kind, KindClient
from tests.interop.tls_server import TlsClient, TlsServer, trusting
from tests.interop.trees import octets

SECRET = octets(300_000)


@lru_cache(maxsize=1)
def shared_server() -> TlsServer:
    """One server, on which every data connection must resume; it ends with the test run."""
    server = TlsServer(extra="data_resumption: required, data_protection: required")
    atexit.register(server.stop)
    server.start()
    (server.home / "secret").write_bytes(SECRET)
    return server


class TheftTests(SynchronousTestCase):
    """Two sessions of one account from one address, and what each may take."""

    version = ssl.TLSVersion.TLSv1_3

    def setUp(self) -> None:
        """Log both in."""
        self.server = shared_server()
        self.owner, self.thief = self.session(), self.session()

    def session(self) -> TlsClient:
        """A client that is logged in, with protected data connections."""
        client = TlsClient(self.server.port, version=self.version)
        self.addCleanup(client.close)
        codes = [client.say(line) for line in ("USER alice", "PASS secret", "PBSZ 0", "PROT P", "TYPE I")]
        self.assertEqual(codes, [331, 230, 200, 200, 200])
        return client

    def passive(self) -> int:
        """The port of the owner's next data connection."""
        self.owner.socket.sendall(b"EPSV\r\n")
        return int(self.owner.socket.recv(200).split(b"|")[3])

    def connect(self, port: int, source: str = "127.0.0.1") -> socket.socket:
        """Connect to it."""
        plain = socket.create_connection(("127.0.0.1", port), 20, (source, 0))
        self.addCleanup(plain.close)
        return plain

    def taken(self, plain: socket.socket, whose: TlsClient | None) -> tuple[bytes, bool]:
        """All plain octets that come to who presents a control connection's session, and whether it was resumed."""
        if whose is None:
            data = trusting(self.version).wrap_socket(plain)
        else:
            session = whose.socket.session
            assert session is not None
            self.assertTrue(session.has_ticket)
            data = whose.socket.context.wrap_socket(plain, session=session)
        self.addCleanup(data.close)
        received = b""
        while piece := data.recv(65536):
            received += piece
        return received, bool(data.session_reused)

    def test_the_owner(self) -> None:
        """Its own session gets the file: what the others lack is the session, and nothing else."""
        plain = self.connect(self.passive())
        self.assertEqual(self.owner.say("RETR secret"), 150)
        self.assertEqual(self.taken(plain, self.owner), (SECRET, True))
        self.assertEqual(self.owner.code(), 226)

    def test_a_download_by_another_sessions_ticket(self) -> None:
        """It resumes nothing, and 522 follows without an octet of the file."""
        plain = self.connect(self.passive())
        self.assertEqual(self.owner.say("RETR secret"), 150)
        self.assertEqual(self.taken(plain, self.thief), (b"", False))
        self.assertEqual(self.owner.code(), 522)

    def test_an_upload_by_another_sessions_ticket(self) -> None:
        """No file is begun."""
        plain = self.connect(self.passive())
        self.assertEqual(self.owner.say("STOR forged"), 150)
        self.assertEqual(self.taken(plain, self.thief), (b"", False))
        self.assertEqual(self.owner.code(), 522)
        self.assertEqual([path.name for path in self.server.home.iterdir()], ["secret"])

    def test_a_listing_without_a_session(self) -> None:
        """From the owner's own address, by TLS, and yet no row."""
        plain = self.connect(self.passive())
        self.assertEqual(self.owner.say("MLSD"), 150)
        self.assertEqual(self.taken(plain, None), (b"", False))
        self.assertEqual(self.owner.code(), 522)

    def test_a_download_in_clear(self) -> None:
        """No more than a TLS alert comes, and the session goes on."""
        plain = self.connect(self.passive())
        self.assertEqual(self.owner.say("RETR secret"), 150)
        plain.sendall(b"give me the file, please")
        answer = b""
        while piece := plain.recv(1000):
            answer += piece
        self.assertLessEqual(len(answer), 7)
        self.assertEqual((self.owner.code(), self.owner.say("NOOP")), (522, 200))

    def test_a_port_that_a_stranger_knocks_at(self) -> None:
        """Another address is turned away, even with the owner's ticket, and the owner still gets its file."""
        port = self.passive()
        stranger = self.connect(port, "127.0.0.2")
        # The first words may be answered with a reset, or an end: no handshake in any case.
        with self.assertRaises(OSError):
            self.taken(stranger, self.owner)
        plain = self.connect(port)
        self.assertEqual(self.owner.say("RETR secret"), 150)
        self.assertEqual(self.taken(plain, self.owner), (SECRET, True))
        self.assertEqual(self.owner.code(), 226)


class OldTheftTests(TheftTests):
    """The same with TLS 1.2."""

    version = ssl.TLSVersion.TLSv1_2


class PersistentThiefTests(SynchronousTestCase):
    """A thief that comes again, with all that the refused connections before have given it."""

    kind = Kind()

    def setUp(self) -> None:
        """Log the owner in."""
        self.server = shared_server()
        self.owner = KindClient(self.server.port, self.kind)
        self.addCleanup(self.owner.close)
        self.context = self.kind.context()
        self.former: ssl.SSLSession | None = None

    def taken(self, plain: socket.socket) -> bytes:
        """What it gets on a stolen connection."""
        with self.context.wrap_socket(plain, session=self.former) as stolen:
            self.assertFalse(stolen.session_reused)
            received = stolen.recv(65536)
            self.former = stolen.session
        return received

    def test_to_passive_ports(self) -> None:
        """Refused three times out of three; the owner goes on."""
        for _ in range(3):
            port = int(self.owner.say("EPSV").split("|")[3])
            plain = socket.create_connection(("127.0.0.1", port), 20)
            self.assertEqual(self.owner.say("RETR secret")[:3], "150")
            self.assertEqual((self.taken(plain), self.owner.code()), (b"", 522))
        self.assertEqual(self.owner.down("RETR secret"), ([150, 226], SECRET))

    def test_in_active_mode(self) -> None:
        """It listens where the owner does no more."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            for _ in range(3):
                self.owner.say(f"EPRT |1|127.0.0.1|{listening.getsockname()[1]}|")
                self.assertEqual(self.owner.say("RETR secret")[:3], "150")
                plain, _ = listening.accept()
                self.assertEqual((self.taken(plain), self.owner.code()), (b"", 522))
        self.assertEqual(self.owner.down("RETR secret"), ([150, 226], SECRET))


class OldPersistentThiefTests(PersistentThiefTests):
    """The same with the tickets of TLS 1.2."""

    kind = Kind(version=ssl.TLSVersion.TLSv1_2)


class IdPersistentThiefTests(PersistentThiefTests):
    """The same with its session ids."""

    kind = Kind(version=ssl.TLSVersion.TLSv1_2, tickets=False)
