"""The socket of systemd's journal, as a place for datagrams of ``journal_fields.py``."""

from __future__ import annotations

import array
import errno
import fcntl
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

from ftpd_service.observe.log_writer import NotWritten

JOURNAL = "/run/systemd/journal/socket"
"""The path of the journal's socket."""

_SEND_BUFFER_BYTES = 8 * 1024 * 1024
"""The buffer that systemd's own library asks for."""

_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
_TOO_LONG = (errno.EMSGSIZE, errno.ENOBUFS)


class Journal:
    """Sends datagrams to the journal; `write` waits while the journal's queue is full."""

    def __init__(self, path: str = JOURNAL) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)

    def write(self, datagrams: Sequence[bytes]) -> None:
        """Send datagrams.

        :raises NotWritten: there is no journal.
        """
        for number, datagram in enumerate(datagrams):
            try:
                self._send(datagram)
            except OSError as problem:
                raise NotWritten(number, problem.strerror or "the journal does not answer") from problem

    def reopen(self) -> None:
        """Do nothing: the path is looked up for each datagram."""

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.sendto(datagram, self._path)
        except OSError as problem:
            if problem.errno not in _TOO_LONG:
                raise
            self._send_in_memory(datagram)

    def _send_in_memory(self, datagram: bytes) -> None:
        """Send a long datagram as a sealed file in memory, as the protocol demands."""
        with open(os.memfd_create("journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "wb", buffering=0) as file:
            file.write(datagram)
            fcntl.fcntl(file.fileno(), fcntl.F_ADD_SEALS, _SEALS)
            descriptors = array.array("i", [file.fileno()])
            self._socket.sendmsg([], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)], 0, self._path)
