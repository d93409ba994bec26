"""The log of a real process: logrotate under load, a burst of events, a disk that hangs, the end of the process."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run

SECONDS = 30.0
"""How long a test waits before it fails."""


class Commands:
    """A control connection that sends the same command again and again, and counts the answers."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._file = self._socket.makefile("rb")
        self._file.readline()
        self.sent = 0

    def say(self, line: str) -> bytes:
        """Send a command: the answer."""
        self._socket.sendall(line.encode() + b"\r\n")
        return self._file.readline()

    def log_in(self) -> bytes:
        """USER and PASS of alice: the last answer."""
        self.say("USER alice")
        return self.say("PASS secret")

    def many(self, number: int) -> None:
        """Send commands whose arguments are numbers, at once, and wait for all answers."""
        numbers = range(self.sent, self.sent + number)
        self._socket.sendall(b"".join(b"NOOP %d\r\n" % one for one in numbers))
        for _ in numbers:
            self._file.readline()
        self.sent += number

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()


class LogFileCase(SynchronousTestCase):
    """A server with a log of its own."""

    form = "json"

    def serve(self, extra: str = "") -> Commands:
        """Start it at level debug: a connection that is logged in."""
        self.server = Server(
            extra=f"logging: {{level: debug, format: {self.form}, file: own.log{extra}}}",
            limits="commands_per_second: null",
        )
        self.addCleanup(self.server.stop)
        self.path = self.server.folder / "own.log"
        self.prepare()
        self.server.start()
        client = Commands(self.server.port)
        self.addCleanup(client.close)
        self.assertEqual(client.log_in()[:3], b"230")
        return client

    def prepare(self) -> None:
        """Make what the server finds at its start."""

    def end(self) -> None:
        """End the server in order."""
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)

    def numbers(self, *paths: Path) -> list[int]:
        """The arguments of NOOP in files of JSON."""
        found = [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]
        return [int(one["argument"]) for one in found if one.get("verb") == "NOOP"]


class RotationTests(LogFileCase):
    """The real logrotate."""

    def rules(self) -> Path:
        """The rules for this log, with the signal of the shipped rules."""
        assert self.server.process is not None
        rules = self.server.folder / "rules"
        rules.write_text(
            f"{self.path} {{\n  rotate 100\n  create\n  nocompress\n  su root root\n"
            f"  postrotate\n    kill -USR1 {self.server.process.pid}\n  endscript\n}}\n"
        )
        rules.chmod(0o644)
        return rules

    def test_with_a_signal_no_line_is_lost_or_doubled(self) -> None:
        """Five rotations, each between commands."""
        client = self.serve()
        rules, state = self.rules(), self.server.folder / "state"
        self.server.folder.chmod(0o755)
        for _ in range(5):
            client.many(500)
            done = run("logrotate", "-f", "-s", str(state), str(rules))
            self.assertEqual(done.returncode, 0, done.stderr)
            client.many(500)
        self.end()
        files = sorted(self.server.folder.glob("own.log.*"), key=lambda path: -int(path.suffix[1:]))
        self.assertEqual(len(files), 5)
        self.assertEqual(self.numbers(*files, self.path), list(range(5000)))

    def test_without_a_signal_no_line_is_lost_or_doubled(self) -> None:
        """The server sees that its file is another one; lines until then are in the old one."""
        client = self.serve()
        client.many(100)
        os.rename(self.path, self.server.folder / "own.log.1")
        until = time.monotonic() + SECONDS
        while not self.path.exists():
            self.assertLess(time.monotonic(), until)
            client.many(10)
        self.end()
        found = self.numbers(self.server.folder / "own.log.1", self.path)
        self.assertEqual(found, list(range(client.sent)))


class EndTests(LogFileCase):
    """SIGTERM behind a burst."""

    def test_no_line_is_lost(self) -> None:
        """All that was answered is in the file."""
        client = self.serve()
        client.many(20_000)
        self.end()
        self.assertEqual(self.numbers(self.path), list(range(20_000)))


class HangingTests(LogFileCase):
    """A log whose reader has stopped: a FIFO that is full."""

    def prepare(self) -> None:
        """A FIFO."""
        os.mkfifo(self.path)
        self.reader = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reader)

    def test_nobody_waits_and_the_gap_is_told(self) -> None:
        """Once somebody reads again."""
        client = self.serve(", queue: 100")
        began = time.monotonic()
        client.many(5_000)
        self.assertLess(time.monotonic() - began, SECONDS)
        found = b""
        until = time.monotonic() + SECONDS
        while sum(map(int, re.findall(rb'"event":"lines_missing".*?"missing":(\d+)', found))) < 1_000:
            self.assertLess(time.monotonic(), until)
            try:
                found += os.read(self.reader, 65536)
            except BlockingIOError:
                client.many(1)


class FullTests(LogFileCase):
    """A log on a disk that is full."""

    def prepare(self) -> None:
        """A small tmpfs, mounted for this test, which another file fills but for some pages."""
        folder = self.server.folder / "small"
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=False)
        if done.returncode != 0:
            self.skipTest("mount is not permitted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(folder)], check=False)
        self.other = folder / "other"
        self.other.write_bytes(bytes(192 * 1024))
        self.path = folder / "own.log"
        text = self.server.configuration.read_text().replace("own.log", "small/own.log")
        self.server.configuration.write_text(text)

    def test_nobody_waits_and_the_gap_is_told(self) -> None:
        """Once there is room again, behind whole lines only."""
        client = self.serve()
        client.many(5_000)
        self.other.unlink()
        until = time.monotonic() + SECONDS
        while b"lines_missing" not in self.path.read_bytes():
            self.assertLess(time.monotonic(), until)
            client.many(1)
        self.end()
        lines = self.path.read_bytes().splitlines()
        self.assertEqual([line for line in lines if not line.startswith(b'{"time":') or not line.endswith(b"}")], [])
