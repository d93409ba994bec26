"""TLS of a data connection: ciphertext in batches between `Records` and the kernel.

No method waits, and each may run on any thread, one at a time.  Sixteen records share a system call.  Output that
OpenSSL makes while the client uploads, mainly the session tickets of TLS 1.3, is held back until `flush`: a client that
closes without reading it would reset the connection and lose the tail of its file.  The output is never dropped,
because the client could not decrypt any later record.
"""

from __future__ import annotations

import socket
import threading

from OpenSSL import SSL

from ftpd_service.data.connection.descriptor import broken
from ftpd_service.errors import DataHandshakeFailed, TransferAborted
from ftpd_service.tls.records import Data, Failed, HandshakeDone, Records

BATCH_BYTES = 256 * 1024
"""The most that is encrypted, or received and decrypted, at once; a transfer keeps as much memory."""

ROOM_BYTES = BATCH_BYTES + 32 * 1024
"""The room for a batch of plain bytes: those received by a call, and the record that was incomplete before."""

_HELD_BYTES = 64 * 1024
"""The most that is held back; honest clients cause a few hundred bytes."""


_MOST_EMPTY = 16
"""The most pieces in a row without a plain byte before other work gets the reactor."""


class _Buffers(threading.local):
    """The buffers of a thread, filled and emptied within a call, so that all transfers share them."""

    def __init__(self) -> None:
        self.plain = memoryview(bytearray(ROOM_BYTES))
        self.raw = memoryview(bytearray(BATCH_BYTES))


_buffers = _Buffers()


def plain_room() -> memoryview:
    """Return this thread's buffer for plain bytes, of ROOM_BYTES."""
    return _buffers.plain


class SocketRecords:
    """A TLS connection on a socket that does not block.

    :ivar sent: the number of plain bytes that the kernel has, in records.
    :ivar unsent: the number of plain bytes that are encrypted but not yet with the kernel.
    """

    __slots__ = ("_records", "_socket", "sent", "unsent")

    def __init__(self, records: Records, socket: socket.socket) -> None:
        self._records = records
        self._socket = socket
        self.sent = 0
        self.unsent = 0

    @property
    def connection(self) -> SSL.Connection:
        """OpenSSL's connection, for questions about the handshake."""
        return self._records.connection

    @property
    def closed(self) -> bool:
        """Whether the client's close_notify has come."""
        return self._records.closed

    @property
    def ended(self) -> bool:
        """Whether no further byte will come, because of the client's close_notify or its FIN alone."""
        return self._records.closed or self._records.cut

    def handshake(self, data: bytes) -> bool:
        """Continue the handshake; return True when it is done.

        :raises DataHandshakeFailed: OpenSSL's alert waits to be flushed.
        """
        self._records.receive(data)
        event = self._records.next_event(_buffers.plain)
        if isinstance(event, Failed):
            raise DataHandshakeFailed(f"TLS handshake: {event.reason}")
        return isinstance(event, HandshakeDone)

    def encrypt(self, data: memoryview | bytes) -> None:
        """Encrypt plain bytes into records, which wait to be flushed."""
        self._records.write(data)
        self._check()
        self.unsent += len(data)

    def close(self) -> None:
        """Put close_notify behind the records that wait to be flushed; safe to call again."""
        self._records.close()
        self._check()

    def let_go(self) -> None:
        """See `Records.let_go`."""
        self._records.let_go()

    def flush(self, most: int) -> bool:
        """Hand records of up to `most` plain bytes to the kernel; return True when no record is left.

        :raises TransferAborted: the connection is broken.
        """
        limit = self.sent + most
        while waiting := self._records.output():
            # Headers and alerts are not counted: they go with the bytes that are allowed, or after the last byte.
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
        """Decrypt received bytes; return the number of plain bytes, 0 if there are none now or ever (see `ended`).

        :param most: the most bytes to take from the kernel at once.
        :raises TransferAborted: a reset, an invalid record, or a FIN within a record.
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
        """Receive a piece from the kernel; return False if it has nothing now."""
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
            raise TransferAborted("TLS: the client asks for too many answers")
        return True

    def _check(self) -> None:
        """:raises TransferAborted: TLS cannot go on."""
        if self._records.failure:
            raise TransferAborted(f"TLS: {self._records.failure}")
