"""The Protocol and the transport of a data connection, accepted or dialled: the bytes stay in the kernel.

A transfer reads and writes the socket itself, through ``descriptor.py``; nothing else does.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IFileDescriptor
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IFileDescriptor)
class DataSocket:
    """The transport of a data connection, accepted or dialled: it reads and writes nothing by itself."""

    def __init__(self, accepted: socket.socket, protocol: DataProtocol) -> None:
        self._socket = accepted
        self._protocol = protocol
        self._lost = False

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

    def begin(self, connected: socket.socket) -> None:
        """Make the connection, on a socket that does not block, and tell who waits."""
        self._socket = connected
        self.makeConnection(DataSocket(connected, self))  # type: ignore[no-untyped-call, unused-ignore]  # as declared

    def connectionMade(self) -> None:
        """Tell who waits."""
        self._made(self)

    def descriptor(self) -> socket.socket:
        """The socket, for a transfer that closes it and then this."""
        return self._socket

    def close(self) -> None:
        """Close the transport at once.  Nothing was ever written to it, so that there is nothing to wait for."""
        IFileDescriptor(self.transport).connectionLost(connectionDone)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell who waits for the end."""
        self.gone.callback(None)
