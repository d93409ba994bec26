"""A data connection's socket under the reactor's readiness calls.

A transfer has the socket for itself, so that the kernel may move the bytes.  These rules follow:

- A socket that is registered for nothing gets no reports.  So a download keeps reading (and discards): otherwise it
  would not see a reset while it waits.
- Closing with unread input sends RST and destroys bytes in flight.  So the end of a download discards input until the
  client's end.
- A socket is never closed while it is registered (the reactor would spin) or used on the pool (its number may belong to
  another session by then).
- The kernel reports an error once; reads after a reset look like an end in order.
"""

from __future__ import annotations

import errno
import fcntl
import select
import socket
import struct
import termios
from array import array
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.data.reactor import Clock, Readiness
from ftpd_service.errnos import Turning
from ftpd_service.errors import TransferAborted

CONNECTION_ERRORS = frozenset(
    {
        errno.EPIPE,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.ETIMEDOUT,
        errno.ENOTCONN,
        errno.ESHUTDOWN,
        errno.EHOSTUNREACH,
        errno.EHOSTDOWN,
        errno.ENETUNREACH,
        errno.ENETDOWN,
    }
)
"""The errors of a broken connection; any other error belongs to a file."""

_END = getattr(select, "POLLRDHUP", 0)
"""Linux's mark for a FIN; 0 on systems without such a mark."""

_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing sends a reset."""

# Nothing reads this buffer, so all connections of the reactor's thread share it.
_WASTE = bytearray(64 * 1024)


class InputKind(Enum):
    """The kind of input that was discarded."""

    BYTES = "bytes"
    END = "end"
    RESET = "reset"


def broken(problem: OSError) -> TransferAborted:
    """Return the error that stands for a connection's `OSError`."""
    return TransferAborted(f"data connection: {errno.errorcode.get(problem.errno or 0, 'unknown error')}")


translated_breaks = Turning(lambda problem: None if isinstance(problem, BlockingIOError) else broken(problem))
"""Turns an `OSError` of the connection, but for "would block", into TransferAborted."""


