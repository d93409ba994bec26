"""The Twisted Protocol of both kinds of data connections: it pauses at once and leaves the octets in the kernel.

What was read before a pause would go to `dataReceived` and be lost to the transfer, which reads through a descriptor of
its own (``descriptor.py``).  Both kinds of transports call `connectionMade` before they first read, so nothing is.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IFileDescriptor, IPushProducer
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure


class DataProtocol(Protocol):
    """One data connection, accepted or dialled.

    :ivar gone: fires when the transport is closed.
    """

    def __init__(self, made: Callable[[DataProtocol], None]) -> None:
        self._made = made
        self.gone: Deferred[None] = Deferred()

    def begin(self, transport: object) -> None:
        """Make the connection, on whatever provides IPushProducer, ISystemHandle and IFileDescriptor."""
        self.makeConnection(transport)  # type: ignore[no-untyped-call, unused-ignore]  # as Twisted declares it

    def connectionMade(self) -> None:
        """Pause, then tell who waits."""
        IPushProducer(self.transport).pauseProducing()
        self._made(self)

    def close(self) -> None:
        """Close the transport at once.  Nothing was ever written to it, so that there is nothing to wait for."""
        IFileDescriptor(self.transport).connectionLost(Failure(CONNECTION_DONE))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell who waits for the end."""
        self.gone.callback(None)
