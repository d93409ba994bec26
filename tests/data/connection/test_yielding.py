"""The processor is given to a client on the same host, which may be dying on it."""

from __future__ import annotations

import os
import socket
from unittest import skipUnless

from ftpd_service.data.connection.yielding import YIELDS, yield_to_sender
from ftpd_service.kernel import processor
from tests.cases import SynchronousTestCase


@skipUnless(hasattr(os, "sched_yield"), "no such system call here")
class YieldingTests(SynchronousTestCase):
    """`yield_to_sender`, on a connection over loopback."""

    def setUp(self) -> None:
        """Both sides, with a packet that has come; and count."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.theirs = socket.create_connection(listener.getsockname())
            self.ours, _ = listener.accept()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)
        self.theirs.sendall(b"data")
        self.ours.recv(100)
        self.came_to = self.ours.getsockopt(socket.SOL_SOCKET, 49)
        self.yields: list[None] = []
        self.patch(os, "sched_yield", lambda: self.yields.append(None))

    def test_a_packet_that_was_handled_here(self) -> None:
        """Its sender may wait for this processor."""
        self.patch(processor, "_getcpu", lambda: self.came_to)
        yield_to_sender(self.ours)
        self.assertEqual(len(self.yields), YIELDS)

    def test_a_packet_that_was_handled_elsewhere(self) -> None:
        """Its sender needs nothing of this processor."""
        self.patch(processor, "_getcpu", lambda: self.came_to + 1)
        yield_to_sender(self.ours)
        self.assertEqual(self.yields, [])

    def test_a_system_that_knows_no_processors(self) -> None:
        """Gives nothing away."""
        self.patch(processor, "_getcpu", None)
        yield_to_sender(self.ours)
        self.assertEqual((self.yields, processor.available()), ([], False))

    def test_a_connection_that_cannot_tell(self) -> None:
        """Is taken for the worse: a killed upload must not be committed."""
        self.ours.close()
        yield_to_sender(self.ours)
        self.assertEqual(len(self.yields), YIELDS)
