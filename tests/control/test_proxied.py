"""Connections of a load balancer: headers, health checks, and when a session begins."""

from __future__ import annotations

from typing import cast

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock

from ftpd_service.control.proxied import PROXY_MOMENT_SECONDS, HeaderRules, ProxiedConnection, ProxiedFactory
from ftpd_service.events import ConnectionIgnored, Event, ProxyRefused
from ftpd_service.policy.proxies import ProxyRefusals
from ftpd_service.testing.dialogue import MemoryTransport
from tests.cases import SynchronousTestCase

HEADER = b"PROXY TCP4 198.51.100.7 203.0.113.9 40000 21\r\n"


class Greeter(Protocol):
    """Greets, and keeps what comes."""

    def connectionMade(self) -> None:
        """As an FTP server does."""
        self.taken = b""
        self.transport.write(b"220 hello\r\n")  # type: ignore[union-attr]  # there is a transport by now

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.taken += data


class Greeters(Factory):
    """Makes them."""

    protocol = Greeter


class ProxiedTests(SynchronousTestCase):
    """One connection from a balancer at 192.0.2.1."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.events: list[Event] = []
        rules = HeaderRules(listener="haproxy:tcp:21", header_seconds=lambda: 60.0, believed=lambda address: True)
        factory = ProxiedFactory(Greeters(), rules, clock=self.clock, emit=self.events.append)
        there = IPv4Address("TCP", "192.0.2.1", 50000)
        self.transport = MemoryTransport(IPv4Address("TCP", "192.0.2.7", 21), there)
        # The factory makes no other; Twisted's annotation names the base.
        self.connection = cast(ProxiedConnection, factory.buildProtocol(there))  # see the line above
        self.connection.makeConnection(self.transport)

    def ignored(self) -> list[tuple[str, str]]:
        """Whom no session was made for, and why."""
        return [(event.address, event.reason) for event in self.events if isinstance(event, ConnectionIgnored)]

    def test_session_begins_a_moment_behind_the_header(self) -> None:
        """So that a check that ends has the time to."""
        self.connection.dataReceived(HEADER)
        before = self.transport.written()
        self.clock.advance(PROXY_MOMENT_SECONDS)
        self.assertEqual((before, self.transport.written()), (b"", b"220 hello\r\n"))

    def test_a_client_that_speaks_is_no_check(self) -> None:
        """Its session begins at once, and nothing that it sent is lost."""
        self.connection.dataReceived(HEADER)
        self.connection.dataReceived(b"USER ")
        self.connection.dataReceived(b"alice\r\n")
        self.assertEqual(self.transport.written(), b"220 hello\r\n")
        self.assertEqual(cast(Greeter, self.connection.wrappedProtocol).taken, b"USER alice\r\n")  # made above

    def test_check_with_a_header(self) -> None:
        """One event, and no session."""
        self.connection.dataReceived(HEADER)
        self.connection.readConnectionLost()
        self.connection.connectionLost()
        self.assertEqual(
            (self.transport.written(), self.ignored()), (b"", [("192.0.2.1", "closed behind the PROXY header")])
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_check_without_a_header(self) -> None:
        """Likewise."""
        self.connection.connectionLost()
        self.assertEqual(self.ignored(), [("192.0.2.1", "no PROXY header came")])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_header_that_never_comes(self) -> None:
        """It has as long as a login."""
        self.clock.advance(60)
        self.assertTrue(self.transport.disconnecting)
        self.connection.connectionLost()
        self.assertEqual(self.ignored(), [("192.0.2.1", "no PROXY header came in time")])

    def test_broken_header(self) -> None:
        """Whoever speaks FTP at once did not come through the balancer."""
        self.connection.dataReceived(b"USER alice\r\nPASS secret\r\n")
        self.connection.connectionLost()
        self.assertEqual(
            (self.transport.disconnecting, self.ignored()), (True, [("192.0.2.1", "a broken PROXY header")])
        )

    def test_end_of_a_session_is_its_own(self) -> None:
        """No event of this kind."""
        self.connection.dataReceived(HEADER)
        self.clock.advance(PROXY_MOMENT_SECONDS)
        self.connection.connectionLost()
        self.assertEqual(self.ignored(), [])


class StrangerTests(SynchronousTestCase):
    """Connections that no proxy of the listener made."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.events: list[Event] = []
        self.believed = {"192.0.2.1"}
        rules = HeaderRules(
            listener="haproxy:tcp:21", header_seconds=lambda: 60.0, believed=lambda host: host in self.believed
        )
        self.factory = ProxiedFactory(Greeters(), rules, clock=self.clock, emit=self.events.append)

    def connect(self, host: str) -> bool:
        """Whether a connection from an address is kept."""
        return self.factory.buildProtocol(IPv4Address("TCP", host, 50000)) is not None

    def told(self) -> list[tuple[str, int]]:
        """Which addresses the log names, and how many it left out before each."""
        return [(event.address, event.untold) for event in self.events if isinstance(event, ProxyRefused)]

    def test_proxy_is_kept(self) -> None:
        """No event."""
        self.assertEqual((self.connect("192.0.2.1"), self.told()), (True, []))

    def test_stranger_is_closed_and_logged(self) -> None:
        """Before any byte is read."""
        self.assertEqual((self.connect("192.0.2.2"), self.told()), (False, [("192.0.2.2", 0)]))

    def test_rule_is_asked_each_time(self) -> None:
        """A reload counts for the next connection."""
        self.believed.add("192.0.2.2")
        self.assertTrue(self.connect("192.0.2.2"))

    def test_flood_of_strangers_is_no_flood_of_lines(self) -> None:
        """Further ones are counted, and told with one that comes later."""
        for _ in range(ProxyRefusals.at_once + 500):
            self.connect("192.0.2.2")
        self.clock.advance(60)
        self.connect("192.0.2.3")
        self.assertEqual(self.told(), [("192.0.2.2", 0)] * ProxyRefusals.at_once + [("192.0.2.3", 500)])
