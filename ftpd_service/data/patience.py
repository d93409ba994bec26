"""Slices that wait, on their thread, for a client that is as fast as they are.

The reactor takes so long to hear of a full socket's room that such a client falls asleep meanwhile, and has to be woken
for every packet then: one download cost 1.5 times the CPU time that way, at two thirds of the rate (measured).  So its
socket is a blocking one while such a slice runs, as the kernel itself waits best; nobody else may use it then without
MSG_DONTWAIT.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from types import TracebackType

WAITING_OCTETS = 64 * 1024 * 1024
"""The most that a slice moves which waits for its client: it ends by time."""

WAITING_PIECE_OCTETS = 8 * 1024 * 1024
"""What it moves by one call."""

FOR_ROOM, FOR_OCTETS = socket.SO_SNDTIMEO, socket.SO_RCVTIMEO
"""What a slice waits for, by the option that bounds it (socket(7))."""

WAITING_SECONDS = 0.015
"""The most that such a slice takes: less than what counts as hung (``blocking.py``), and soon enough for ABOR."""

PATIENCE_SECONDS = 0.002
"""How long it waits for a client; whoever takes longer is left to the reactor."""


class Patience:
    """Lets the slices of one transfer wait for their client, each as a context manager around what it moves.

    :ivar spent: the client kept a slice waiting for longer than `PATIENCE_SECONDS`.
    """

    __slots__ = ("_connection", "_timeout", "_until", "spent")

    def __init__(self, connection: socket.socket, timeout: int) -> None:
        """For a connection, and what is waited for: `FOR_ROOM` or `FOR_OCTETS`."""
        self._connection = connection
        self._timeout = timeout
        self._until = 0.0
        self.spent = False

    def __enter__(self) -> None:
        self._until = time.monotonic() + WAITING_SECONDS
        patience = struct.pack("@ll", 0, int(PATIENCE_SECONDS * 1_000_000))
        self._connection.setsockopt(socket.SOL_SOCKET, self._timeout, patience)
        os.set_blocking(self._connection.fileno(), True)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.set_blocking(self._connection.fileno(), False)

    @property
    def over(self) -> bool:
        """Whether the slice is to end."""
        return self.spent or time.monotonic() >= self._until
