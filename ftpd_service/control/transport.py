"""The transport of a control connection: replies to it, and reading from it, which several parts may pause."""

from __future__ import annotations

import socket
from contextlib import suppress
from enum import Enum, auto
from typing import Protocol

from twisted.internet import tcp
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IPushProducer
from twisted.python.failure import Failure

from ftpd_service.session.session import Session
from ftpd_service.tls.records import Records
from ftpd_service.wire.reply import Final, Preliminary, encode


class ControlTransport(Protocol):
    """ITCPTransport, IConsumer and IPushProducer together."""

    def write(self, data: bytes, /) -> None: ...
    def getPeer(self) -> IPv4Address | IPv6Address: ...
    def getHost(self) -> IPv4Address | IPv6Address: ...
    def loseConnection(self) -> None: ...
    def loseWriteConnection(self) -> None: ...
    def connectionLost(self, reason: Failure, /) -> None: ...
    def abortConnection(self) -> None: ...
    def setTcpNoDelay(self, enabled: bool, /) -> None: ...
    def setTcpKeepAlive(self, enabled: bool, /) -> None: ...
    def registerProducer(self, producer: IPushProducer, streaming: bool, /) -> None: ...
    def unregisterProducer(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...


def tuned_socket(transport: ControlTransport) -> socket.socket | None:
    """Return the socket of a new connection, configured for FTP; None if the transport has no socket."""
    transport.setTcpNoDelay(True)
    transport.setTcpKeepAlive(True)
    handle = getattr(transport, "getHandle", None)
    if handle is None:
        return None
    connection: socket.socket = handle()
    # ftplib sends the last byte of ABOR as urgent data; without this option it vanishes and the line never ends.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    return connection


def direct_socket(transport: ControlTransport) -> socket.socket | None:
    """Return the socket of a plain TCP transport; None if a wrapper stands between, or in a test."""
    return transport.getHandle() if isinstance(transport, tcp.Connection) else None


class Outgoing:
    """Writes the replies to a piece of input together, in clear or under TLS, and directly to the socket if possible.

    A reply through the transport costs a reactor cycle and three more system calls (measured).  Once the socket has not
    taken all bytes, the transport sends everything, keeps the order and reports when it is full.

    :ivar together: set while a piece of input is answered, so that its replies are sent together.
    :ivar ended: whether our side is closed at the socket; the transport does not know of it.
    """

    __slots__ = ("_direct", "_held", "_held_bytes", "_records", "_transport", "ended", "together")

    def __init__(self, transport: ControlTransport, direct: socket.socket | None) -> None:
        """Write to a transport; `direct` is its socket, or None if only the transport can write."""
        self._transport = transport
        self._direct = direct
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._records: Records | None = None
        self.together = False
        self.ended = False

    def reply(self, reply: Preliminary | Final, session: Session) -> None:
        """Write a reply of a session, and tell it to the session's tracers."""
        self.write(encode(reply, session.charset))
        for tracer in session.tracers:
            tracer.replied(reply)

    def write(self, data: bytes) -> None:
        """Write bytes, or hold it until `flush` while replies are collected."""
        self._held.append(data)
        self._held_bytes += len(data)
        if not self.together or self._held_bytes > _TOGETHER_BYTES:
            self.flush()

    def end_together(self) -> None:
        """Stop collecting replies, because the piece of input is answered or its verb waits."""
        self.together = False
        if self._held or self._records is not None:
            self.flush()

    def due(self) -> None:
        """Send output of TLS itself, or hold it while replies are collected."""
        if not self.together:
            self.flush()

    def flush(self) -> None:
        """Write the held replies, and the output of TLS."""
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
            # The socket is full or broken; the transport meets the same error and reports it.
            sent = 0
        if sent < len(data):
            self._direct = None
            self._transport.write(data[sent:])

    def end(self) -> None:
        """Close our side after all written bytes, at once if they are sent already."""
        if self._direct is None:
            self._transport.loseWriteConnection()
            return
        # The transport would first have the reactor watch for room, which costs a cycle.
        with suppress(OSError):
            self._direct.shutdown(socket.SHUT_WR)
        self.ended = True

    def protect(self, records: Records) -> None:
        """Send later replies under TLS; held replies go out in clear first."""
        self.flush()
        self._records = records

    def go_clear(self) -> None:
        """Send later replies in clear; the output of TLS was sent."""
        self._records = None


_TOGETHER_BYTES = 16 * 1024
"""More replies than this are not collected."""


class Pause(Enum):
    """The reason why reading is paused."""

    QUEUE = auto()
    """The queue of commands is full."""
    UNSENT = auto()
    """The buffer of unsent bytes is full, and input would cause replies, at least by the rules of Telnet or TLS."""
    TURN = auto()
    """Earlier input waits for its turn."""


_NO_PAUSES: frozenset[Pause] = frozenset()
"""The empty set of all sessions: an own set would take 216 bytes of each."""


class Reading:
    """Reads while no part has paused reading."""

    __slots__ = ("_pauses", "_transport")

    def __init__(self, transport: ControlTransport) -> None:
        self._transport = transport
        self._pauses = _NO_PAUSES

    def pause(self, who: Pause) -> None:
        """Read nothing until `resume` for this reason; safe to call again."""
        if not self._pauses:
            self._transport.pauseProducing()
        self._pauses |= {who}

    def resume(self, who: Pause) -> None:
        """Resume reading for this reason."""
        if who in self._pauses:
            self._pauses -= {who}
            if not self._pauses:
                self._transport.resumeProducing()

    def end(self) -> None:
        """Read on regardless of pauses: input is discarded, and its end awaited."""
        self._pauses = _NO_PAUSES
        self._transport.resumeProducing()
