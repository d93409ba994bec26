"""The TLS record layer of one data connection, on memory BIOs: ciphertext in batches between OpenSSL and the kernel.

Nothing here waits, and everything may run on any thread, one call at a time.  Sixteen records share one system call,
and what is sent when is decided here: what OpenSSL wants to say while the client uploads (the session tickets of TLS
1.3 before all) is held back until `flush`, since a client that closes without reading it would reset the connection and
lose the tail of its file; and it is never dropped, as the client could not read what comes behind it.
"""

from __future__ import annotations

import socket
import threading

from OpenSSL import SSL

from ftpd_service.data.connection.descriptor import broken
from ftpd_service.errors import DataHandshakeFailed, TransferAborted
from ftpd_service.tls.openssl import drop_output, encrypt, feed, prepare, read_into, waiting_output

BATCH_OCTETS = 256 * 1024
"""The most that is encrypted, or received and decrypted, at once: as many octets of memory a transfer keeps."""

ROOM_OCTETS = BATCH_OCTETS + 32 * 1024
"""For a batch of plain octets: what one call receives, and the record that was left incomplete before."""

_HELD_OCTETS = 64 * 1024
"""The most that is held back; honest clients cause a few hundred octets."""


_MOST_EMPTY = 16
"""Pieces in a row without a plain octet in them before others have their turn."""


class _Buffers(threading.local):
    """One thread's buffers: filled and emptied within one call, so that all transfers share them."""

    def __init__(self) -> None:
        self.plain = memoryview(bytearray(ROOM_OCTETS))
        self.raw = memoryview(bytearray(BATCH_OCTETS))


_buffers = _Buffers()


def plain_room() -> memoryview:
    """This thread's buffer for plain octets, of ROOM_OCTETS."""
    return _buffers.plain


class Records:
    """One TLS connection between its handshake and its close_notify.

    :ivar connection: OpenSSL's, on memory BIOs.
    :ivar sent: plain octets that have gone to the kernel, in records.
    :ivar closed: the client's close_notify has come.
    :ivar cut: the client's FIN has come without it.
    """

    __slots__ = ("_closing", "_framing", "_socket", "_unsent", "closed", "connection", "cut", "sent")

    def __init__(self, connection: SSL.Connection, socket: socket.socket) -> None:
        self.connection = connection
        prepare(connection)
        self._socket = socket
        self._framing = Framing()
        self._unsent = 0
        self._closing = False
        self.sent = 0
        self.closed = False
        self.cut = False

    @property
    def unsent(self) -> int:
        """Plain octets that are encrypted and not yet with the kernel."""
        return self._unsent

    def handshake(self, data: bytes) -> bool:
        """Go on with the handshake; True when it is done.

        :raises DataHandshakeFailed: OpenSSL's alert waits to be flushed.
        """
        self._feed(memoryview(data))
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as problem:
            raise DataHandshakeFailed(f"TLS handshake: {_reasons(problem)}") from problem
        return True

    def encrypt(self, data: memoryview | bytes) -> None:
        """Make records of plain octets, which wait to be flushed."""
        try:
            encrypt(self.connection, data)
        except SSL.Error as problem:
            raise TransferAborted(f"TLS: {_reasons(problem)}") from problem
        self._unsent += len(data)

    def close(self) -> None:
        """Put close_notify behind all that waits to be flushed; safe to call twice."""
        if self._closing:
            return
        self._closing = True
        try:
            self.connection.shutdown()
        except SSL.Error as problem:
            raise TransferAborted(f"TLS: {_reasons(problem)}") from problem

    def let_go(self) -> None:
        """Have OpenSSL take the connection for ended; called before it is dropped.

        Else it would strike the session out of its context's cache, and with that what the other data connections of a
        client resume that goes by session ids.
        """
        self.connection.set_shutdown(self.connection.get_shutdown() | SSL.SENT_SHUTDOWN)

    def flush(self, most: int) -> bool:
        """Hand records of at most so many plain octets to the kernel; True when nothing waits any more.

        :raises TransferAborted: the connection is broken.
        """
        limit = self.sent + most
        while waiting := waiting_output(self.connection):
            # Headers and alerts are nobody's octets: they go along with those that are allowed, or behind the last.
            allowed = len(waiting) if self._unsent <= limit - self.sent else limit - self.sent
            if allowed <= 0:
                return False
            try:
                count = self._socket.send(waiting[:allowed])
            except BlockingIOError:
                return False
            except OSError as problem:
                raise broken(problem) from problem
            drop_output(self.connection, count, _buffers.raw)
            plain = min(count, self._unsent)
            self._unsent -= plain
            self.sent += plain
            if count == len(waiting):
                break
        return True

    def pull(self, room: memoryview, most: int) -> int:
        """Decrypt what is there, or else what the kernel has; the plain octets, 0 for none now or (see `ended`) ever.

        :param most: octets to take from the kernel at once.
        :raises TransferAborted: a reset, a record that is none, or a FIN within a record.
        """
        for _ in range(_MOST_EMPTY):
            if (filled := self._decrypt(room)) or self.ended:
                return filled
            if not self._receive(most):
                break
        return 0

    @property
    def ended(self) -> bool:
        """Whether no octet will come any more."""
        return self.closed or self.cut

    def _decrypt(self, room: memoryview) -> int:
        try:
            filled = read_into(self.connection, room)
        except SSL.Error as problem:
            raise TransferAborted(f"TLS: {_reasons(problem)}") from problem
        self.closed = bool(self.connection.get_shutdown() & SSL.RECEIVED_SHUTDOWN)
        return filled

    def _receive(self, most: int) -> bool:
        """Feed a piece of what the kernel has; False when it has nothing for now."""
        room = _buffers.raw[: min(most, BATCH_OCTETS)]
        try:
            count = self._socket.recv_into(room)
        except BlockingIOError:
            return False
        except OSError as problem:
            raise broken(problem) from problem
        if count == 0:
            if not self._framing.whole:
                raise TransferAborted("the client's end came within a TLS record")
            self.cut = True
        self._feed(room[:count])
        if len(waiting_output(self.connection)) > _HELD_OCTETS:
            raise TransferAborted("TLS: the client asks for answers without an end")
        return True

    def _feed(self, data: memoryview) -> None:
        if data:
            self._framing.add(data)
            feed(self.connection, data)


class Framing:
    """Whether the octets so far end where a record ends (RFC 8446 section 5.1)."""

    __slots__ = ("_header", "_left")

    def __init__(self) -> None:
        self._header = b""
        self._left = 0

    @property
    def whole(self) -> bool:
        return not self._left and not self._header

    def add(self, data: memoryview) -> None:
        """Go on over the next octets, from header to header."""
        at, end = self._left, len(data)
        if self._header:
            needed = 5 - len(self._header)
            self._header += bytes(data[:needed])
            if len(self._header) < 5:
                return
            at = needed + _length(self._header, 0)
            self._header = b""
        while at + 5 <= end:
            at += 5 + _length(data, at)
        if at < end:
            self._header = bytes(data[at:])
        self._left = max(0, at - end)


def _length(octets: memoryview | bytes, at: int) -> int:
    return octets[at + 3] << 8 | octets[at + 4]


def _reasons(problem: SSL.Error) -> str:
    """OpenSSL's own words for a problem, without its library's and functions' names."""
    first = problem.args[0] if problem.args else None
    if isinstance(first, list):
        return ", ".join(str(entry[-1]) for entry in first) or type(problem).__name__
    return str(problem.args[-1]) if problem.args else type(problem).__name__
