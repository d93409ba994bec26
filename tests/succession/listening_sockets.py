"""Listening sockets for tests, on free ports of loopback."""

from __future__ import annotations

import socket
from collections.abc import Callable


def listening(add_cleanup: Callable[..., object], address: str = "127.0.0.1") -> socket.socket:
    """A socket that listens on a free port until the test's end."""
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    add_cleanup(opened.close)
    opened.bind((address, 0))
    opened.listen()
    return opened


def port_of(opened: socket.socket) -> int:
    """Its port."""
    return int(opened.getsockname()[1])
