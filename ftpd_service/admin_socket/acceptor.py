"""Accepts connections at the admin socket.

Twisted's port removes the file under the name that the socket was bound to, which is a temporary name here.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IProtocolFactory, IReadDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.runtime.turns import Clock

ACCEPTED_AT_ONCE = 8
"""The most connections that are accepted before the reactor does other work."""

ACCEPT_AGAIN_SECONDS = 1.0
"""The pause after a connection could not be accepted, as when the process has no free descriptor."""


class AdminReactor(Clock, Protocol):
    """The parts of the reactor that the admin socket needs."""

    def addReader(self, reader: IReadDescriptor) -> None:
        """Call `doRead` while something can be read."""

    def removeReader(self, reader: IReadDescriptor) -> None:
        """Stop calling `doRead`."""

    def adoptStreamConnection(self, fileDescriptor: int, addressFamily: int, factory: IProtocolFactory) -> object:
        """Serve a connection by a protocol of the factory, on a copy of the descriptor."""

    def callWhenRunning(self, callable: Callable[[], object]) -> object:
        """Call a function once the reactor runs, at once if it does."""


@implementer(IReadDescriptor)
class Acceptor:
    """Hands each connection at a listening socket to a factory's protocol."""

    def __init__(self, listening: socket.socket, factory: IProtocolFactory, reactor: AdminReactor) -> None:
        self._listening = listening
        self._factory = factory
        self._reactor = reactor
        self._rest: IDelayedCall | None = None
        reactor.addReader(self)

    def stop(self) -> None:
        """Accept no more; the caller closes the socket."""
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        self._reactor.removeReader(self)

    def fileno(self) -> int:
        """Return the socket's number."""
        return self._listening.fileno()

    def logPrefix(self) -> str:
        """Return Twisted's prefix of log lines."""
        return "admin socket"

    def doRead(self) -> None:
        """Accept some connections; the reactor calls this."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                connected, _address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:
                self._pause()
                return
            with connected:
                connected.setblocking(False)
                try:
                    self._reactor.adoptStreamConnection(connected.fileno(), socket.AF_UNIX, self._factory)
                except OSError:
                    # The copy needs a descriptor, too.  An exception here would have the reactor drop this reader.
                    self._pause()
                    return

    def connectionLost(self, reason: Failure) -> None:
        """Do nothing: a listening socket has no other end."""

    def _pause(self) -> None:
        self._reactor.removeReader(self)
        self._rest = self._reactor.callLater(ACCEPT_AGAIN_SECONDS, self._go_on)

    def _go_on(self) -> None:
        self._rest = None
        self._reactor.addReader(self)
