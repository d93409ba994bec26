"""Servers of other kinds that a test starts as a plain user, on free ports of loopback, and ends by their ids."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest

STARTED_SECONDS = 30.0

_USER: int | None = 65534 if os.geteuid() == 0 else None
"""The user and the group of the servers if the tests run as root: nobody, on Linux."""


def program(name: str) -> str:
    """The path of a program, also of those that only root has in its PATH.

    :raises SkipTest: this host has no such program.
    """
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise SkipTest(f"{name} is not installed; .ci/run installs it")
    return path


def run_plainly(*command: str) -> None:
    """Run a program to its end as the servers' user.

    :raises AssertionError: it failed.
    """
    ended = subprocess.run(
        command, capture_output=True, timeout=60, stdin=subprocess.DEVNULL, check=False, user=_USER, group=_USER
    )
    if ended.returncode:
        raise AssertionError(f"{command[0]} failed: {ended.stdout!r} {ended.stderr!r}")


class PlainServer:
    """One server, in a folder of its own that the servers' user owns.

    :ivar folder: for its files; removed at the end.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ftpd-test-"))
        self.folder.chmod(0o755)
        self.own(self.folder)
        self._held: list[socket.socket] = []
        self.process: subprocess.Popen[bytes] | None = None

    def own(self, path: Path) -> None:
        """Give a file to the servers' user."""
        if _USER is not None:
            os.chown(path, _USER, _USER)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file that only the servers' user can read."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        self.own(path)
        return path

    def free_port(self) -> int:
        """A port of loopback that the kernel gives to nobody else until `stop`."""
        held = socket.socket()
        self._held.append(held)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])

    def start(self, *command: str, port: int) -> None:
        """Start a server in the foreground, and wait until it listens on a port.

        :raises AssertionError: it ended, or does not listen in time.
        """
        with (self.folder / "output").open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                user=_USER,
                group=_USER,
            )
        until = time.monotonic() + STARTED_SECONDS
        while not _listens(port):
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = self.process.wait(0.02)
                raise AssertionError(f"{command[0]} exited with {status}: {self.output}")
            if time.monotonic() >= until:
                raise AssertionError(f"{command[0]} does not listen: {self.output}")

    @property
    def output(self) -> str:
        """What the server has written on its standard output and error."""
        return (self.folder / "output").read_text(errors="replace")

    def end(self) -> None:
        """End the process, and keep its files."""
        process, self.process = self.process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop(self) -> None:
        """End the process and remove its files."""
        self.end()
        for held in self._held:
            held.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _listens(port: int) -> bool:
    """Whether a socket listens on a port of 127.0.0.1, by the kernel's table: no connection is made."""
    wanted = f"0100007F:{port:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(row[1] == wanted and row[3] == "0A" for row in rows)
