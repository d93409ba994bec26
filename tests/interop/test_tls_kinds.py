"""Kinds of TLS clients, each through all kinds of transfers, where a client that has resumed must go on.

``sticky`` is the word that notices every resumption which fails; with two passive ports the same port comes again and
again.  See ``tls_kinds.py``; docs/protocol.rst names the programs that are of each kind.
"""

from __future__ import annotations

import atexit
import ssl
import subprocess
from functools import lru_cache
from shutil import which
from unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.tls_kinds import Kind, KindClient, Resumes
from tests.interop.tls_server import TlsClient, TlsServer
from tests.interop.trees import octets

OLD = ssl.TLSVersion.TLSv1_2
DATA = octets(100_000)
LARGE = 16 * 1024 * 1024
"""More than both ends' buffers hold."""


@lru_cache(maxsize=4)
def shared_server(resumption: str, two_ports: bool) -> TlsServer:
    """One server for all tests with this demand; it ends with the test run."""
    server = TlsServer(extra=f"data_resumption: {resumption}")
    atexit.register(server.stop)
    if two_ports:
        text = server.configuration.read_text()
        ports = f"{server.free_port()}, {server.free_port()}"
        server.configuration.write_text(f"{text}data_connections: {{passive_ports: '{ports}'}}\n")
    server.start()
    with (server.home / "large").open("wb") as file:
        file.truncate(LARGE)
    return server


class ServedCase(SynchronousTestCase):
    """A server, and a directory of its own for each test."""

    resumption = "sticky"
    two_ports = True

    def setUp(self) -> None:
        """Make the directory."""
        self.server = shared_server(self.resumption, self.two_ports)
        self.name = f"{type(self).__name__}-{self.id().rpartition('.')[2]}"
        self.remote = self.server.home / self.name
        self.remote.mkdir()


