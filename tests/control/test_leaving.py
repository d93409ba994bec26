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

    def test_a_client_that_said_goodbye_and_ended_is_there(self) -> None:
        """Its QUIT stands before the end, unread."""
        self.theirs.sendall(b"NOOP\r\nquit\r\n")
        self.theirs.close()
        self.assertFalse(has_left(self.ours))

    def test_a_client_whose_goodbye_was_read_and_not_looked_at_is_there(self) -> None:
        """Others have their turn before it."""
        self.theirs.close()
        self.assertFalse(has_left(self.ours, pending=lambda: b"SIZE f\nQUIT\r\n"))

    def test_a_client_that_ended_behind_other_words_has_left(self) -> None:
        """Keep-alives, of a killed client whose input waits."""
        self.theirs.sendall(b"NOOP\r\nDELE quit\r\n")
        self.theirs.close()
        self.assertTrue(has_left(self.ours, pending=lambda: b"NOOP\r\n"))

    def test_under_tls_an_end_behind_anything_counts(self) -> None:
        """What stands before it may be close_notify."""
        self.theirs.sendall(b"QUIT\r\n")
        self.theirs.close()
        self.assertTrue(has_left(self.ours, encrypted=True))

    def test_a_client_that_ended_its_side_has_left(self) -> None:
        """A killed one looks like this."""
        self.theirs.shutdown(socket.SHUT_WR)
        self.assertTrue(has_left(self.ours, encrypted=False))

    def test_a_broken_connection_has_nobody(self) -> None:
        """Whatever the error."""
        self.ours.close()
        self.assertTrue(has_left(self.ours, encrypted=False))
