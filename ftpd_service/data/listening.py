"""Twisted's listening port without what a passive port has no use for.

A data connection's port lives for one connection.  Twisted's own logs two lines for each, which drown the log of a busy
server, and tries to accept once more after the one client that is due; both cost more than the port itself (measured).
"""

from __future__ import annotations

from twisted.internet import tcp
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import ServerFactory

from ftpd_service.data.reactor import DataReactor


class PassivePort(tcp.Port):
    """A port that accepts one connection a wake-up and logs nothing."""

    def startListening(self) -> None:
        """Bind, listen, and have the reactor look.

        :raises CannotListenError: the address is taken or not ours.
        """
        opened = tcp.Port.createInternetSocket(self)
        try:
            opened.bind((self.interface, self.port))
            opened.listen(self.backlog)
        except OSError as problem:
            opened.close()
            raise CannotListenError(self.interface, self.port, problem) from problem
        self._realPortNumber = opened.getsockname()[1]
        self.connected = True
        self.socket = opened
        self.fileno = opened.fileno  # type: ignore[method-assign]  # as Port itself does
        self.numberAccepts = 1
        tcp.Port.startReading(self)

    def _logConnectionLostMsg(self) -> None:
        """Not worth a line."""


class PassiveListening:
    """Opens such ports; stands where a reactor's `listenTCP` would."""

    def __init__(self, reactor: DataReactor) -> None:
        self._reactor = reactor

    def listenTCP(self, port: int, factory: ServerFactory, backlog: int = 50, interface: str = "") -> IListeningPort:
        """Listen on a port of a local address, as a reactor does.

        :raises CannotListenError: the address is taken or not ours.
        """
        opened = PassivePort(port, factory, backlog, interface, self._reactor)
        opened.startListening()
        return IListeningPort(opened)
