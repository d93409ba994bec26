"""A server on loopback that answers requests byte by byte as a test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IReactorTCP
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from tests.cases import TestCase


class HostileConnection(Protocol):
    """A connection whose behaviour is a test's function, called once for its first bytes."""

    def __init__(self, owner: HostileServer) -> None:
        self._owner = owner
        self._pours: list[LoopingCall] = []
        self._asked = False

    def connectionMade(self) -> None:
        """Count it."""
        self._owner.connections.append(self)

    def dataReceived(self, data: bytes) -> None:
        """Behave."""
        self._owner.received += data
        if not self._asked:
            self._asked = True
            self._owner.behave(self)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        cast(Any, self.transport).write(data)  # Any: a transport of TCP

    def end(self) -> None:
        """End the connection."""
        cast(Any, self.transport).loseConnection()  # Any: as above

    def pour(self, data: bytes, every: float = 0.0) -> None:
        """Send bytes again and again, until the connection ends."""
        call = LoopingCall(self.send, data)
        self._pours.append(call)
        call.start(every)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Stop."""
        for call in self._pours:
            call.stop()
        self._owner.ended += 1
        if not self._owner.end.called:
            self._owner.end.callback(None)


class HostileServer(ServerFactory):
    """The server.

    :ivar end: fires with the end of the first connection.
    """

    noisy = False

    def __init__(self, behave: Callable[[HostileConnection], None]) -> None:
        self.behave = behave
        self.connections: list[HostileConnection] = []
        self.received = b""
        self.ended = 0
        self.end: Deferred[None] = Deferred()

    def buildProtocol(self, addr: IAddress | None) -> HostileConnection:
        """A connection."""
        return HostileConnection(self)


def hostile_server(case: TestCase, behave: Callable[[HostileConnection], None]) -> tuple[int, HostileServer]:
    """The port of a new server, and the server; it ends with the test."""
    server = HostileServer(behave)
    tcp = cast(IReactorTCP, reactor)  # Twisted's module has no type
    port = tcp.listenTCP(0, cast(Any, server), interface="127.0.0.1")  # Any: the type of factories is private
    case.addCleanup(port.stopListening)
    return int(cast(Any, port.getHost()).port), server  # Any: an address of TCP
