"""A passive port: a listening socket that lives for one connection, and the transport of what it accepts.

Twisted's own port logs two lines for each, closes in a turn of its own, and gives every connection a transport that
reads and writes; here the transfer does that, through a descriptor of its own.  All of it together cost more than the
small file that it was for (measured).
"""

from __future__ import annotations

import errno
import socket
from typing import Protocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IReadDescriptor, IWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.data.connection.protocol import DataProtocol
from ftpd_service.data.reactor import Readiness

PASSIVE_BACKLOG = 16
"""One client is due; a few strangers may knock before it, while nobody watches yet."""

_NOBODY_THERE = frozenset({errno.EAGAIN, errno.EWOULDBLOCK})
_GONE_AGAIN = frozenset({errno.ECONNABORTED, errno.EPERM, errno.EINTR, errno.EPROTO})
"""A connection that ended, or was forbidden, before it was accepted: another may come."""


class Accepts(Protocol):
    """What a passive port asks of its factory."""

    def buildProtocol(self, addr: IAddress | None) -> DataProtocol | None:
        """The Protocol of a connection that was accepted, or None to have it closed."""

    def cannot_accept(self, problem: OSError) -> None:
        """Nobody can be accepted any more; the port is closed."""


@implementer(IReadDescriptor, IWriteDescriptor)
class PassivePort:
    """Listens at one number of a local address, and hands what it accepts to a factory's Protocols.

    :ivar number: of the port.
    """

    def __init__(self, number: int, factory: Accepts, interface: str, reactor: Readiness) -> None:
        """Listen; nobody looks before `watch` or `look`.

        :raises OSError: the address is taken or not ours.
        """
        self.number = number
        self._factory = factory
        self._reactor = reactor
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        self._address = IPv6Address if family == socket.AF_INET6 else IPv4Address
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
        """Have the reactor look, until it is closed; safe to call again."""
        if not self._watched:
            self._watched = True
            self._reactor.addReader(self)

    def look(self) -> None:
        """Accept whoever is there already, without waiting for the reactor to tell."""
        while self._socket.fileno() >= 0 and self._accept():
            pass

    def close(self) -> None:
        """Listen no more; safe to call twice."""
        if self._socket.fileno() >= 0:
            if self._watched:
                self._reactor.removeReader(self)
            self._socket.close()

    def fileno(self) -> int:
        """The socket's number, -1 once it is closed."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """What Twisted puts before log lines."""
        return "passive port"

    def doRead(self) -> None:
        """Somebody is there: called by the reactor."""
        self._accept()

    # A number that was closed may be ours before the reactor has gone through all that the kernel told it of at once:
    # then it tells us what was said of the socket that had it, and nothing of that concerns us.

    def doWrite(self) -> None:
        """Another could have written."""

    def connectionLost(self, reason: Failure) -> None:
        """Another was broken; the reactor has taken our registration away for it."""
        self._watched = False
        self.watch()

    def _accept(self) -> bool:
        """Accept one connection; False where nobody is there.

        Without descriptors nobody can be accepted, and the reactor would go on telling: so the port is closed then.
        """
        try:
            accepted, address = self._socket.accept()
        except OSError as problem:
            if problem.errno in _NOBODY_THERE:
                return False
            if problem.errno not in _GONE_AGAIN:
                self.close()
                self._factory.cannot_accept(problem)
            return True
        accepted.setblocking(False)
        protocol = self._factory.buildProtocol(self._address("TCP", address[0], address[1]))
        if protocol is None:
            accepted.close()
        else:
            protocol.begin(accepted)
        return True
