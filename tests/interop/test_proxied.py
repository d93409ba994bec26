"""Behind a load balancer that sends the PROXY header."""

from __future__ import annotations

import socket

from tests.cases import SynchronousTestCase
from tests.interop.server import Server


class ProxyHeaderTests(SynchronousTestCase):
    """A ``haproxy:tcp:`` endpoint."""

    def setUp(self) -> None:
        """Start it, and connect as the balancer does."""
        self.server = Server(endpoint="haproxy:tcp")
        self.addCleanup(self.server.stop)
        self.server.start()
        self.socket = socket.create_connection(("127.0.0.1", self.server.port), 20)
        self.addCleanup(self.socket.close)
        self.lines = self.socket.makefile("rb")
        self.addCleanup(self.lines.close)

    def test_the_session_has_the_addresses_of_the_header(self) -> None:
        """Caps, logs and the address of PASV go by them."""
        self.socket.sendall(b"PROXY TCP4 198.51.100.7 203.0.113.9 40000 21\r\n")
        self.assertTrue(self.lines.readline().startswith(b"220 "))
        self.socket.sendall(b"USER alice\r\nPASS secret\r\nPASV\r\n")
        replies = [self.lines.readline() for _ in range(3)]
        self.assertEqual([reply[:3] for reply in replies], [b"331", b"230", b"425"])
        self.server.logged("connected from 198.51.100.7:40000")

    def test_commands_in_one_piece_with_the_header_are_answered(self) -> None:
        """Nothing of the client's is lost."""
        self.socket.sendall(b"PROXY TCP4 198.51.100.7 127.0.0.1 40000 21\r\nSYST\r\nQUIT\r\n")
        replies = [self.lines.readline()[:3] for _ in range(3)]
        self.assertEqual(replies, [b"220", b"215", b"221"])

    def test_a_half_close_behind_the_header_is_answered(self) -> None:
        """As without a balancer."""
        self.socket.sendall(b"PROXY TCP4 198.51.100.7 127.0.0.1 40000 21\r\nSYST\r\n")
        self.socket.shutdown(socket.SHUT_WR)
        replies = [self.lines.readline()[:3] for _ in range(3)]
        self.assertEqual(replies, [b"220", b"215", b""])

    def test_a_health_check_is_no_session(self) -> None:
        """The header and an end behind it: no number of a session is used, and level info hears nothing."""
        self.socket.sendall(b"PROXY UNKNOWN\r\n")
        self.socket.close()
        with socket.create_connection(("127.0.0.1", self.server.port), 20):
            pass
        with socket.create_connection(("127.0.0.1", self.server.port), 20) as client:
            client.sendall(b"PROXY TCP4 198.51.100.7 127.0.0.1 40000 21\r\n")
            self.assertEqual(client.recv(4), b"220 ")
        self.server.logged("s1 connected from 198.51.100.7:40000")
        self.assertNotIn("PROXY header", self.server.log)

    def test_no_header_is_no_session(self) -> None:
        """Whoever speaks FTP at once did not come through the balancer."""
        self.socket.sendall(b"USER alice\r\nPASS secret\r\n")
        self.assertEqual(self.lines.readline(), b"")
