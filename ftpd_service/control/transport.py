"""What a control connection asks of its transport, and reading from it, which two parties may pause."""

from __future__ import annotations

import socket
from enum import Enum, auto
from typing import Protocol

from twisted.internet import tcp
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IPushProducer

from ftpd_service.tls.records import Records


class ControlTransport(Protocol):
    """ITCPTransport, IConsumer and IPushProducer together."""

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


def tuned_socket(transport: ControlTransport) -> socket.socket | None:
    """The socket of a new connection, set up for FTP; None where the transport has none."""
    transport.setTcpNoDelay(True)
    transport.setTcpKeepAlive(True)
    handle = getattr(transport, "getHandle", None)
    if handle is None:
        return None
    connection: socket.socket = handle()
    # ftplib sends the last octet of ABOR as urgent data: without this it vanishes and the line never ends.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    return connection


def direct_socket(transport: ControlTransport) -> socket.socket | None:
    """The socket of a plain TCP transport; None where something stands between, or in a test."""
    return transport.getHandle() if isinstance(transport, tcp.Connection) else None


def end_output(transport: ControlTransport) -> None:
    """Close our side behind all that was written: at once where that has been sent already."""
    transport.loseWriteConnection()
    if isinstance(transport, tcp.Connection):
        # As the reactor would in its next cycle, which costs as much as a command.
        transport.doWrite()


class Outgoing:
    """Writes replies, under TLS too: those of one piece of input together, and straight to the socket if it takes them.

    A reply through the transport costs a turn of the reactor and three system calls more (measured).  Once the socket
    has not taken everything, all goes through the transport, which keeps the order and tells when it is full.

    :ivar together: set while a piece of input is answered: its replies go out in one piece.
    """

    __slots__ = ("_direct", "_held", "_held_bytes", "_records", "_transport", "together")

    def __init__(self, transport: ControlTransport, direct: socket.socket | None) -> None:
        """Write to a transport; `direct` is its socket, or None where only the transport can write."""
        self._transport = transport
        self._direct = direct
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._records: Records | None = None
        self.together = False

    def write(self, data: bytes) -> None:
        """Write, or keep it until `flush` while replies are taken together."""
        self._held.append(data)
        self._held_bytes += len(data)
        if not self.together or self._held_bytes > _TOGETHER_BYTES:
            self.flush()

    def end_together(self) -> None:
        """The piece of input is answered, as far as that goes without waiting."""
        self.together = False
        if self._held or self._records is not None:
            self.flush()

    def due(self) -> None:
        """TLS may have something to say by itself: send it, or keep it while replies are taken together."""
        if not self.together:
            self.flush()

    def flush(self) -> None:
        """Write the replies that are held, and what TLS has to say."""
        data = b""
        if self._held:
            data = b"".join(self._held)
            self._held.clear()
            self._held_bytes = 0
        if self._records is not None:
            if data:
                self._records.write(data)
            data = self._records.take()
        if not data:
            return
        try:
            sent = 0 if self._direct is None else self._direct.send(data)
        except OSError:
            # Full, or broken: the transport meets the same and reports it.
            sent = 0
        if sent < len(data):
            self._direct = None
            self._transport.write(data[sent:])

    def protect(self, records: Records) -> None:
        """Send all replies under TLS from here on; those that are held go out in clear before it."""
        self.flush()
        self._records = records

    def go_clear(self) -> None:
        """Send all replies in clear from here on; what TLS had to say is sent."""
        self._records = None


_TOGETHER_BYTES = 16 * 1024
"""More replies than this do not wait for each other."""


class Pause(Enum):
    """Who wants no more input for now."""

    QUEUE = auto()
    """As many commands wait as may."""
    UNSENT = auto()
    """As many octets wait to be sent as may: what is read would be answered, by Telnet's or TLS's rules at least."""
    TURN = auto()
    """What has come is not looked at yet."""


class Reading:
    """Reads while nobody has paused it."""

    __slots__ = ("_pauses", "_transport")

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport
        self._pauses: frozenset[Pause] = frozenset()

    def pause(self, who: Pause) -> None:
        """Read nothing until this party has resumed; safe to say twice."""
        if not self._pauses:
            self._transport.pauseProducing()
        self._pauses |= {who}

    def resume(self, who: Pause) -> None:
        """This party wants input again."""
        if who in self._pauses:
            self._pauses -= {who}
            if not self._pauses:
                self._transport.resumeProducing()

    def end(self) -> None:
        """Read on whoever has paused: what comes is thrown away, and the end of it is waited for."""
        self._pauses = frozenset()
        self._transport.resumeProducing()
