"""Gives the processor to a client on the same host, so that a client that is being killed can end its connections.

The kernel ends a killed process's connections one after the other, the one that was opened last first (seen on Linux:
a third of all kills).  The end of the data connection wakes the server, and when both are on one processor the killed
one has not gone on to its control connection, by whose end it would be told from a client that is done.
"""

from __future__ import annotations

import os
import socket

from ftpd_service.kernel.processor import runs_here

YIELDS = 3


def yield_to_sender(connection: socket.socket) -> None:
    """Give the processor away a few times where the connection's last packet was handled on it.

    The packets of a client on this host are handled where it runs; one that runs elsewhere is held up by nobody.
    """
    try:
        here = runs_here(connection)
    except OSError:
        here = True
    if here:
        for _ in range(YIELDS):
            os.sched_yield()
