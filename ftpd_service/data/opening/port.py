"""A passive port: a listening socket for a single connection, and the sockets that it accepts.

Twisted's port logs two lines, closes in a turn of its own, and gives each connection a transport that reads and writes.
Here the transfer reads and writes, on a descriptor of its own.  Twisted's way cost more than a small file (measured).
"""

from __future__ import annotations

import errno
import socket
from typing import Protocol

from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.data.reactor import Readiness

PASSIVE_BACKLOG = 16
"""Only one client is expected, but some strangers may connect before it while the port is not watched."""

_NOBODY_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK})
_GONE_AGAIN = frozenset({errno.ECONNABORTED, errno.EPERM, errno.EINTR, errno.EPROTO})
"""A connection ended, or was forbidden, before it was accepted; the next connection may be accepted."""


class Accepts(Protocol):
    """The methods that a passive port needs of its holder."""

    def accepted(self, connected: socket.socket, host: str) -> bool:
        """Take a connection from a host, or return False to have it closed."""

    def cannot_accept(self, problem: OSError) -> None:
        """Note that no connection can be accepted any more; the port is closed."""


@implementer(IReadDescriptor, IWriteDescriptor)
class PassivePort:
    """A port of a local address that hands accepted connections to its holder.

    :ivar number: the port's number.
    """

    def __init__(self, number: int, holder: Accepts, interface: str, reactor: Readiness) -> None:
        """Listen; connections are accepted from `watch` or `look` on.

        :raises OSError: the address is taken or not local.
        """
        self.number = number
        self._holder = holder
        self._reactor = reactor
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((interface, number))
            self._socket.listen(PASSIVE_BACKLOG)
        except OSError:
            self._socket.close()
            raise
        self._watched = False

    def watch(self) -> None:
        """Have the reactor watch the port until it is closed; safe to call again."""
        if not self._watched:
            self._watched = True
            self._reactor.addReader(self)

    def look(self) -> None:
        """Accept connections that are there already, without waiting for the reactor."""
        while self._socket.fileno() >= 0 and self._accept():
            pass

    def close(self) -> None:
        """Stop listening; safe to call again."""
        if self._socket.fileno() >= 0:
            if self._watched:
                self._reactor.removeReader(self)
            self._socket.close()

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """Return Twisted's prefix of log lines."""
        return "passive port"

    def doRead(self) -> None:
        """Accept a connection; the reactor calls this."""
        self._accept()

    # The kernel may reuse the number of a closed socket for this port before the reactor has processed a batch of
    # reports.  Then the reactor reports about the old socket, and the port ignores the report.

    def doWrite(self) -> None:
        """Ignore a report about an old socket."""

    def connectionLost(self, reason: Failure) -> None:
        """Ignore an error of an old socket, and register again, as the reactor has removed the registration."""
        self._watched = False
        self.watch()

    def _accept(self) -> bool:
        """Accept a connection; return False if there is no connection.

        Without descriptors no connection can be accepted, and the port is closed, or the reactor would spin.
        """
        try:
            accepted, address = self._socket.accept()
        except OSError as problem:
            if problem.errno in _NOBODY_THERE:
                return False
            if problem.errno not in _GONE_AGAIN:
                self.close()
                self._holder.cannot_accept(problem)
            return True
        accepted.setblocking(False)
        if not self._holder.accepted(accepted, address[0]):
            accepted.close()
        return True
