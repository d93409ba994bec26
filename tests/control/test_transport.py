"""How our side of a control connection is closed."""

from __future__ import annotations

import socket

from twisted.internet import tcp
from twisted.internet.protocol import Protocol
from twisted.internet.testing import MemoryReactorClock

from ftpd_service.control.transport import Outgoing
from tests.cases import SynchronousTestCase


class EndTests(SynchronousTestCase):
    """A TCP transport whose reactor does not run: nothing is done but what is done at once."""

    def setUp(self) -> None:
        """A connection, and its client's end."""
        ours, self.client = socket.socketpair()
        for end in (ours, self.client):
            end.setblocking(False)
            self.addCleanup(end.close)
        self.reactor = MemoryReactorClock()
        self.transport = tcp.Connection(ours, Protocol(), self.reactor)
        self.transport.connected = True
        self.outgoing = Outgoing(self.transport, ours)

    def test_where_all_is_sent_the_end_is_there_at_once(self) -> None:
        """The client need not wait for the reactor's next cycle, and the reactor watches for nothing."""
        self.outgoing.write(b"221 Goodbye.\r\n")
        self.outgoing.end()
        self.assertEqual((self.client.recv(100), self.client.recv(1)), (b"221 Goodbye.\r\n", b""))
        self.assertEqual((self.outgoing.ended, self.reactor.writers), (True, set()))

    def test_what_the_socket_has_not_taken_comes_before(self) -> None:
        """The last reply is not lost: the transport ends our side behind it."""
        self.outgoing.write(bytes(1 << 20))
        self.outgoing.write(b"221 Goodbye.\r\n")
        self.outgoing.end()
        self.assertFalse(self.outgoing.ended)
        taken = b""
        while self.reactor.writers:
            taken += self.client.recv(1 << 20)
            self.transport.doWrite()
        taken += self.client.recv(1 << 20)
        self.assertEqual((len(taken), taken[-14:]), ((1 << 20) + 14, b"221 Goodbye.\r\n"))
        self.assertEqual(self.client.recv(1), b"")

    def test_the_other_side_is_open(self) -> None:
        """What the client still sends is read."""
        self.outgoing.end()
        self.client.send(b"NOOP\r\n")
        self.assertEqual(self.transport.getHandle().recv(100), b"NOOP\r\n")

    def test_a_client_that_is_gone(self) -> None:
        """Is told by the reading side."""
        self.client.close()
        self.outgoing.end()
        self.assertTrue(self.outgoing.ended)
