"""A server whose process is replaced while clients use it."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from ftplib import FTP
from pathlib import Path
from select import poll
from typing import Any

from tests.interop.server import Server, twistd


class UpgradedServer(Server):
    """A server with a twistd of its own, which a test can break.

    :ivar main: the process that serves.
    :ivar twistd: the script that starts the server.
    """

    def __init__(self, *, timeout: str = "30s", **given: Any) -> None:  # Any: as `Server` takes
        super().__init__(extra=f"service: {{upgrade_timeout: {timeout}}}", **given)
        self.twistd = self.folder / "twistd"
        shutil.copy(twistd(), self.twistd)
        self.program = str(self.twistd)
        self.main = 0

    def start(self) -> None:
        """Start the first process."""
        super().start()
        assert self.process is not None
        self.main = self.process.pid

    def ask(self) -> None:
        """Ask the process that serves for an upgrade."""
        os.kill(self.main, signal.SIGUSR2)

    def upgrade(self) -> None:
        """Have a new process serve.

        :raises AssertionError: it does not.
        """
        self.ask()
        told = self.notified()
        if not told.startswith("MAINPID="):
            raise AssertionError(f"no upgrade: {told}, {self.log}")
        former, self.main = self.main, int(told.partition("=")[2])
        self.logged(f"process {self.main} serves now")
        told = self.notified()
        if "READY=1" not in told:
            raise AssertionError(f"{told} instead of READY; the process before was {former}")

    def break_with(self, script: str) -> None:
        """Replace the program, as a broken installation does."""
        fresh = self.twistd.with_name("fresh")
        fresh.write_text(f"#!/bin/sh\n{script}\n")
        fresh.chmod(0o755)
        fresh.rename(self.twistd)

    def fifo(self) -> Path:
        """A FIFO through which a broken program can tell the test its id."""
        path = self.folder / "told"
        os.mkfifo(path)
        return path

    def client(self) -> FTP:
        """A session of alice."""
        client = FTP()
        client.connect("127.0.0.1", self.port, 20)
        client.login("alice", "secret")
        return client

    def serves(self) -> bool:
        """Whether a client can log in, and which process it meets does not matter."""
        with self.client() as client:
            return client.pwd() == "/"

    def _ended_within(self, seconds: float) -> bool:
        try:
            serving = os.pidfd_open(self.main)
        except ProcessLookupError:
            return True
        try:
            return gone(serving, seconds)
        finally:
            os.close(serving)

    def stop(self) -> None:
        """End all processes that were started."""
        if self.main:
            end(self.main)
        super().stop()


def end(pid: int) -> None:
    """Kill a process, which is no child of the tests, and wait until it is gone."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            os.kill(pid, signal.SIGKILL)
            gone(descriptor)
        finally:
            os.close(descriptor)


def gone(process: int, seconds: float = 20.0) -> bool:
    """Wait for the end of a process, by its descriptor."""
    waiting = poll()
    waiting.register(process)
    return bool(waiting.poll(seconds * 1000))
