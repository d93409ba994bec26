"""Control connections behind a load balancer that sends the PROXY header (``haproxy:`` endpoints).

An FTP server sends the first line, and the greeting and the caps depend on the client.  Twisted's wrapper reports a
connection before the header has come, with the balancer's addresses; this wrapper waits for the header.  The module of
Twisted's wrapper is private, but its parser and its addresses have no public name.

Only proxies that the listener knows get so far, because a header can name any client: other connections are closed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IReactorTime,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper, HAProxyWrappingFactory
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy

from ftpd_service.events import ConnectionIgnored, ProxyRefused
from ftpd_service.interfaces import Emit
from ftpd_service.policy.proxies import ProxyRefusals

PROXY_MOMENT_SECONDS = 0.02
"""The time for which a connection is watched for its end after the header, before it becomes a session.

A balancer's health check sends a header and closes.  The client's first bytes end the wait.
"""


@implementer(IHalfCloseableProtocol)
class ProxiedConnection(HAProxyProtocolWrapper):
    """A connection that reads the header, and then makes the control connection with the header's addresses."""

    factory: ProxiedFactory
    _made = False
    _reason = "no PROXY header came"
    _timer: IDelayedCall | None = None

    def makeConnection(self, transport: ITransport) -> None:
        """Wait for the header, with the timeout of a login."""
        directlyProvides(self, IHalfCloseableProtocol, providedBy(transport))
        Protocol.makeConnection(self, transport)
        self._behind = _Behind()
        self._timer = self.factory.clock.callLater(self.factory.header_seconds, self._too_late)

    def _too_late(self) -> None:
        self._timer = None
        self._reason = "no PROXY header came in time"
        ITransport(self.transport).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Parse the header; later bytes belong to the client."""
        if self._made:
            self.wrappedProtocol.dataReceived(data)
            return
        if self._proxyInfo is None:
            self._read_header(data)
        else:
            self._behind.dataReceived(data)
        if self._proxyInfo is not None and self._behind.data:
            self._begin()

    def _read_header(self, data: bytes) -> None:
        self._reason = "a broken PROXY header"
        connection, self.wrappedProtocol = self.wrappedProtocol, self._behind
        try:
            HAProxyProtocolWrapper.dataReceived(self, data)
        finally:
            self.wrappedProtocol = connection
        if self._proxyInfo is not None:
            self._reason = "closed behind the PROXY header"
            self._stop_timer()
            self._timer = self.factory.clock.callLater(PROXY_MOMENT_SECONDS, self._begin)

    def _begin(self) -> None:
        """Make the control connection, as the header names a client."""
        self._stop_timer()
        self._made = True
        connection = self.wrappedProtocol
        connection.makeConnection(ITransport(self))
        if self._behind.data:
            connection.dataReceived(bytes(self._behind.data))

    def readConnectionLost(self) -> None:
        """Note that the client has closed its side."""
        connection = IHalfCloseableProtocol(self.wrappedProtocol, None)
        if self._made and connection is not None:
            connection.readConnectionLost()
        else:
            ITransport(self.transport).loseConnection()

    def writeConnectionLost(self) -> None:
        """Do nothing: our side is closed."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the control connection, if there is one."""
        self._stop_timer()
        if self._made:
            self.wrappedProtocol.connectionLost(reason)
            return
        address = _host(ITransport(self.transport).getPeer())
        self.factory.emit(ConnectionIgnored(address=address, reason=self._reason))

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()


class _Behind(Protocol):
    """The bytes that came together with the header."""

    def __init__(self) -> None:
        self.data = bytearray()

    def dataReceived(self, data: bytes) -> None:
        """Keep the bytes."""
        self.data += data


def _host(address: IAddress | None) -> str:
    return address.host if isinstance(address, (IPv4Address, IPv6Address)) else str(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRules:
    """The rules of one listener.

    :ivar believed: returns whether the header of a connection from an address is believed.
    """

    listener: str
    """Its name in events."""
    header_seconds: Callable[[], float]
    """Returns the timeout of the header."""
    believed: Callable[[str], bool]


class ProxiedFactory(HAProxyWrappingFactory):
    """Makes proxied connections around the connections of another factory.

    :param emit: gets the event of a connection that ends before it is a session.
    """

    noisy = False

    def __init__(self, factory: Factory, rules: HeaderRules, *, clock: IReactorTime, emit: Emit) -> None:
        HAProxyWrappingFactory.__init__(self, factory)  # type: ignore[arg-type]  # the factory's type is the wrapper's
        self.protocol = ProxiedConnection  # type: ignore[assignment]  # likewise
        self.clock = clock
        self.emit = emit
        self._rules = rules
        self._refusals = ProxyRefusals(clock.seconds())

    @property
    def header_seconds(self) -> float:
        """The timeout of the header."""
        return self._rules.header_seconds()

    def buildProtocol(  # type: ignore[override]  # the wrapper's type lacks the None that closes a connection
        self, addr: IAddress | None
    ) -> ProtocolWrapper | None:
        """Return a connection that waits for its header, or None, which closes it."""
        address = _host(addr)
        if self._rules.believed(address):
            return HAProxyWrappingFactory.buildProtocol(self, addr)
        untold = self._refusals.told(self.clock.seconds())
        if untold is not None:
            self.emit(ProxyRefused(address=address, listener=self._rules.listener, untold=untold))
        return None
