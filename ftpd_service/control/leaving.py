"""Whether a client is still there: looked for just before an upload is committed.

When a client is killed, the kernel ends its connections one after the other and the data connection, which was opened
last, comes first (seen on Linux: a third of all kills).  The end of the data connection then wakes this process before
the killed one has gone on to the control connection, and both may want the same processor.  So the processor is given
away a few times; with nobody waiting for it that costs a microsecond.
"""

from __future__ import annotations

import os
import socket

LOOKS = 4


def has_left(connection: socket.socket) -> bool:
    """Whether the client has ended its side, or the connection is broken; unread octets may be a QUIT."""
    for _ in range(LOOKS):
        try:
            return connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            if hasattr(os, "sched_yield"):
                os.sched_yield()
        except OSError:
            return True
    return False