class ControlSessionTests(ServedCase):
    """The control connection's session, always."""

    kind = Kind()
    count = 20

    def session(self) -> KindClient:
        """A client in the directory."""
        client = KindClient(self.server.port, self.kind)
        self.addCleanup(client.close)
        client.say(f"CWD /{self.name}")
        return client

    def test_listings(self) -> None:
        """Without a row, and with one."""
        client = self.session()
        self.assertEqual(client.down("LIST"), ([150, 226], b""))
        (self.remote / "file").write_bytes(DATA)
        codes, rows = client.down("LIST")
        self.assertEqual((codes, rows.endswith(b" file\r\n")), ([150, 226], True))

    def test_uploads(self) -> None:
        """STOR, an empty one, APPE and STOU."""
        client = self.session()
        done = [client.up("STOR file", DATA), client.up("APPE file", b"more"), client.up("STOU file", b"other")]
        self.assertEqual([*done, client.up("STOR empty", b"")], [[150, 226]] * 4)
        found = {path.name: path.read_bytes() for path in self.remote.iterdir()}
        self.assertEqual(found, {"file": DATA + b"more", "file.1": b"other", "empty": b""})

    def test_downloads(self) -> None:
        """RETR, of an empty file, and of none: then the handshake is completed and ended in order."""
        client = self.session()
        (self.remote / "file").write_bytes(DATA)
        (self.remote / "empty").touch()
        self.assertEqual(client.down("RETR file"), ([150, 226], DATA))
        self.assertEqual(client.down("RETR empty"), ([150, 226], b""))
        self.assertEqual(client.down("RETR missing"), ([550], b""))
        self.assertEqual(client.down("RETR file"), ([150, 226], DATA))

    def test_abor_of_a_download(self) -> None:
        """And the next transfer."""
        client = self.session()
        _, connected = client.begin("RETR /large")
        connected.socket.recv(1000)
        self.assertEqual((client.say("ABOR")[:3], client.code()), ("426", 226))
        connected.socket.close()
        self.assertEqual(client.down("LIST"), ([150, 226], b""))

    def test_abor_of_an_upload(self) -> None:
        """And the next transfers."""
        client = self.session()
        _, connected = client.begin("STOR file")
        connected.socket.sendall(DATA)
        self.assertEqual((client.say("ABOR")[:3], client.code()), ("426", 226))
        connected.socket.close()
        self.assertEqual([client.up("STOR file", DATA), client.down("RETR file")], [[150, 226], ([150, 226], DATA)])

    def test_a_client_that_leaves_early(self) -> None:
        """426, and the next transfer."""
        client = self.session()
        _, connected = client.begin("RETR /large")
        connected.socket.recv(1000)
        connected.socket.close()
        self.assertEqual(client.code(), 426)
        self.assertEqual(client.down("LIST"), ([150, 226], b""))

    def test_many_in_one_session(self) -> None:
        """Up and down, all of them served; a session that can always be resumed always is."""
        client = self.session()
        done = []
        for number in range(self.count // 2):
            data = DATA[: number * 997]
            done += [client.up("STOR file", data) == [150, 226], client.down("RETR file") == ([150, 226], data)]
        self.assertEqual(done, [True] * self.count)
        resumes = self.kind.resumes in (Resumes.CONTROL, Resumes.NEWEST)
        if self.kind.resumes is not Resumes.ONCE:
            self.assertEqual(client.resumed, [resumes] * self.count)

    def test_two_sessions_at_once(self) -> None:
        """Transfers of both at the same time, each with what it resumes."""
        (self.remote / "file").write_bytes(DATA)
        one, other = self.session(), self.session()
        first, second = one.begin("RETR file")[1], other.begin("RETR file")[1]
        self.assertEqual((second.rest(), first.rest()), (DATA, DATA))
        first.end()
        second.end()
        self.assertEqual((one.code(), other.code()), (226, 226))
        self.assertEqual((one.up("STOR one", b"1"), other.up("STOR other", b"2")), ([150, 226], [150, 226]))


class OldControlSessionTests(ControlSessionTests):
    """The same under TLS 1.2."""

    kind = Kind(version=OLD)


class IdTests(ControlSessionTests):
    """TLS 1.2 by session ids, without tickets (SChannel)."""

    kind = Kind(version=OLD, tickets=False)


class NothingTests(ControlSessionTests):
    """No session at all."""

    kind = Kind(resumes=Resumes.NOTHING)


class OldNothingTests(ControlSessionTests):
    """The same under TLS 1.2, without tickets."""

    kind = Kind(resumes=Resumes.NOTHING, version=OLD, tickets=False)


class NewestTests(ControlSessionTests):
    """The newest ticket of all connections."""

    kind = Kind(resumes=Resumes.NEWEST)


class OnceTests(ControlSessionTests):
    """Each ticket once."""

    kind = Kind(resumes=Resumes.ONCE)


class NoGoodbyeTests(ControlSessionTests):
    """No close_notify."""

    kind = Kind(says_goodbye=False)


class OldNoGoodbyeTests(ControlSessionTests):
    """The same under TLS 1.2, by session ids."""

    kind = Kind(says_goodbye=False, version=OLD, tickets=False)


class SmallRecordsTests(ServedCase):
    """Small devices, which ask for records of 512 bytes at most (max_fragment_length, RFC 6066 section 4)."""

    def setUp(self) -> None:
        """Log in; the data connections are OpenSSL's program, as Python cannot ask for that."""
        if which("openssl") is None:
            raise SkipTest("openssl is not installed; .ci/run installs it")
        super().setUp()
        self.client = TlsClient(self.server.port)
        self.addCleanup(self.client.close)
        for line in ("USER alice", "PASS secret", "PROT P", "TYPE I", f"CWD /{self.name}"):
            self.client.say(line)

    def transfer(self, line: str, data: bytes = b"", version: str = "-tls1_3") -> bytes:
        """What a transfer brings, in records as small as that."""
        self.client.socket.sendall(b"EPSV\r\n")
        port = int(self.client.socket.recv(200).split(b"|")[3])
        openssl = ("openssl", "s_client", "-quiet", "-maxfraglen", "512", version, "-connect", f"127.0.0.1:{port}")
        ending = ["-no_ign_eof"] if data else []
        with subprocess.Popen(
            (*openssl, *ending), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as program:
            self.assertEqual(self.client.say(line), 150)
            received, _ = program.communicate(data, 20)
        self.assertEqual(self.client.code(), 226)
        return received

    def test_up_and_down(self) -> None:
        """Byte-exact."""
        for version in ("-tls1_2", "-tls1_3"):
            self.transfer("STOR file", DATA, version)
            self.assertEqual((self.remote / "file").read_bytes(), DATA)
            self.assertEqual(self.transfer("RETR file", version=version), DATA)
            self.assertTrue(self.transfer("LIST", version=version).endswith(b" file\r\n"))
