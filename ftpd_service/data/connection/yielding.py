"""Yields the processor to a client on the same host, so that a client that is being killed can end its connections.

The kernel ends the connections of a killed process in turn, the latest first (seen on Linux, in a third of all kills).
The end of the data connection wakes the server.  If both run on the same processor, the killed process has not yet
ended its control connection, by which the server tells it from a client that is done.
"""

from __future__ import annotations

import os
import socket

from ftpd_service.kernel.processor import runs_here

YIELDS = 3


def yield_to_sender(connection: socket.socket) -> None:
    """Yield the processor a few times if the connection's last packet was handled on it.

    The packets of a client on this host are handled where it runs; a client on another processor is not held up.
    """
    try:
        here = runs_here(connection)
    except OSError:
        here = True
    if here:
        for _ in range(YIELDS):
            os.sched_yield()
