"""Clients that use a server while it is reloaded or replaced."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from ftplib import FTP
from pathlib import Path
from typing import Any

FILE_BYTES = 12 * 1024 * 1024
"""More than the buffers of both ends of a connection hold, so that a transfer lasts until its client goes on."""

PAUSE_SECONDS = 0.05
"""The pause of a transfer between two pieces."""

BETWEEN_SECONDS = 0.002
"""The pause between two connections, so that the other clients get processor time too."""


class Load:
    """Clients that transfer files until `finish`, and a client that connects again and again.

    :param log_in: returns a new session; any thread may call it.
    :param home: the host's directory that the sessions see as ``/``.
    :ivar failures: the exceptions of clients, and files that are not whole.
    :ivar connections: the sessions that were begun and ended in order.
    """

    def __init__(self, log_in: Callable[[], FTP], home: Path, *, transfers: int) -> None:
        self._log_in = log_in
        self._home = home
        self._content = os.urandom(1024) * (FILE_BYTES // 1024)
        (home / "source").write_bytes(self._content)
        self._over = threading.Event()
        self._moving = threading.Semaphore(0)
        self._connected = threading.Semaphore(0)
        self.failures: list[str] = []
        self.connections = 0
        kinds = (self._upload, self._download)
        self._threads = [
            threading.Thread(target=self._told, args=(kinds[number % 2], number)) for number in range(transfers)
        ]
        self._threads.append(threading.Thread(target=self._told, args=(self._connect, transfers)))

    def start(self) -> None:
        """Begin, and wait until all transfers run and the first connection is over."""
        for thread in self._threads:
            thread.start()
        for _ in self._threads[:-1]:
            self._moving.acquire(timeout=60)
        self._connected.acquire(timeout=60)

    def finish(self) -> None:
        """Let the transfers end, and wait for them."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)
            if thread.is_alive():
                self.failures.append("a client hangs")

    def _told(self, work: Any, number: int) -> None:  # Any: a bound method
        try:
            work(number)
        except Exception as problem:
            self.failures.append(f"{work.__name__} {number}: {problem!r}")
            self._moving.release()
            self._connected.release()

    def _upload(self, number: int) -> None:
        with self._log_in() as client:
            client.voidcmd("TYPE I")
            with client.transfercmd(f"STOR up{number}") as data:
                for start in range(0, FILE_BYTES, 4096):
                    data.sendall(self._content[start : start + 4096])
                    if not start:
                        self._moving.release()
                    if start < FILE_BYTES // 2:
                        self._over.wait(PAUSE_SECONDS)
            client.voidresp()
        if (self._home / f"up{number}").read_bytes() != self._content:
            self.failures.append(f"upload {number} is not whole")

    def _download(self, number: int) -> None:
        parts: list[bytes] = []
        with self._log_in() as client:
            client.voidcmd("TYPE I")
            with client.transfercmd("RETR source") as data:
                while part := data.recv(65536 if self._over.is_set() else 4096):
                    if not parts:
                        self._moving.release()
                    parts.append(part)
                    self._over.wait(PAUSE_SECONDS)
            client.voidresp()
        if b"".join(parts) != self._content:
            self.failures.append(f"download {number} is not whole")

    def _connect(self, number: int) -> None:
        while not self._over.is_set():
            with self._log_in() as client:
                client.pwd()
            self.connections += 1
            self._connected.release()
            self._over.wait(BETWEEN_SECONDS)
