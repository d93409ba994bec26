"""What a control connection asks of its transport, and reading from it, which two parties may pause."""

from __future__ import annotations

import socket
from enum import Enum, auto
from typing import Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IPushProducer


class ControlTransport(Protocol):
    """ITLSTransport, IConsumer and IPushProducer together."""

    def write(self, data: bytes, /) -> None: ...
    def getPeer(self) -> IPv4Address | IPv6Address: ...
    def getHost(self) -> IPv4Address | IPv6Address: ...
    def loseConnection(self) -> None: ...
    def loseWriteConnection(self) -> None: ...
    def abortConnection(self) -> None: ...
    def setTcpNoDelay(self, enabled: bool, /) -> None: ...
    def setTcpKeepAlive(self, enabled: bool, /) -> None: ...
    def registerProducer(self, producer: IPushProducer, streaming: bool, /) -> None: ...
    def unregisterProducer(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...
    def startTLS(self, creator: IOpenSSLServerConnectionCreator, normal: bool, /) -> None: ...


def tuned_socket(transport: ControlTransport) -> socket.socket | None:
    """The socket of a new connection, set up for FTP; None where the transport has none.

    Asked for before TLS begins: from then on the transport's handle is OpenSSL's.
    """
    transport.setTcpNoDelay(True)
    transport.setTcpKeepAlive(True)
    handle = getattr(transport, "getHandle", None)
    if handle is None:
        return None
    connection: socket.socket = handle()
    # ftplib sends the last octet of ABOR as urgent data: without this it vanishes and the line never ends.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    return connection


class Pause(Enum):
    """Who wants no more input for now."""

    QUEUE = auto()
    """As many commands wait as may."""
    SPLITTER = auto()
    """As many octets wait behind AUTH as may."""


class Reading:
    """Reads while nobody has paused it."""

    __slots__ = ("_pauses", "_transport")

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport
        self._pauses: set[Pause] = set()

    def pause(self, who: Pause) -> None:
        """Read nothing until this party has resumed; safe to say twice."""
        if not self._pauses:
            self._transport.pauseProducing()
        self._pauses.add(who)

    def resume(self, who: Pause) -> None:
        """This party wants input again."""
        if who in self._pauses:
            self._pauses.discard(who)
            if not self._pauses:
                self._transport.resumeProducing()

    def end(self) -> None:
        """Read on whoever has paused: what comes is thrown away, and the end of it is waited for."""
        self._pauses.clear()
        self._transport.resumeProducing()
