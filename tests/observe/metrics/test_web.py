"""The HTTP server of the metrics: its pages, and what it refuses."""

from __future__ import annotations

from prometheus_client import CollectorRegistry
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from ftpd_service.observe.metrics.exposition import Exposition
from ftpd_service.observe.metrics.sampled import SampledSeries
from ftpd_service.observe.metrics.web import CLIENT_SECONDS, HTTP_REQUEST_BYTES, MOST_CLIENTS, PageChannel, PageFactory
from ftpd_service.observe.metrics.web_pages import Pages
from ftpd_service.testing.dialogue import MemoryTransport
from tests.cases import SynchronousTestCase
from tests.observe.metrics.counted import nothing, sources
from tests.observe.metrics.test_exposition import Broken

HERE, THERE = IPv4Address("TCP", "127.0.0.1", 9121), IPv4Address("TCP", "127.0.0.1", 40000)


class WebCase(SynchronousTestCase):
    """A server in memory.

    :ivar reasons: why the service is not ready.
    """

    def setUp(self) -> None:
        """The server has no client."""
        self.clock = Clock()
        self.reasons: list[str] = []
        self.registry = CollectorRegistry()
        self.registry.register(SampledSeries(sources()))
        pages = Pages(Exposition(self.registry, self.clock, nothing), lambda: self.reasons)
        self.factory = PageFactory(pages, self.clock)

    def connected(self) -> tuple[PageChannel, MemoryTransport]:
        """A new connection."""
        channel, transport = self.factory.buildProtocol(THERE), MemoryTransport(HERE, THERE)
        channel.makeConnection(transport)
        return channel, transport

    def sent(self, data: bytes) -> MemoryTransport:
        """A connection on which a client has sent something."""
        channel, transport = self.connected()
        channel.dataReceived(data)
        return transport

    def answer(self, target: str, method: str = "GET") -> tuple[int, str, str]:
        """The code, the headers and the body of an answer."""
        transport = self.sent(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head, _, body = transport.written().decode().partition("\r\n\r\n")
        return int(head.split()[1]), head, body

    def codes(self, data: bytes) -> list[bytes]:
        """The codes of all answers to some bytes; the connection is closed."""
        transport = self.sent(data)
        self.assertTrue(transport.disconnecting)
        return [line.split()[1] for line in transport.written().split(b"\r\n") if line.startswith(b"HTTP/")]


class PageTests(WebCase):
    """The pages."""

    def test_metrics(self) -> None:
        """As Prometheus reads them."""
        code, head, body = self.answer("/metrics")
        self.assertEqual((code, "\nftpd_sessions 7.0\n" in body), (200, True))
        self.assertIn("Content-Type: text/plain; version=0.0.4; charset=utf-8", head)

    def test_a_query_changes_nothing(self) -> None:
        """Some clients add one."""
        self.assertEqual(self.answer("/metrics?x=1")[0], 200)

    def test_the_process_lives(self) -> None:
        """An answer says enough."""
        self.assertEqual(self.answer("/healthz")[::2], (200, "ok\n"))

    def test_the_service_is_ready(self) -> None:
        """No reason stands against it."""
        self.assertEqual(self.answer("/readyz")[::2], (200, "ready\n"))

    def test_the_service_is_not_ready(self) -> None:
        """All reasons are told."""
        self.reasons = ["the service is draining", "the reactor is late"]
        self.assertEqual(self.answer("/readyz")[::2], (503, "the service is draining\nthe reactor is late\n"))

    def test_an_unhealthy_process_lives(self) -> None:
        """Whether it is ready is another question."""
        self.reasons = ["the reactor is late"]
        self.assertEqual(self.answer("/healthz")[0], 200)

    def test_head(self) -> None:
        """The same without the body."""
        code, head, body = self.answer("/healthz", "HEAD")
        self.assertEqual((code, "Content-Length: 3" in head, body), (200, True, ""))

    def test_another_path(self) -> None:
        """Few words."""
        self.assertEqual(self.answer("/../etc/passwd")[::2], (404, "/metrics, /healthz or /readyz\n"))

    def test_another_method(self) -> None:
        """It is told which there are."""
        code, head, _ = self.answer("/metrics", "DELETE")
        self.assertEqual((code, "Allow: GET, HEAD" in head), (405, True))

    def test_no_banner(self) -> None:
        """Nobody learns which software answers."""
        self.assertNotIn("server:", self.answer("/healthz")[1].lower())

    def test_each_connection_has_one_request(self) -> None:
        """The answer says so, and the connection ends."""
        request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        self.assertEqual(self.codes(request * 3), [b"200"])
        self.assertIn("Connection: close", self.answer("/healthz")[1])

    def test_http_1_0(self) -> None:
        """Old probes speak it."""
        self.assertEqual(self.codes(b"GET /healthz HTTP/1.0\r\n\r\n"), [b"200"])

    def test_a_fault_is_500(self) -> None:
        """The traceback is in the log, and the client sees none."""
        self.registry.register(Broken())
        self.assertEqual(self.answer("/metrics")[::2], (500, "see the log\n"))
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_a_client_that_leaves_meanwhile(self) -> None:
        """Its answer is dropped."""
        channel, transport = self.connected()
        channel.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((transport.written(), len(self.factory)), (b"", 0))


class BoundTests(WebCase):
    """What clients cannot do."""

    def test_a_long_line(self) -> None:
        """Nothing of it is kept."""
        self.assertEqual(self.codes(b"GET /" + b"a" * HTTP_REQUEST_BYTES * 2), [b"431"])

    def test_a_long_line_that_ends(self) -> None:
        """Likewise."""
        self.assertEqual(self.codes(b"GET /" + b"a" * HTTP_REQUEST_BYTES + b" HTTP/1.1\r\n\r\n"), [b"431"])

    def test_many_headers(self) -> None:
        """One answer, however many lines follow."""
        self.assertEqual(self.codes(b"GET / HTTP/1.1\r\n" + b"X-Some: header\r\n" * 2000), [b"400"])

    def test_lines_that_are_no_http(self) -> None:
        """One answer, however many there are."""
        self.assertEqual(self.codes(b"nonsense\r\n" * 2000), [b"400"])

    def test_wrong_headers(self) -> None:
        """One answer, however many there are."""
        self.assertEqual(self.codes(b"GET / HTTP/1.1\r\n" + b"a\r\n" * 2000), [b"400"])

    def test_a_body(self) -> None:
        """No byte of it is read."""
        self.assertEqual(self.codes(b"POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 9999), [b"405"])

    def test_a_body_in_chunks(self) -> None:
        """Likewise."""
        self.assertEqual(self.codes(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), [b"405"])

    def test_a_silent_client(self) -> None:
        """It is cut off."""
        _, transport = self.connected()
        self.clock.advance(CLIENT_SECONDS)
        self.assertTrue(transport.aborted)

    def test_a_slow_client(self) -> None:
        """A byte now and then does not help it."""
        channel, transport = self.connected()
        for letter in b"GET /metri":
            self.clock.advance(CLIENT_SECONDS / 10)
            channel.dataReceived(bytes([letter]))
        self.assertTrue(transport.aborted)

    def test_an_ended_connection_has_no_timer(self) -> None:
        """Nothing remains of it."""
        channel, _ = self.connected()
        channel.connectionLost(Failure(ConnectionDone()))
        self.assertEqual((self.clock.getDelayedCalls(), len(self.factory)), ([], 0))

    def test_the_oldest_makes_room(self) -> None:
        """Idle clients cannot keep Prometheus out."""
        idle = [self.connected()[1] for _ in range(MOST_CLIENTS)]
        self.assertEqual(self.answer("/healthz")[0], 200)
        self.assertEqual([transport.aborted for transport in idle], [True] + [False] * (MOST_CLIENTS - 1))

    def test_as_many_as_there_is_room_for(self) -> None:
        """Nobody has to go."""
        idle = [self.connected()[1] for _ in range(MOST_CLIENTS)]
        self.assertEqual([transport for transport in idle if transport.aborted], [])

    def test_the_endpoint_closes(self) -> None:
        """All connections end."""
        transports = [self.connected()[1] for _ in range(3)]
        self.factory.drop_all()
        self.assertEqual([transport.aborted for transport in transports], [True, True, True])
