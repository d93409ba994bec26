"""Behind HAProxy, which sends PROXY headers of both versions."""

from __future__ import annotations

import socket

from tests.cases import SynchronousTestCase
from tests.integration.plain_user import PlainServer, program
from tests.interop.server import Server
from tests.pages import block

CONFIGURATION = """\
defaults
    mode tcp
    timeout connect 20s
    timeout client 60s
    timeout server 60s
listen one
    bind 127.0.0.1:{one}
    server ftpd 127.0.0.1:{ftpd} send-proxy source {source}
listen two
    bind 127.0.0.1:{two}
    server ftpd 127.0.0.1:{ftpd} send-proxy-v2 source {source}
"""


class HaproxyCase(SynchronousTestCase):
    """A server behind a balancer, neither of which runs yet."""

    def setUp(self) -> None:
        self.haproxy = program("haproxy")
        self.server = Server(endpoint="haproxy:tcp")
        self.addCleanup(self.server.stop)
        self.balancer = PlainServer()
        self.addCleanup(self.balancer.stop)

    def balance(self, configuration: str, port: int) -> None:
        """Start the balancer, which then listens on a port."""
        file = self.balancer.write("haproxy.cfg", configuration)
        self.balancer.start(self.haproxy, "-db", "-f", str(file), port=port)

    def serve(self, proxies: str) -> None:
        """Start the server with the key `proxies`, or without it."""
        configuration = self.server.configuration.read_text()
        self.server.configuration.write_text(configuration.replace("}]", f"{proxies}}}]", 1))
        self.server.start()

    def greeted(self, port: int, source: str = "127.0.0.5") -> bytes:
        """The first line that comes through a port, or nothing."""
        with socket.create_connection(("127.0.0.1", port), 20, (source, 0)) as client, client.makefile("rb") as lines:
            return lines.readline()


class PageTests(HaproxyCase):
    """The configurations of docs/firewalls.rst, on loopback."""

    def test_session(self) -> None:
        """The session has the client's address, and HAProxy's health checks are no sessions."""
        port = self.balancer.free_port()
        text = block("firewalls", "send-proxy-v2", "text").replace("203.0.113.7:21", f"127.0.0.1:{port}")
        for address in ("10.0.0.11:21", "10.0.0.12:21"):
            text = text.replace(address, f"127.0.0.1:{self.server.port}")
        self.assertIn("proxies: [10.0.0.5]", block("firewalls", "haproxy:tcp", "yaml"))
        self.serve(", proxies: [127.0.0.1]")
        self.balance(text, port)
        self.assertEqual(self.greeted(port)[:4], b"220 ")
        self.assertNotIn("connected from 127.0.0.1:", self.server.logged("connected from 127.0.0.5:"))


class HeaderTests(HaproxyCase):
    """A balancer at 127.0.0.9, and a client at 127.0.0.5."""

    def setUp(self) -> None:
        super().setUp()
        self.one, self.two = self.balancer.free_port(), self.balancer.free_port()
        self.balance(
            CONFIGURATION.format(one=self.one, two=self.two, ftpd=self.server.port, source="127.0.0.9"), self.two
        )

    def test_version_1(self) -> None:
        """The session has the client's address."""
        self.serve(", proxies: [127.0.0.9]")
        self.assertEqual(self.greeted(self.one)[:4], b"220 ")
        self.server.logged("connected from 127.0.0.5:")

    def test_version_2(self) -> None:
        """Likewise."""
        self.serve(", proxies: [127.0.0.9]")
        self.assertEqual(self.greeted(self.two)[:4], b"220 ")
        self.server.logged("connected from 127.0.0.5:")

    def test_without_the_key(self) -> None:
        """A balancer on this host is believed."""
        self.serve("")
        self.assertEqual(self.greeted(self.two)[:4], b"220 ")
        self.server.logged("connected from 127.0.0.5:")

    def test_balancer_that_is_not_named(self) -> None:
        """Its connections are closed, and the log says what to do."""
        self.serve(", proxies: [127.0.0.8/32]")
        self.assertEqual(self.greeted(self.two), b"")
        self.assertNotIn("connected from", self.server.logged("refused 127.0.0.9 at"))

    def test_client_that_goes_round_the_balancer(self) -> None:
        """Its header is not read."""
        self.serve(", proxies: [127.0.0.9]")
        with socket.create_connection(("127.0.0.1", self.server.port), 20, ("127.0.0.5", 0)) as client:
            # The kernel may tell the end already while the header is sent.
            try:
                client.sendall(b"PROXY TCP4 198.51.100.7 203.0.113.9 40000 21\r\n")
                answer = client.recv(100)
            except ConnectionError:
                answer = b""
        self.assertEqual(answer, b"")
        self.assertNotIn("198.51.100.7", self.server.logged("refused 127.0.0.5 at"))
