"""How our side of a control connection is closed."""

from __future__ import annotations

import socket

from twisted.internet import tcp
from twisted.internet.protocol import Protocol
from twisted.internet.testing import MemoryReactorClock

from ftpd_service.control.transport import end_output
from tests.cases import SynchronousTestCase


class EndOutputTests(SynchronousTestCase):
    """A TCP transport whose reactor does not run: nothing is done but what is done at once."""

    def setUp(self) -> None:
        """A connection, and its client's end."""
        ours, self.client = socket.socketpair()
        for end in (ours, self.client):
            end.setblocking(False)
            self.addCleanup(end.close)
        self.transport = tcp.Connection(ours, Protocol(), MemoryReactorClock())
        self.transport.connected = True

    def test_where_all_is_sent_the_end_is_there_at_once(self) -> None:
        """The client need not wait for the reactor's next cycle."""
        end_output(self.transport)
        self.assertEqual(self.client.recv(1), b"")

    def test_what_was_written_comes_before(self) -> None:
        """The last reply is not lost."""
        self.transport.write(b"221 Goodbye.\r\n")
        end_output(self.transport)
        self.assertEqual((self.client.recv(100), self.client.recv(1)), (b"221 Goodbye.\r\n", b""))

    def test_the_other_side_is_open(self) -> None:
        """What the client still sends is read."""
        end_output(self.transport)
        self.client.send(b"NOOP\r\n")
        self.assertEqual(self.transport.getHandle().recv(100), b"NOOP\r\n")
