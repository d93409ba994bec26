"""Kept connections of HTTP on which an answer, with its head and its framing, is bounded as it comes.

Twisted bounds a line of the head, but not the number of lines.  Every connection is therefore wrapped, and counts the
bytes that have come since its request began.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer


class NoAnswer(Exception):
    """A service does not answer as it should; the text says why, for the log."""


class MeasuredPool(HTTPConnectionPool):
    """A pool whose connections end when more bytes come for a request than an answer may have.

    :param most: the most bytes.
    """

    def __init__(self, reactor: PosixReactorBase, *, most: int) -> None:
        super().__init__(reactor)  # type: ignore[no-untyped-call]  # Twisted has no types here
        self._most = most

    def getConnection(self, key: Hashable, endpoint: IStreamClientEndpoint) -> Deferred[Any]:  # Any: as Twisted's own
        """Return a connection for one request."""
        connected: Deferred[Any] = super().getConnection(key, _Measuring(endpoint, self._most))  # Any: as above
        return connected.addCallback(_begun)


def _begun(connection: Any) -> Any:  # Any: as above
    measured = connection.transport
    assert isinstance(measured, _Measured)
    measured.begin()
    return connection


@implementer(IStreamClientEndpoint)
class _Measuring:
    """An endpoint whose connections are measured."""

    def __init__(self, endpoint: IStreamClientEndpoint, most: int) -> None:
        self._endpoint = endpoint
        self._most = most

    def __repr__(self) -> str:
        return repr(self._endpoint)

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect, and return the factory's own protocol."""
        connected: Deferred[Any] = self._endpoint.connect(
            _MeasuredFactory(protocolFactory, self._most)
        )  # Any: as above
        return connected.addCallback(lambda measured: measured.wrappedProtocol)


class _Measured(ProtocolWrapper):
    """A connection that counts."""

    _received = 0
    _too_much = False

    def begin(self) -> None:
        """Begin a request."""
        self._received = 0

    def dataReceived(self, data: bytes) -> None:
        """Pass bytes on, up to the bound."""
        if self._too_much:
            return
        self._received += len(data)
        if self._received > cast(_MeasuredFactory, self.factory).most:  # its own factory
            self._too_much = True
            self.loseConnection()
            return
        super().dataReceived(data)  # type: ignore[no-untyped-call]  # Twisted has no types here

    def loseConnection(self) -> None:
        """End the connection at once: a service that hangs would not close in order."""
        self.disconnecting = 1
        self.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say why our side has ended the connection."""
        told = Failure(NoAnswer("the answer is too large")) if self._too_much else reason
        super().connectionLost(told)  # type: ignore[no-untyped-call]  # Twisted has no types here


class _MeasuredFactory(WrappingFactory):
    """Makes one connection."""

    noisy = False
    protocol = _Measured

    def __init__(self, factory: IProtocolFactory, most: int) -> None:
        super().__init__(factory)  # type: ignore[no-untyped-call]  # Twisted has no types here
        self.most = most
