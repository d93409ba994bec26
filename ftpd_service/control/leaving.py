"""Whether a client is still there: looked for just before an upload is committed.

A killed client's connections end one after the other, see ``data/yielding.py``.
"""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Callable

_HANG_UP = getattr(select, "POLLRDHUP", 0)
"""Linux's mark for a FIN that stands behind unread bytes; nothing on systems that have none."""

_LOOKED_AT_BYTES = 64 * 1024

_QUIT = re.compile(rb"(?:^|\n)[^!-~\n]*QUIT[ \r\n]", re.IGNORECASE)


def has_left(connection: socket.socket, *, encrypted: bool = False, pending: Callable[[], bytes] = bytes) -> bool:
    """Whether the client has ended its side, or the connection is broken.

    In clear not where a QUIT was read or stands unread before the end.  Under TLS unread bytes may be close_notify as
    well, and an end without it is a loss whatever stands before it: an end behind them counts always.

    :param pending: tells what was read and not looked at yet.
    """
    try:
        if connection.recv(1, socket.MSG_PEEK) and not _hung_up(connection):
            return False
        return encrypted or _QUIT.search(pending() + connection.recv(_LOOKED_AT_BYTES, socket.MSG_PEEK)) is None
    except BlockingIOError:
        return False
    except OSError:
        return True


def _hung_up(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, _HANG_UP)
    return bool(_HANG_UP) and bool(poll.poll(0))
