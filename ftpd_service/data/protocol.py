"""The Twisted Protocol of both kinds of data connections: it pauses at once and leaves the octets in the kernel.

What was read before a pause would go to `dataReceived` and be lost to the transfer, which reads through a descriptor of
its own (``descriptor.py``).  Both kinds of transports call `connectionMade` before they first read, so nothing is.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure


class DataProtocol(Protocol):
    """One data connection, accepted or dialled.

    :ivar gone: fires when the transport is closed.
    """

    def __init__(self, made: Callable[[DataProtocol], None]) -> None:
        self._made = made
        self.gone: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Pause, then tell who waits."""
        IPushProducer(self.transport).pauseProducing()
        self._made(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell who waits for the end."""
        self.gone.callback(None)
