"""The processor that runs this thread (``sched_getcpu``), and the processor of a connection's last packet."""

from __future__ import annotations

import socket
import sys

from ftpd_service.kernel.libc import quick_function

_INCOMING_CPU = 49
"""SO_INCOMING_CPU of socket(7), which Python does not define."""

_getcpu = quick_function("sched_getcpu") if sys.platform == "linux" else None


def runs_here(connection: socket.socket) -> bool | None:
    """Return whether this thread's processor handled the connection's last packet, or None if that is unknown.

    :raises OSError: the connection is closed.
    """
    processor = current()
    return None if processor < 0 else connection.getsockopt(socket.SOL_SOCKET, _INCOMING_CPU) == processor


def current() -> int:
    """Return the processor of this thread, or a negative number if the system does not tell it."""
    return -1 if _getcpu is None else int(_getcpu())


def available() -> bool:
    return current() >= 0
