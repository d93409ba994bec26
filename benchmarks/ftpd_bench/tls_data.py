"""Data connections under TLS: hands are shaken here, and a download's records are then discarded in the kernel.

So a server's encryption is measured without a client that decrypts as slowly.  An upload has to be encrypted; it is,
in batches, many records a system call.
"""

from __future__ import annotations

import contextlib
import os
import socket

from ftpd_bench.data import DISCARD, NOWHERE, PIECE_BYTES, DataConnection
from ftpd_bench.reactor import BenchReactor
from ftpd_bench.tls import TlsEnd

SILENCE_SECONDS = 0.01
_OCTETS = os.urandom(PIECE_BYTES)


class TlsDataConnection(DataConnection):
    """The common part of all of them: the handshake, and sending the bytes of TLS."""

    def __init__(self, reactor: BenchReactor, address: tuple[str, int], tls: TlsEnd) -> None:
        self.tls = tls
        self._unsent = b""
        super().__init__(reactor, address)

    def begin(self) -> None:
        """The client speaks first, once it is connected."""
        self._reactor.addWriter(self)

    def read(self) -> None:
        """Shake hands, then what the kind of connection does."""
        if self.tls.established:
            self.receive()
            return
        data = self._socket.recv(PIECE_BYTES)
        if not data:
            raise ConnectionAbortedError("the server ended the data connection within its handshake")
        self.tls.feed(data)
        self._unsent += self.tls.leaving()
        if self._unsent:
            self._reactor.addWriter(self)
        if self.tls.established:
            self.shaken()

    def write(self) -> None:
        """Send what is due; begin with the handshake."""
        if not self._unsent and not self.tls.established:
            self.tls.shake()
            self._unsent = self.tls.leaving()
        if self._unsent:
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        if not self._unsent:
            self.sent()

    def shaken(self) -> None:
        """The handshake is done."""

    def receive(self) -> None:
        """Something has come after the handshake."""
        raise NotImplementedError

    def sent(self) -> None:
        """All that was due has left."""
        self._reactor.removeWriter(self)
        self._reactor.addReader(self)

    def farewell(self) -> None:
        """Say close_notify, as far as the peer still listens: some servers wait for it."""
        self.tls.close()
        with contextlib.suppress(OSError):
            self._socket.send(self._unsent + self.tls.leaving())


class TlsDiscarding(TlsDataConnection):
    """A large download whose records the kernel throws away; `octets` are the encrypted ones, without the handshake.

    The server's close_notify goes unseen, and vsftpd 3.0.3 waits for the client's: once `size` bytes have come and no
    more follow for a moment, this end says its own.
    """

    def __init__(self, reactor: BenchReactor, address: tuple[str, int], tls: TlsEnd, size: int) -> None:
        self._size = size
        self._seen = -1
        super().__init__(reactor, address, tls)

    def shaken(self) -> None:
        """Records that came with the handshake are inside already."""
        self.octets += len(self.tls.decrypted())

    def receive(self) -> None:
        """Let the kernel throw away what has come."""
        count = self._socket.recv_into(NOWHERE, 0, DISCARD)
        self.octets += count
        if not count:
            self.farewell()
            self.complete()
        elif self._seen < 0 and self.octets >= self._size:
            self._look_for_silence()

    def _look_for_silence(self) -> None:
        """Look again and again until nothing has come since the last time."""
        if self.fileno() < 0:
            return
        if self.octets == self._seen:
            self.farewell()
            return
        self._seen = self.octets
        self._reactor.callLater(SILENCE_SECONDS, self._look_for_silence)


class TlsCounting(TlsDataConnection):
    """A listing or a small file, decrypted.

    :ivar rows: line ends so far.
    """

    rows = 0

    def shaken(self) -> None:
        """Records may have come with the handshake."""
        self._count()

    def receive(self) -> None:
        """Count the rows of what has come."""
        data = self._socket.recv(PIECE_BYTES)
        self.tls.feed(data)
        self._count()
        # Pure-FTPd 1.0.50 waits for the client's close_notify before it closes.
        if self.tls.over or not data:
            self.farewell()
            self.complete()

    def _count(self) -> None:
        plain = self.tls.decrypted()
        self.octets += len(plain)
        self.rows += plain.count(b"\n")


class TlsSending(TlsDataConnection):
    """An upload of a number of bytes."""

    def __init__(self, reactor: BenchReactor, address: tuple[str, int], tls: TlsEnd, size: int) -> None:
        self._size = size
        self._closing = False
        super().__init__(reactor, address, tls)

    def shaken(self) -> None:
        """Begin to send."""
        self._reactor.addWriter(self)

    def receive(self) -> None:
        """Session tickets, close_notify, and the end; unread they would reset the connection."""
        data = self._socket.recv(PIECE_BYTES)
        if not data:
            if self.octets < self._size or self._unsent:
                raise ConnectionAbortedError("the server ended an upload before its end")
            self.complete()

    def sent(self) -> None:
        """Encrypt the next batch, or say that there is none."""
        if not self.tls.established or self._closing:
            super().sent()
            if self._closing:
                self._socket.shutdown(socket.SHUT_WR)
            return
        count = min(PIECE_BYTES, self._size - self.octets)
        if count:
            self.tls.encrypt(memoryview(_OCTETS)[:count])
            self.octets += count
        else:
            self._closing = True
            self.tls.close()
        self._unsent = self.tls.leaving()
