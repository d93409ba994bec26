"""Control connections behind a load balancer that sends the PROXY header (``haproxy:`` endpoints).

An FTP server speaks first, and what it says and whom it lets in depend on who is there.  Twisted's wrapper tells its
protocol of a connection before the header has come, when the addresses are still the balancer's; this one waits.
The wrapper's module is private to Twisted and has no other name; what is used of it is its parser and its addresses.
"""

from __future__ import annotations

from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IReactorTime,
    ITransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper, HAProxyWrappingFactory
from twisted.python.failure import Failure
from zope.interface import directlyProvides, implementer, providedBy


@implementer(IHalfCloseableProtocol)
class ProxiedConnection(HAProxyProtocolWrapper):
    """Reads the header, and only then makes the control connection, with the addresses of the header."""

    factory: ProxiedFactory
    _made = False
    _timer: IDelayedCall | None = None

    def makeConnection(self, transport: ITransport) -> None:
        """Wait for the header, no longer than for a login."""
        directlyProvides(self, IHalfCloseableProtocol, providedBy(transport))
        Protocol.makeConnection(self, transport)
        self._timer = self.factory.clock.callLater(self.factory.header_seconds, self._too_late)

    def _too_late(self) -> None:
        self._timer = None
        ITransport(self.transport).loseConnection()

    def dataReceived(self, data: bytes) -> None:
        """Feed the header; what follows it is the client's."""
        if self._made:
            self.wrappedProtocol.dataReceived(data)
            return
        connection, behind = self.wrappedProtocol, _Behind()
        self.wrappedProtocol = behind
        try:
            HAProxyProtocolWrapper.dataReceived(self, data)
        finally:
            self.wrappedProtocol = connection
        if self._proxyInfo is not None:
            self._made = True
            self._stop_timer()
            connection.makeConnection(ITransport(self))
            if behind.data:
                connection.dataReceived(bytes(behind.data))

    def readConnectionLost(self) -> None:
        """The client has ended its side."""
        connection = IHalfCloseableProtocol(self.wrappedProtocol, None)
        if self._made and connection is not None:
            connection.readConnectionLost()
        else:
            ITransport(self.transport).loseConnection()

    def writeConnectionLost(self) -> None:
        """Our side is closed; nothing to do."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the control connection, if there is one."""
        self._stop_timer()
        if self._made:
            self.wrappedProtocol.connectionLost(reason)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()


class _Behind(Protocol):
    """Keeps what came in one piece with the header."""

    def __init__(self) -> None:
        self.data = bytearray()

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.data += data


class ProxiedFactory(HAProxyWrappingFactory):
    """Makes such connections around those of another factory.

    :param header_seconds: how long a header may take.
    """

    noisy = False

    def __init__(self, factory: Factory, *, clock: IReactorTime, header_seconds: float) -> None:
        HAProxyWrappingFactory.__init__(self, factory)  # type: ignore[arg-type]  # the factory's type is the wrapper's
        self.protocol = ProxiedConnection  # type: ignore[assignment]  # likewise
        self.clock = clock
        self.header_seconds = header_seconds
