"""Slices that wait for their client, on a pair of sockets."""

from __future__ import annotations

import os
import socket

from ftpd_service.data import placement
from ftpd_service.data.placement import FOR_BYTES, FOR_ROOM, PATIENCE_SECONDS, WAITING_SECONDS, Patience
from ftpd_service.runtime.pool import BUSY_HUNG_SECONDS
from tests.cases import SynchronousTestCase


class PatienceTests(SynchronousTestCase):
    """One connection, and what a slice does to it."""

    def setUp(self) -> None:
        """A connection that takes and gives nothing."""
        self.connection, self.client = socket.socketpair()
        self.addCleanup(self.connection.close)
        self.addCleanup(self.client.close)
        self.connection.setblocking(False)

    def test_a_slice_that_waits_is_not_taken_for_one_that_hangs(self) -> None:
        """Else another thread would stand in for it, again and again."""
        self.assertLess(WAITING_SECONDS + PATIENCE_SECONDS, BUSY_HUNG_SECONDS)

    def test_a_client_that_sends_nothing_is_waited_for_so_long_only(self) -> None:
        """Then the call answers as it does on a socket that waits for nobody."""
        with Patience(self.connection, FOR_BYTES), self.assertRaises(BlockingIOError):
            os.read(self.connection.fileno(), 1)

    def test_a_client_that_takes_nothing_is_waited_for_so_long_only(self) -> None:
        """Likewise."""
        with Patience(self.connection, FOR_ROOM), self.assertRaises(BlockingIOError):
            while True:
                os.write(self.connection.fileno(), bytes(65536))

    def test_the_connection_waits_for_nobody_afterwards(self) -> None:
        """Whatever the slice met."""
        waiting = Patience(self.connection, FOR_BYTES)
        with self.assertRaises(ValueError), waiting:
            raise ValueError
        self.assertFalse(os.get_blocking(self.connection.fileno()))

    def test_a_slice_ends_by_time(self) -> None:
        """However fast the client is; the next one has its own time."""
        waiting = Patience(self.connection, FOR_ROOM)
        self.patch(placement, "WAITING_SECONDS", 60.0)
        with waiting:
            self.assertFalse(waiting.over)
        self.patch(placement, "WAITING_SECONDS", 0.0)
        with waiting:
            self.assertTrue(waiting.over)

    def test_a_slice_ends_where_patience_is_spent(self) -> None:
        """The mover says so."""
        waiting = Patience(self.connection, FOR_ROOM)
        with waiting:
            waiting.spent = True
            self.assertTrue(waiting.over)
