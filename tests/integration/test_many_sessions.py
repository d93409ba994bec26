"""Ten thousand real sessions, and an operator who lists them."""

from __future__ import annotations

import ftplib
import json
import resource
import socket
import threading
import time

from twisted.trial.unittest import SkipTest

from tests.integration.administered import AdministeredCase
from tests.interop.server import Server

SESSIONS = 10_000
SPARE_DESCRIPTORS = 500
ANSWER_SECONDS = 1.0
DELAY_SECONDS = 0.02
TRIES = 5
"""A busy machine may delay everything; the best of some tries counts."""


class CrowdTests(AdministeredCase):
    """Ten thousand real sessions."""

    def setUp(self) -> None:
        """Both processes need a descriptor for each session."""
        needed = SESSIONS + SPARE_DESCRIPTORS
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise SkipTest(f"{needed} descriptors are needed, and {hard} are allowed")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def test_the_list_of_all(self) -> None:
        """It comes within a second, and delays no command by more than 20 ms."""
        server = self.server(limits="sessions: 20000, sessions_per_host: 20000, login_timeout: 10m")
        crowd = Crowd(server.port)
        self.addCleanup(crowd.leave)
        crowd.come(SESSIONS)
        client = self.session(server)
        found = [self.measured(server, client) for _ in range(TRIES)]
        self.assertLess(min(seconds for seconds, _ in found), ANSWER_SECONDS, found)
        self.assertLess(min(delay for _, delay in found), DELAY_SECONDS, found)

    def measured(self, server: Server, client: ftplib.FTP) -> tuple[float, float]:
        """The time of the whole sub-command, and the worst of the commands meanwhile."""
        commands = Commands(client)
        commands.start()
        begun = time.monotonic()
        done = self.run_it(server, "sessions", "--json")
        seconds = time.monotonic() - begun
        # The end precedes the parsing, which would hold the interpreter's lock and delay the commands.
        worst = commands.finish()
        self.assertEqual(len(json.loads(done.stdout)), SESSIONS + 1)
        return seconds, worst


class Crowd:
    """Sessions of anonymous that do nothing."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: list[socket.socket] = []

    def come(self, count: int) -> None:
        """Open so many sessions and log in."""
        while len(self._open) < count:
            fresh = [self._connected() for _ in range(min(100, count - len(self._open)))]
            for one in fresh:
                _read_until(one, b"230 ")
            self._open += fresh

    def _connected(self) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        one.sendall(b"USER anonymous\r\nPASS x\r\n")
        return one

    def leave(self) -> None:
        """Close all."""
        for one in self._open:
            one.close()


def _read_until(one: socket.socket, text: bytes) -> None:
    got = b""
    while text not in got:
        data = one.recv(4096)
        if not data:
            raise AssertionError(f"the session ended: {got!r}")
        got += data


class Commands(threading.Thread):
    """Sends NOOP again and again, and keeps the longest time of an answer."""

    def __init__(self, client: ftplib.FTP) -> None:
        super().__init__()
        self._client = client
        self._over = threading.Event()
        self._worst = 0.0

    def run(self) -> None:
        """Send until the end."""
        while not self._over.is_set():
            begun = time.monotonic()
            self._client.voidcmd("NOOP")
            self._worst = max(self._worst, time.monotonic() - begun)

    def finish(self) -> float:
        """End, and return the longest time in seconds."""
        self._over.set()
        self.join()
        return self._worst
