"""The words between a process and its successor, over a pair of sockets.

The successor says ``starting PID``, then ``ready PID``, waits for ``serve``, and says ``serving``.  The older process
closes the pair if it gives the successor up; the successor then ends.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IReactorSocket
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

STARTING, READY, SERVE, SERVING = "starting", "ready", "serve", "serving"


class Channel(LineOnlyReceiver):
    """One end of the pair.

    :param said: gets each word of the other process, and the number behind the word or 0.
    :param closed: is called when the other end is closed.
    """

    delimiter = b"\n"
    MAX_LENGTH = 256

    def __init__(self, said: Callable[[str, int], object], closed: Callable[[], object]) -> None:
        self._said = said
        self._closed = closed

    def lineReceived(self, line: bytes) -> None:
        """Take a word."""
        word, _, number = line.decode("ascii", "replace").partition(" ")
        self._said(word, int(number) if number.isdigit() else 0)

    def say(self, word: str) -> None:
        """Send a word."""
        self.sendLine(word.encode())  # type: ignore[no-untyped-call]  # Twisted has no types here

    def close(self) -> None:
        """Close this end, if there is a connection."""
        if self.transport is not None:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Tell that the other end is closed."""
        self._closed()


class LastLines(Protocol):
    """The end of a successor's standard error, whose first line is its process id.

    :ivar pid: the process id, or 0 before the first line.
    """

    LAST_BYTES = 4096
    TOLD_LINES = 5

    def __init__(self) -> None:
        self.pid = 0
        self._text = b""
        self._over = False
        self._waiting: list[Deferred[None]] = []

    def dataReceived(self, data: bytes) -> None:
        """Keep the last bytes."""
        self._text += data
        first, end, rest = self._text.partition(b"\n")
        if not self.pid and end and first.isdigit():
            self.pid, self._text = int(first), rest
        self._text = self._text[-self.LAST_BYTES :]

    @property
    def lines(self) -> list[str]:
        """The last lines that are not empty."""
        lines = self._text.decode("utf-8", "replace").splitlines()
        return [line.rstrip() for line in lines if line.strip()][-self.TOLD_LINES :]

    def ended(self) -> Deferred[None]:
        """Return a Deferred that fires when no more lines come."""
        waiter: Deferred[None] = Deferred()
        self._waiting.append(waiter)
        if self._over:
            self._tell()
        return waiter

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Tell the end."""
        self._over = True
        self._tell()

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.called:
                waiter.callback(None)


class _Single(Factory):
    """Makes the protocol of the single connection that a pair of sockets is."""

    noisy = False

    def __init__(self, only: Protocol) -> None:
        self._only = only

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        return self._only


def connect(end: socket.socket, protocol: Protocol, reactor: IReactorSocket) -> None:
    """Have a protocol talk over an end of a pair; the end belongs to its transport from now on."""
    end.setblocking(False)
    only = _Single(protocol)
    reactor.adoptStreamConnection(end.fileno(), socket.AF_UNIX, only)  # type: ignore[arg-type]  # it gets no attribute
    end.close()
