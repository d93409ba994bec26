"""The Protocol and the transport of a data connection, accepted or dialled.

Neither reads or writes: the transfer uses the socket itself, through ``descriptor.py``.
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
    """The transport of a data connection, which itself neither reads nor writes."""

    def __init__(self, accepted: socket.socket, protocol: DataProtocol) -> None:
        self._socket = accepted
        self._protocol = protocol
        self._lost = False

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """Return Twisted's prefix of log lines."""
        return "data connection"

    def connectionLost(self, reason: Failure) -> None:
        """Close the socket, and tell the Protocol."""
        if not self._lost:
            self._lost = True
            self._socket.close()
            self._protocol.connectionLost(reason)


class DataProtocol(Protocol):
    """A data connection, accepted or dialled.

    :ivar gone: fires when the transport is closed.
    """

    def __init__(self, made: Callable[[DataProtocol], None]) -> None:
        self._made = made
        self.gone: Deferred[None] = Deferred()

    def begin(self, connected: socket.socket) -> None:
        """Begin on a connected socket that does not block, and report the connection."""
        self._socket = connected
        self.makeConnection(DataSocket(connected, self))  # type: ignore[no-untyped-call, unused-ignore]  # as declared

    def connectionMade(self) -> None:
        """Report the connection."""
        self._made(self)

    def descriptor(self) -> socket.socket:
        """Return the socket, for a transfer that closes the socket and then this Protocol."""
        return self._socket

    def close(self) -> None:
        """Close the transport at once; as nothing was written to it, nothing has to be waited for."""
        IFileDescriptor(self.transport).connectionLost(connectionDone)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Report the end of the connection."""
        self.gone.callback(None)
