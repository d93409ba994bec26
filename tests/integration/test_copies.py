"""Renames across folders in a real process: others go on, and a client that leaves has moved all or nothing."""

from __future__ import annotations

import ftplib
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.interop.server import Server

SIZE = 192 * 1024 * 1024
LEAVING = (0.0, 0.01, 0.02, 0.04, 0.08)
"""The seconds after which a client leaves."""
ROUNDS = 3
NOOP_SECONDS = 0.02
END_SECONDS = 20.0


class CopiesTests(SynchronousTestCase):
    """A server of alice, whose folder is on another file system if this host has one in memory."""

    def setUp(self) -> None:
        """Start it, with a large file."""
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="ftpd-folder-", dir=memory))
        self.addCleanup(shutil.rmtree, self.folder)
        self.server = Server()
        self.addCleanup(self.server.stop)
        with self.server.configuration.open("a") as file:
            file.write(f"account_defaults: {{folders: {{/other: {{path: {self.folder}}}}}}}\n")
        self.piece = os.urandom(1024 * 1024)
        with (self.server.home / "large").open("wb") as file:
            for _ in range(SIZE // len(self.piece)):
                file.write(self.piece)
        self.server.start()

    def connected(self) -> ftplib.FTP:
        """A session of alice."""
        client = ftplib.FTP()
        self.addCleanup(client.close)
        client.connect("127.0.0.1", self.server.port, timeout=60)
        client.login("alice", "secret")
        return client

    def standing(self) -> tuple[list[str], list[str]]:
        """All names on both sides."""
        return sorted(os.listdir(self.server.home)), sorted(os.listdir(self.folder))

    def nameless(self) -> int:
        """How many files without a name the server has open."""
        assert self.server.process is not None
        descriptors = f"/proc/{self.server.process.pid}/fd"
        found = 0
        for name in os.listdir(descriptors):
            try:
                found += "(deleted)" in os.readlink(f"{descriptors}/{name}")
            except FileNotFoundError:
                continue
        return found

    def settled(self) -> None:
        """Wait until the server has ended a copy."""
        until = time.monotonic() + END_SECONDS
        while self.nameless():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.001)

    def is_whole(self, path: Path) -> bool:
        """Whether a file has all its bytes."""
        with path.open("rb") as file:
            pieces = [file.read(len(self.piece)) == self.piece for _ in range(SIZE // len(self.piece))]
            return all(pieces) and not file.read(1)

    def left_after(self, seconds: float) -> tuple[list[str], list[str]]:
        """What stands when a client has left in the midst of a rename; a whole file is moved back."""
        client = self.connected()
        client.sendcmd("RNFR /large")
        client.putcmd("RNTO /other/large")
        time.sleep(seconds)
        client.close()
        self.connected().sendcmd("NOOP")
        self.settled()
        standing = self.standing()
        if standing == ([], ["large"]):
            self.connected().rename("/other/large", "/large")
            return self.standing()
        return standing

    def test_a_client_that_leaves(self) -> None:
        """Nothing is left of its copy, and the file is whole."""
        standings = [self.left_after(seconds) for seconds in LEAVING]
        self.assertEqual(standings, [(["large"], [])] * len(LEAVING))
        self.assertTrue(self.is_whole(self.server.home / "large"))

    def test_abor(self) -> None:
        """As for a transfer."""
        client = self.connected()
        client.sendcmd("RNFR /large")
        assert client.sock is not None
        client.sock.sendall(b"RNTO /other/large\r\n")
        time.sleep(0.02)
        client.sock.sendall(b"ABOR\r\n")
        # 426 and 225 if both lines arrive together.
        self.assertRaisesRegex(ftplib.error_temp, "^4[25][16]", client.getresp)
        self.assertRegex(client.getresp(), "^22[56]")
        self.assertEqual((self.standing(), self.nameless()), ((["large"], []), 0))

    def test_other_sessions_go_on(self) -> None:
        """Their NOOP is answered at once; a loaded machine gets several rounds."""
        rounds = [self.slowest_noops("/large", "/other/large")]
        while rounds[-1] >= NOOP_SECONDS and len(rounds) < ROUNDS:
            self.connected().rename("/other/large", "/large")
            rounds.append(self.slowest_noops("/large", "/other/large"))
        self.assertLess(rounds[-1], NOOP_SECONDS, f"the 99th percentiles: {rounds}")
        self.assertEqual((self.standing(), self.is_whole(self.folder / "large")), (([], ["large"]), True))

    def slowest_noops(self, source: str, target: str) -> float:
        """The 99th percentile of NOOP during a rename."""
        moving, watching = self.connected(), self.connected()
        moved = threading.Thread(target=moving.rename, args=(source, target))
        seconds = []
        moved.start()
        while moved.is_alive():
            began = time.perf_counter()
            watching.sendcmd("NOOP")
            seconds.append(time.perf_counter() - began)
        moved.join()
        return sorted(seconds)[int(len(seconds) * 0.99)]
