"""Whether a client is still there, asked just before an upload is committed.

The connections of a killed client end one after the other, see ``data/connection/yielding.py``.
"""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Callable

_HANG_UP = getattr(select, "POLLRDHUP", 0)
"""Linux's mark for a FIN behind unread bytes; 0 on systems without such a mark."""

_LOOKED_AT_BYTES = 64 * 1024

_QUIT = re.compile(rb"(?:^|\n)[^!-~\n]*QUIT[ \r\n]", re.IGNORECASE)


def has_left(connection: socket.socket, *, encrypted: bool = False, pending: Callable[[], bytes] = bytes) -> bool:
    """Whether the client has closed its side, or the connection is broken.

    In clear, a client that sent QUIT before its end has not left.  Under TLS unread bytes may be a close_notify, and an
    end without close_notify is a loss in any case, so each end counts.

    :param pending: returns the bytes that were read but not processed yet.
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
