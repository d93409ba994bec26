"""Whether a client is still there: looked for just before an upload is committed.

When a client is killed, the kernel ends its connections one after the other and the data connection, which was opened
last, comes first (seen on Linux: a third of all kills).  The end of the data connection then wakes this process before
the killed one has gone on to the control connection, and both may want the same processor.  So the processor is given
away a few times; with nobody waiting for it that costs a microsecond.
"""

from __future__ import annotations

import os
import select
import socket

LOOKS = 4

_HANG_UP = getattr(select, "POLLRDHUP", 0)
"""Linux's mark for a FIN that stands behind unread octets; nothing on systems that have none."""


def has_left(connection: socket.socket, *, encrypted: bool = False) -> bool:
    """Whether the client has ended its side, or the connection is broken.

    In clear unread octets may be a QUIT, so that only the end itself counts.  Under TLS they may be close_notify, and
    Twisted's wrapper takes an end for a loss whatever stands before it: a FIN behind them counts too.
    """
    for _ in range(LOOKS):
        try:
            if connection.recv(1, socket.MSG_PEEK) == b"":
                return True
            if not encrypted:
                return False
            if _hung_up(connection):
                return True
        except BlockingIOError:
            pass
        except OSError:
            return True
        if hasattr(os, "sched_yield"):
            os.sched_yield()
    return False


def _hung_up(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, _HANG_UP)
    return bool(_HANG_UP) and bool(poll.poll(0))