@implementer(IReadDescriptor, IWriteDescriptor)
class ConnectionDescriptor:
    """A data connection's socket, for a transfer.

    The object is made and ended on the reactor's thread; either `end` or `abort` is called, exactly once.

    :ivar socket: the socket, which does not block.
    """

    def __init__(self, connected: socket.socket, reactor: Readiness) -> None:
        """Take the socket of a connection, which does not block."""
        self._reactor = reactor
        self.socket = connected
        self._reading = self._writing = self._output_ended = False
        self._for_input: Deferred[None] | None = None
        self._for_room: Deferred[None] | None = None
        self._input_seen: Callable[[InputKind], None] | None = None

    async def readable(self) -> None:
        """Wait for bytes, the end or an error; may return without any of them."""
        self._for_input = Deferred()
        self._start_reading()
        try:
            await self._for_input
        finally:
            self._for_input = None

    async def writable(self) -> None:
        """Wait for room in the kernel's buffer or an error; may return without either."""
        self._for_room = Deferred()
        self._start_writing()
        try:
            await self._for_room
        finally:
            self._for_room = None

    def is_reset(self) -> bool:
        """Whether the connection is broken, also behind unread bytes; asking does not consume the error."""
        # poll(2) reports errors without being asked for them.
        return bool(self._told(0))

    def bytes_to_the_end(self) -> int:
        """Return the number of unread bytes if the client's FIN stands behind them, else 0.

        Urgent bytes end the count (tcp(7)), so there may be more.
        """
        if not _END or self._told(_END) != _END:
            return 0
        return self._queued(termios.FIONREAD)

    def discard_input(self, seen: Callable[[InputKind], None]) -> None:
        """Discard input, and tell its kind, until the end or a reset."""
        self._input_seen = seen
        self._start_reading()

    def fill_packets(self) -> None:
        """Have the kernel send only full packets, for the bytes of a large file; the FIN takes along the rest.

        Otherwise the end of each piece that sendfile(2) moves is a packet of its own, which may wake the client: a
        download cost half as much again, and its client twice as much (measured).  An end without a FIN leaves after
        200 ms (tcp(7)).
        """
        if hasattr(socket, "TCP_CORK"):
            with suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)

    def end_output(self) -> None:
        """Send the FIN behind the written bytes.

        :raises TransferAborted: the connection is broken.
        """
        with translated_breaks:
            self.socket.shutdown(socket.SHUT_WR)
        self._output_ended = True

    async def end(self, clock: Clock, seconds: float, *, proof: bool = False) -> bool:
        """End in order: send FIN, discard input until the client's end or a timeout, close.

        Cancelling this closes at once.

        :param proof: whether to find out which bytes the client has taken.
        :return: whether the client is known to have taken all bytes that were sent before it ended.
        """
        over: Deferred[bool] = Deferred()

        def seen(what: InputKind) -> None:
            if what is not InputKind.BYTES and not over.called:
                over.callback(proof and what is InputKind.END and self._all_taken())

        self._stop_writing()
        if not self._output_ended:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        self._input_seen = seen
        # An upload has read the client's end already and need not wait for the reactor.
        self._discard()
        timer = None
        if not over.called:
            self._start_reading()
            timer = clock.callLater(seconds, seen, InputKind.RESET)
        try:
            taken = await over
        finally:
            if timer is not None and timer.active():
                timer.cancel()
            self._close()
        return taken

    def reset_at_close(self) -> None:
        """Have the client see a reset instead of an end, because the bytes sent are not the whole file."""
        with suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)

    async def abort(self) -> None:
        """Close at once: the client sees an end, or a reset if bytes of its own were not read."""
        self._close()

    def _close(self) -> None:
        self._stop()
        self.socket.close()

    def _stop(self) -> None:
        self._input_seen = None
        self._stop_reading()
        self._stop_writing()

    def _all_taken(self) -> bool:
        """Whether a client that has ended took all bytes that were sent to it.

        A kernel answers bytes to a closed socket with a reset, and sends a reset instead of a FIN if confirmed bytes
        were not read.  So a FIN, and confirmation of all but our own FIN, is proof.
        """
        try:
            return self._queued(termios.TIOCOUTQ) <= 1 and not self.socket.getsockopt(
                socket.SOL_SOCKET, socket.SO_ERROR
            )
        except OSError:
            return False

    def _told(self, events: int) -> int:
        """Return the bits of some events, and of errors, that the kernel reports now."""
        look = select.poll()
        look.register(self.socket, events)
        return sum(told for _, told in look.poll(0))

    def _queued(self, queue: int) -> int:
        """Return the number of bytes in a queue of the kernel, by the number of its ioctl.

        :raises OSError:
        """
        count = array("i", [0])
        fcntl.ioctl(self.socket, queue, count)
        return count[0]

    def _discard(self) -> None:
        seen = self._input_seen
        if seen is None:
            return
        try:
            # A slice may be waiting at the socket, which blocks then.
            what = InputKind.BYTES if self.socket.recv_into(_WASTE, 0, socket.MSG_DONTWAIT) else InputKind.END
        except BlockingIOError:
            return
        except OSError:
            what = InputKind.RESET
        if what is not InputKind.BYTES:
            self._input_seen = None
            self._stop_reading()
        seen(what)

    # The methods that the reactor calls.  Registrations end lazily, with the first report that nothing waits for, so
    # that a transfer that waits again at once costs no system call.

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self.socket.fileno()

    def logPrefix(self) -> str:
        """Return Twisted's prefix of log lines."""
        return "data connection"

    def doRead(self) -> Failure | None:
        """Wake the transfer, as something can be read."""
        if self._input_seen is not None:
            self._discard()
        elif self._for_input is not None and not self._for_input.called:
            self._for_input.callback(None)
        else:
            self._stop_reading()
        return None

    def doWrite(self) -> Failure | None:
        """Wake the transfer, as something can be written."""
        if self._for_room is not None and not self._for_room.called:
            self._for_room.callback(None)
        else:
            self._stop_writing()
        return None

    def connectionLost(self, reason: Failure) -> None:
        """Note an error or both ends; the reactor has removed the registrations.

        The transfer that wakes sees the error in its next system call.
        """
        self._reading = self._writing = False
        if self._input_seen is not None:
            self._discard()
            if self._input_seen is not None:
                self._start_reading()
        for waiter in (self._for_input, self._for_room):
            if waiter is not None and not waiter.called:
                waiter.callback(None)

    def _start_reading(self) -> None:
        if not self._reading:
            self._reactor.addReader(self)
            self._reading = True

    def _start_writing(self) -> None:
        if not self._writing:
            self._reactor.addWriter(self)
            self._writing = True

    def _stop_reading(self) -> None:
        if self._reading:
            self._reactor.removeReader(self)
            self._reading = False

    def _stop_writing(self) -> None:
        if self._writing:
            self._reactor.removeWriter(self)
            self._writing = False
