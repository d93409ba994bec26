"""On which processor this thread runs (``sched_getcpu``), and on which the last packet of a connection was handled."""

from __future__ import annotations

import socket
import sys

from ftpd_service.kernel.libc import quick_function

_INCOMING_CPU = 49
"""SO_INCOMING_CPU of socket(7), which Python does not name."""

_getcpu = quick_function("sched_getcpu") if sys.platform == "linux" else None


def runs_here(connection: socket.socket) -> bool | None:
    """Whether this thread's processor handled the connection's last packet; None where the system cannot tell.

    :raises OSError: the connection is closed.
    """
    processor = current()
    return None if processor < 0 else connection.getsockopt(socket.SOL_SOCKET, _INCOMING_CPU) == processor


def current() -> int:
    """The processor of this thread; negative where the system cannot tell."""
    return -1 if _getcpu is None else int(_getcpu())


def available() -> bool:
    """Whether the system tells processors."""
    return current() >= 0
