"""The Twisted Protocol of both kinds of data connections: it pauses at once and leaves the octets in the kernel.

What was read before a pause would go to `dataReceived` and be lost to the transfer, which reads through a descriptor of
its own (``descriptor.py``).  Both kinds of transports call `connectionMade` before they first read, so nothing is.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted
from twisted.internet.interfaces import IFileDescriptor, IPushProducer, ISystemHandle
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IPushProducer, ISystemHandle, IFileDescriptor)
class DataSocket:
    """The transport of a data connection, accepted or dialled: keeps the socket for the transfer.

    It reads and writes nothing, so that it is paused from the first on and for good, and needs no descriptor of its
    own beside the transfer's.
    """

    def __init__(self, accepted: socket.socket, protocol: DataProtocol) -> None:
        self._socket = accepted
        self._protocol = protocol
        self._lost = False

    def getHandle(self) -> socket.socket:
        """The socket."""
        return self._socket

    def pauseProducing(self) -> None:
        """It never reads."""

    def resumeProducing(self) -> None:
        """It never reads."""

    def stopProducing(self) -> None:
        """It never reads."""

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """What Twisted puts before log lines."""
        return "data connection"

    def connectionLost(self, reason: Failure) -> None:
        """Close, and tell the Protocol."""
        if not self._lost:
            self._lost = True
            self._socket.close()
            self._protocol.connectionLost(reason)


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

    def descriptor(self) -> socket.socket:
        """A descriptor for a transfer alone, which closes it and then this: the accepted one, or else a duplicate.

        :raises OSError: no descriptor is left.
        """
        if isinstance(self.transport, DataSocket):
            return self.transport.getHandle()
        handle = ISystemHandle(self.transport).getHandle()
        if not isinstance(handle, socket.socket):
            raise TypeError(f"no socket: {handle!r}")
        return handle.dup()

    def close(self, *, in_order: bool = True) -> None:
        """Close the transport at once.  Nothing was ever written to it, so that there is nothing to wait for.

        :param in_order: whether Twisted's transport may send a FIN; else it leaves that to the socket's options.
        """
        reason = connectionDone if in_order else Failure(ConnectionAborted())
        IFileDescriptor(self.transport).connectionLost(reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell who waits for the end."""
        self.gone.callback(None)
