"""TLS of one data connection: ciphertext in batches between `Records` and the kernel.

Nothing here waits, and everything may run on any thread, one call at a time.  Sixteen records share one system call.
What OpenSSL wants to say while the client uploads (the session tickets of TLS 1.3 before all) is held back until
`flush`, since a client that closes without reading it would reset the connection and lose the tail of its file; and it
is never dropped, as the client could not read what comes behind it.
"""

from __future__ import annotations

import socket
import threading

from OpenSSL import SSL

from ftpd_service.data.connection.descriptor import broken
from ftpd_service.errors import DataHandshakeFailed, TransferAborted
from ftpd_service.tls.records import Data, Failed, HandshakeDone, Records

BATCH_BYTES = 256 * 1024
"""The most that is encrypted, or received and decrypted, at once: as many bytes of memory a transfer keeps."""

ROOM_BYTES = BATCH_BYTES + 32 * 1024
"""For a batch of plain bytes: what one call receives, and the record that was left incomplete before."""

_HELD_BYTES = 64 * 1024
"""The most that is held back; honest clients cause a few hundred bytes."""


_MOST_EMPTY = 16
"""Pieces in a row without a plain byte in them before others have their turn."""


class _Buffers(threading.local):
    """One thread's buffers: filled and emptied within one call, so that all transfers share them."""

    def __init__(self) -> None:
        self.plain = memoryview(bytearray(ROOM_BYTES))
        self.raw = memoryview(bytearray(BATCH_BYTES))


_buffers = _Buffers()


def plain_room() -> memoryview:
    """This thread's buffer for plain bytes, of ROOM_BYTES."""
    return _buffers.plain


class SocketRecords:
    """One TLS connection on a socket that does not block.

    :ivar sent: plain bytes that have gone to the kernel, in records.
    :ivar unsent: plain bytes that are encrypted and not yet with the kernel.
    """

    __slots__ = ("_records", "_socket", "sent", "unsent")

    def __init__(self, records: Records, socket: socket.socket) -> None:
        self._records = records
        self._socket = socket
        self.sent = 0
        self.unsent = 0

    @property
    def connection(self) -> SSL.Connection:
        """OpenSSL's side, to be asked about the handshake."""
        return self._records.connection

    @property
    def closed(self) -> bool:
        """Whether the client's close_notify has come."""
        return self._records.closed

    @property
    def ended(self) -> bool:
        """Whether no byte will come any more, by the client's close_notify or by its FIN alone."""
        return self._records.closed or self._records.cut

    def handshake(self, data: bytes) -> bool:
        """Go on with the handshake; True when it is done.

        :raises DataHandshakeFailed: OpenSSL's alert waits to be flushed.
        """
        self._records.receive(data)
        event = self._records.next_event(_buffers.plain)
        if isinstance(event, Failed):
            raise DataHandshakeFailed(f"TLS handshake: {event.reason}")
        return isinstance(event, HandshakeDone)

    def encrypt(self, data: memoryview | bytes) -> None:
        """Make records of plain bytes, which wait to be flushed."""
        self._records.write(data)
        self._check()
        self.unsent += len(data)

    def close(self) -> None:
        """Put close_notify behind all that waits to be flushed; safe to call twice."""
        self._records.close()
        self._check()

    def let_go(self) -> None:
        """See `Records.let_go`."""
        self._records.let_go()

    def flush(self, most: int) -> bool:
        """Hand records of at most so many plain bytes to the kernel; True when nothing waits any more.

        :raises TransferAborted: the connection is broken.
        """
        limit = self.sent + most
        while waiting := self._records.output():
            # Headers and alerts are nobody's bytes: they go along with those that are allowed, or behind the last.
            allowed = len(waiting) if self.unsent <= limit - self.sent else limit - self.sent
            if allowed <= 0:
                return False
            try:
                count = self._socket.send(waiting[:allowed])
            except BlockingIOError:
                return False
            except OSError as problem:
                raise broken(problem) from problem
            self._records.sent(count, _buffers.raw)
            plain = min(count, self.unsent)
            self.unsent -= plain
            self.sent += plain
            if count == len(waiting):
                break
        return True

    def pull(self, room: memoryview, most: int) -> int:
        """Decrypt what is there, or else what the kernel has; the plain bytes, 0 for none now or (see `ended`) ever.

        :param most: bytes to take from the kernel at once.
        :raises TransferAborted: a reset, a record that is none, or a FIN within a record.
        """
        for _ in range(_MOST_EMPTY):
            event = self._records.next_event(room)
            self._check()
            if isinstance(event, Data):
                return len(event.plain)
            if self.ended or not self._receive(most):
                break
        return 0

    def _receive(self, most: int) -> bool:
        """Take a piece of what the kernel has; False when it has nothing for now."""
        room = _buffers.raw[: min(most, BATCH_BYTES)]
        try:
            count = self._socket.recv_into(room)
        except BlockingIOError:
            return False
        except OSError as problem:
            raise broken(problem) from problem
        self._records.receive(room[:count])
        self._check()
        if len(self._records.output()) > _HELD_BYTES:
            raise TransferAborted("TLS: the client asks for answers without an end")
        return True

    def _check(self) -> None:
        """:raises TransferAborted: TLS cannot go on."""
        if self._records.failure:
            raise TransferAborted(f"TLS: {self._records.failure}")
