"""Resumption that a listener or an account demands, and the log's word on whom that would hit."""

from __future__ import annotations

import signal
import socket

from tests.cases import SynchronousTestCase
from tests.interop.tls_server import TlsClient, TlsServer, trusting


class ResumptionCase(SynchronousTestCase):
    """A server that asks nothing of alice, and everything of bob and of whoever comes by the implicit listener."""

    def setUp(self) -> None:
        """Start it."""
        self.server = TlsServer(extra="data_resumption: report")
        self.addCleanup(self.server.stop)
        text = self.server.configuration.read_text()
        bob = "  bob: {password: '{plain}b', home: home, data_resumption: required}\n"
        text = text.replace("limits:", f"{bob}limits:")
        implicit = f"'tcp:{self.server.implicit}:interface=127.0.0.1', "
        self.server.configuration.write_text(text.replace(implicit, f"{implicit}data_resumption: required, "))
        self.server.start()
        (self.server.home / "file").write_bytes(b"whole")

    def session(self, name: str, password: str, *, implicit: bool = False) -> TlsClient:
        """A client that is logged in, with protected data connections."""
        client = TlsClient(self.server.implicit if implicit else self.server.port, implicit=implicit)
        self.addCleanup(client.close)
        if implicit:
            self.assertEqual(client.code(), 220)
        codes = [client.say(line) for line in (f"USER {name}", f"PASS {password}", "PROT P", "TYPE I")]
        self.assertEqual(codes, [331, 230, 200, 200])
        return client

    def connect(self, client: TlsClient) -> socket.socket:
        """The next data connection, not yet protected."""
        client.socket.sendall(b"EPSV\r\n")
        port = int(client.socket.recv(200).split(b"|")[3])
        plain = socket.create_connection(("127.0.0.1", port), 20)
        self.addCleanup(plain.close)
        return plain

    def retrieved(self, client: TlsClient) -> tuple[bytes, int]:
        """What a data connection gets that resumes nothing, and the last reply."""
        plain = self.connect(client)
        self.assertEqual(client.say("RETR file"), 150)
        data = trusting().wrap_socket(plain)
        self.addCleanup(data.close)
        received = b""
        while piece := data.recv(65536):
            received += piece
        return received, client.code()


class DemandTests(ResumptionCase):
    """Who must resume."""

    def test_an_account_that_need_not(self) -> None:
        """On a listener that says nothing of its own."""
        self.assertEqual(self.retrieved(self.session("alice", "secret")), (b"whole", 226))

    def test_an_account_that_must(self) -> None:
        """522, without an octet of the file."""
        self.assertEqual(self.retrieved(self.session("bob", "b")), (b"", 522))

    def test_a_listener_on_which_all_must(self) -> None:
        """An account without a word of its own, too."""
        self.assertEqual(self.retrieved(self.session("alice", "secret", implicit=True)), (b"", 522))

    def test_a_connection_that_was_judged_for_another_account(self) -> None:
        """It shook hands before its command, as alice's: once bob has logged in it is of no use."""
        client = self.session("alice", "secret")
        data = trusting().wrap_socket(self.connect(client))
        self.addCleanup(data.close)
        self.assertEqual([client.say(line) for line in ("USER bob", "PASS b")], [331, 230])
        self.assertEqual(client.say("RETR file"), 425)
        self.assertEqual(data.recv(100), b"")


class TallyTests(ResumptionCase):
    """What the log tells."""

    def test_at_sighup_and_at_the_end(self) -> None:
        """Which accounts data_resumption: required would refuse."""
        self.retrieved(self.session("alice", "secret"))
        self.server.signal(signal.SIGHUP)
        self.server.logged("was read again")
        self.retrieved(self.session("bob", "b"))
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        told = [line.partition("under TLS: ")[2] for line in self.server.log.splitlines() if "under TLS: " in line]
        refused = "would be refused under data_resumption: required:"
        self.assertEqual(
            told,
            [
                f"0 resumed, 1 not resumed; {refused} alice (1)",
                f"0 resumed, 2 not resumed; {refused} alice (1), bob (1)",
            ],
        )
