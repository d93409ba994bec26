"""Whether a client is still there: looked for just before an upload is committed.

A killed client's connections end one after the other, see ``data/yielding.py``.
"""

from __future__ import annotations

import select
import socket

_HANG_UP = getattr(select, "POLLRDHUP", 0)
"""Linux's mark for a FIN that stands behind unread octets; nothing on systems that have none."""


def has_left(connection: socket.socket, *, encrypted: bool = False) -> bool:
    """Whether the client has ended its side, or the connection is broken.

    In clear unread octets may be a QUIT, so that only the end itself counts.  Under TLS they may be close_notify, and
    Twisted's wrapper takes an end for a loss whatever stands before it: a FIN behind them counts too.
    """
    try:
        if connection.recv(1, socket.MSG_PEEK) == b"":
            return True
        return encrypted and _hung_up(connection)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _hung_up(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, _HANG_UP)
    return bool(_HANG_UP) and bool(poll.poll(0))
