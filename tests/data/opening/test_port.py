"""A passive port whose descriptor another socket had a moment ago, of which the reactor has still to tell."""

from __future__ import annotations

import os
import socket

from twisted.internet import reactor
from twisted.internet.interfaces import IReadDescriptor, IWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.data.opening.port import PassivePort
from tests.cases import TestCase
from tests.data.loopback import turns
from tests.data.opening.test_passive import Accepting


@implementer(IReadDescriptor, IWriteDescriptor)
class Former:
    """One end of a pair of sockets, of which the reactor tells."""

    def __init__(self, number: int) -> None:
        self.socket, self.other = socket.socketpair()
        os.dup2(self.socket.detach(), number)
        self.socket = socket.socket(fileno=number)

    def fileno(self) -> int:
        """The number."""
        return self.socket.fileno()

    def logPrefix(self) -> str:
        """For log lines."""
        return "former"

    def doRead(self) -> None:
        """Nobody sends."""

    def doWrite(self) -> None:
        """Nothing is to be said."""

    def connectionLost(self, reason: Failure) -> None:
        """It is closed by the test."""

    def close(self) -> None:
        """Give the number back."""
        reactor.removeWriter(self)
        self.socket.close()
        self.other.close()


class Successor(Former):
    """Closes a former one as soon as it is told of anything, and listens with its number."""

    def __init__(self, former: Former) -> None:
        super().__init__(os.open(os.devnull, os.O_RDONLY))
        self.other.send(b"x")
        self._former = former
        self.port: PassivePort | None = None

    def doRead(self) -> None:
        """In the same round of the reactor in which it is to tell of the former one."""
        reactor.removeReader(self)
        number = self._former.fileno()
        self._former.close()
        self.port = PassivePort(0, Accepting(), "127.0.0.1", reactor)
        assert self.port.fileno() == number
        self.port.watch()


class ReusedNumber(TestCase):
    """Nothing that was said of the former socket concerns the port."""

    async def still_watched(self, *, broken: bool) -> None:
        """Expect that the port is still listened on after an event of the former socket."""
        # The lowest free number is the next one that is given.
        number = os.open(os.devnull, os.O_RDONLY)
        former = Former(number)
        successor = Successor(former)
        if broken:
            former.other.close()
        # Told of in this order.
        reactor.addReader(successor)
        reactor.addWriter(former)
        await turns()
        successor.close()
        assert successor.port is not None
        watched = successor.port in reactor.getReaders()
        listening = successor.port.fileno() >= 0
        successor.port.close()
        self.assertEqual((watched, listening), (True, True))

    async def test_room_to_write(self) -> None:
        """A download that was stopped."""
        await self.still_watched(broken=False)

    async def test_a_break(self) -> None:
        """A client that was killed."""
        await self.still_watched(broken=True)
