"""On which processor this thread and a connection's packets are handled."""

from __future__ import annotations

import socket

from ftpd_service.kernel import processor
from tests.cases import SynchronousTestCase


class ProcessorTests(SynchronousTestCase):
    """`runs_here`, for a connection over loopback."""

    def setUp(self) -> None:
        """Our side, to which a packet has come."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            theirs = socket.create_connection(listener.getsockname())
            self.ours, _ = listener.accept()
        self.addCleanup(self.ours.close)
        self.addCleanup(theirs.close)
        theirs.sendall(b"data")
        self.ours.recv(100)
        self.came_to = self.ours.getsockopt(socket.SOL_SOCKET, 49)

    def test_the_same_processor(self) -> None:
        """The packet was handled here."""
        self.patch(processor, "_getcpu", lambda: self.came_to)
        self.assertIs(processor.runs_here(self.ours), True)

    def test_another_processor(self) -> None:
        """The packet was handled there."""
        self.patch(processor, "_getcpu", lambda: self.came_to + 1)
        self.assertIs(processor.runs_here(self.ours), False)

    def test_a_library_without_the_call(self) -> None:
        """Cannot tell."""
        self.patch(processor, "_getcpu", None)
        self.assertEqual((processor.runs_here(self.ours), processor.available()), (None, False))

    def test_a_system_that_forbids_the_call(self) -> None:
        """Cannot tell either."""
        self.patch(processor, "_getcpu", lambda: -1)
        self.assertEqual((processor.runs_here(self.ours), processor.available()), (None, False))

    def test_a_closed_connection(self) -> None:
        """Is an error."""
        self.ours.close()
        self.patch(processor, "_getcpu", lambda: 0)
        with self.assertRaises(OSError):
            processor.runs_here(self.ours)
