"""The acceptor of the admin socket when descriptors are short."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
from typing import Any

from twisted.internet.interfaces import IProtocolFactory, IReadDescriptor
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock

from ftpd_service.admin_socket.acceptor import ACCEPT_AGAIN_SECONDS, Acceptor
from tests.cases import SynchronousTestCase


class ShortReactor(Clock):
    """A reactor that cannot copy a descriptor.

    :ivar readers: what it reads.
    :ivar adopted: the number of connections that it serves.
    """

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[IReadDescriptor] = []
        self.adopted = 0
        self.short = True

    def addReader(self, reader: IReadDescriptor) -> None:
        """Note it."""
        self.readers.append(reader)

    def removeReader(self, reader: IReadDescriptor) -> None:
        """Note it."""
        self.readers.remove(reader)

    def adoptStreamConnection(self, fileDescriptor: int, addressFamily: int, factory: IProtocolFactory) -> object:
        """Fail as socket.fromfd does."""
        if self.short:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        self.adopted += 1
        return None

    def callWhenRunning(self, callable: Any) -> object:  # Any: not used here
        """Do nothing."""
        return None


class AcceptorTests(SynchronousTestCase):
    """Connections that come while the last free descriptor is taken."""

    def setUp(self) -> None:
        """Listen."""
        folder = tempfile.mkdtemp(prefix="ftpd-")
        self.addCleanup(shutil.rmtree, folder)
        self.path = os.path.join(folder, "a.sock")
        listening = socket.socket(socket.AF_UNIX)
        self.addCleanup(listening.close)
        listening.setblocking(False)
        listening.bind(self.path)
        listening.listen()
        self.reactor = ShortReactor()
        self.acceptor = Acceptor(listening, Factory(), self.reactor)

    def connect(self) -> None:
        """Connect as a program does."""
        asking = socket.socket(socket.AF_UNIX)
        self.addCleanup(asking.close)
        asking.connect(self.path)

    def test_a_lack_of_descriptors_is_a_pause(self) -> None:
        """An exception would end the reading for ever: the reactor drops a reader that raises one."""
        self.connect()
        self.acceptor.doRead()
        self.assertEqual(self.reactor.readers, [])
        self.reactor.short = False
        self.connect()
        self.reactor.advance(ACCEPT_AGAIN_SECONDS)
        self.assertEqual(self.reactor.readers, [self.acceptor])
        self.acceptor.doRead()
        self.assertEqual(self.reactor.adopted, 1)
