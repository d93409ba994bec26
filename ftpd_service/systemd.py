"""What the service tells systemd (sd_notify(3)): READY, STOPPING and a status line.

Outside systemd, that is without ``NOTIFY_SOCKET``, nothing is sent.  Listening descriptors come through Twisted's
``systemd:`` endpoints and need nothing here.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


class Notifier:
    """Sends states to the socket that systemd named in the environment.

    :param environ: the process's environment; read once.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")

    def send(self, **states: str) -> None:
        """Send states as ``KEY=value`` lines, keys in upper case, where systemd asked for them.

        A failure is no reason to stop serving: it is the same as not being asked.
        """
        if not self._address:
            return
        # A leading @ stands for the abstract namespace, whose names begin with a zero byte.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        message = "\n".join(f"{key.upper()}={value}" for key, value in states.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.setblocking(False)
            channel.sendto(message.encode(), address)
