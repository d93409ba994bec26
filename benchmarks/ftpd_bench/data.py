"""The client's data connections, as cheap as they can be: own sockets under the reactor's readiness calls.

A download is discarded in the kernel (MSG_TRUNC), an upload goes from a file in memory to the socket (sendfile): no
byte of either comes into this process, so that the measurement concerns the server.
"""

from __future__ import annotations

import errno
import mmap
import os
import socket
import sys
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_bench.reactor import BenchReactor

DISCARD = socket.MSG_TRUNC if sys.platform == "linux" else 0
"""On other systems the bytes are copied into the buffer below, which costs more and changes nothing."""
NOWHERE = memoryview(mmap.mmap(-1, 4 << 20))
"""The buffer for `recv_into`; with MSG_TRUNC nothing is ever written there, so it uses no memory either."""
PIECE_BYTES = 256 * 1024


class Source:
    """The bytes to upload: a file in memory, sent repeatedly until a size is reached."""

    SIZE_BYTES = 8 << 20

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("ftpd-bench")
        piece = os.urandom(1 << 20)
        for _ in range(self.SIZE_BYTES // len(piece)):
            os.write(self.descriptor, piece)

    def close(self) -> None:
        """Give the memory back."""
        os.close(self.descriptor)


@implementer(IReadDescriptor, IWriteDescriptor)
class DataConnection:
    """One data connection, dialled when it is made.

    :ivar octets: the bytes moved so far.
    :ivar ended: fires with `octets` when all have been moved, fails if the connection is lost before.
    """

    def __init__(self, reactor: BenchReactor, address: tuple[str, int]) -> None:
        self.octets = 0
        self.ended: Deferred[int] = Deferred()
        self._reactor = reactor
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self._socket.setblocking(False)
        result = self._socket.connect_ex(address)
        if result not in (0, errno.EINPROGRESS):
            self._socket.close()
            raise OSError(result, os.strerror(result))
        self.begin()

    def begin(self) -> None:
        """Register for what comes first."""
        self._reactor.addReader(self)

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """For the reactor's log."""
        return "bench"

    def doRead(self) -> None:
        """The reactor says that something can be read."""
        self._guarded(self.read)

    def doWrite(self) -> None:
        """The reactor says that something can be written."""
        self._guarded(self.write)

    def read(self) -> None:
        """Read once."""
        raise NotImplementedError

    def write(self) -> None:
        """Write once."""
        raise NotImplementedError

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The reactor says that both directions have ended."""
        self.close(reason)

    def close(self, reason: Failure | None = None) -> None:
        """End it; harmless when it has ended.

        :param reason: what `ended` fails with; None where nobody needs to know any more.
        """
        if reason is None:
            self.ended.addErrback(_forget)
        if self._socket.fileno() < 0:
            return
        self._reactor.removeReader(self)
        self._reactor.removeWriter(self)
        self._socket.close()
        if not self.ended.called:
            self.ended.errback(reason or Failure(ConnectionDone()))

    def complete(self) -> None:
        """Finish, because all bytes have been moved."""
        if not self.ended.called:
            self.ended.callback(self.octets)
        self.close()

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close(Failure())


def _forget(failure: Failure) -> None:
    """Drop a failure, because no caller waits for this connection any more."""


class Discarding(DataConnection):
    """A plain download."""

    def read(self) -> None:
        """Let the kernel throw away what has come."""
        count = self._socket.recv_into(NOWHERE, 0, DISCARD)
        self.octets += count
        if not count:
            self.complete()


class Counting(DataConnection):
    """A plain listing.

    :ivar rows: line ends so far.
    """

    rows = 0

    def read(self) -> None:
        """Count the rows of what has come."""
        data = self._socket.recv(PIECE_BYTES)
        self.octets += len(data)
        self.rows += data.count(b"\n")
        if not data:
            self.complete()


class Sending(DataConnection):
    """A plain upload of a number of bytes."""

    def __init__(self, reactor: BenchReactor, address: tuple[str, int], source: Source, size: int) -> None:
        self._source, self._size = source, size
        super().__init__(reactor, address)

    def begin(self) -> None:
        """Writable means connected."""
        self._reactor.addWriter(self)

    def write(self) -> None:
        """Let the kernel send what fits; closing is the end of the file."""
        if self.octets < self._size:
            offset = self.octets % Source.SIZE_BYTES
            count = min(self._size - self.octets, Source.SIZE_BYTES - offset)
            self.octets += os.sendfile(self._socket.fileno(), self._source.descriptor, offset, count)
        else:
            # An empty file has to be connected for, too.
            self._socket.getpeername()
        if self.octets >= self._size:
            self.complete()
