"""Whether a client is still there."""

from __future__ import annotations

import socket

from ftpd_service.control.leaving import has_left
from tests.cases import SynchronousTestCase


class LeavingTests(SynchronousTestCase):
    """`has_left`, on a pair of connected sockets."""

    def setUp(self) -> None:
        """Both sides; ours does not block, as under a reactor."""
        self.ours, self.theirs = socket.socketpair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)
        self.ours.setblocking(False)

    def test_a_silent_client_is_there(self) -> None:
        """It waits for its reply."""
        self.assertFalse(has_left(self.ours, encrypted=False))

    def test_a_client_whose_command_is_unread_is_there(self) -> None:
        """That may be a QUIT; and it is not taken away."""
        self.theirs.sendall(b"QUIT\r\n")
        self.assertEqual((has_left(self.ours, encrypted=False), self.ours.recv(100)), (False, b"QUIT\r\n"))

    def test_a_client_that_ended_its_side_has_left(self) -> None:
        """A killed one looks like this."""
        self.theirs.shutdown(socket.SHUT_WR)
        self.assertTrue(has_left(self.ours, encrypted=False))

    def test_a_broken_connection_has_nobody(self) -> None:
        """Whatever the error."""
        self.ours.close()
        self.assertTrue(has_left(self.ours, encrypted=False))
