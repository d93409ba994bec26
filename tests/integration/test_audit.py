"""The audit of a real process: a reader that stops, a disk that is full, and the end of the process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.integration.test_log_files import SECONDS, Commands
from tests.integration.upgraded_server import UpgradedServer, gone
from tests.interop.server import Server

MOST_ACTS = 5000
"""The acts after which an audit that cannot be written must have ended its session."""


class AuditCase(SynchronousTestCase):
    """A server with an audit whose place holds few lines."""

    def place(self) -> Path:
        """Make the place of the audit: its path."""
        raise NotImplementedError

    def setUp(self) -> None:
        """Start the server."""
        self.server = Server(limits="commands_per_second: null")
        self.addCleanup(self.server.stop)
        self.path = self.place()
        self.errors = self.server.folder / "errors"
        self.server.prefix = ("sh", "-c", f'exec "$@" 2>{self.errors}', "sh")
        text = self.server.configuration.read_text()
        self.server.configuration.write_text(f"{text}logging: {{audit: {self.path}, queue: 50}}\n")
        self.server.start()

    def client(self) -> Commands:
        """A connection."""
        client = Commands(self.server.port)
        self.addCleanup(client.close)
        return client

    def acts(self, client: Commands) -> list[str]:
        """Make folders until the server ends the session: the folders that were made."""
        made: list[str] = []
        for number in range(MOST_ACTS):
            answer = client.say(f"MKD d{number}")
            if not answer.startswith(b"257"):
                self.assertEqual(answer[:3], b"421")
                return made
            made.append(f"/d{number}")
        raise AssertionError("the session goes on without an audit")

    def until_welcome(self) -> None:
        """Log in again and again until it is granted."""
        until = time.monotonic() + SECONDS
        while not self.welcome():
            self.assertLess(time.monotonic(), until)
            self.read()

    def welcome(self) -> bool:
        """Whether a login is granted."""
        client = Commands(self.server.port)
        try:
            return client.log_in().startswith(b"230")
        finally:
            client.close()

    def read(self) -> None:
        """Read a part of the audit, if it has a reader."""

    def end(self) -> None:
        """End the server in order."""
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)

    def folders(self, audit: bytes) -> list[str]:
        """The folders that an audit says were made."""
        found = [json.loads(line) for line in audit.splitlines()]
        return [str(one["path"]) for one in found if one.get("verb") == "MKD"]


class StoppedReaderTests(AuditCase):
    """A FIFO whose reader has stopped."""

    def place(self) -> Path:
        """A FIFO that is kept open."""
        path = self.server.folder / "audit"
        os.mkfifo(path)
        self.reader = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, self.reader)
        self.found = b""
        return path

    def read(self) -> None:
        """Read all that is there."""
        while True:
            try:
                self.found += os.read(self.reader, 65536)
            except BlockingIOError:
                return

    def test_logins_get_421_and_each_act_is_there_afterwards(self) -> None:
        """Nobody waits, and nobody acts unseen."""
        client = self.client()
        self.assertEqual(client.log_in()[:3], b"230")
        made = self.acts(client)
        self.assertEqual(self.client().log_in()[:3], b"421")
        self.assertIn("nobody logs in", self.server.logged("lines wait for its disk or reader (logging.audit)"))
        self.read()
        self.until_welcome()
        self.end()
        self.read()
        self.assertEqual(self.folders(self.found), made)
        self.assertIn(b"refusals of clients without a login are missing", self.found)

    def test_lines_that_are_lost_at_the_end_are_told(self) -> None:
        """The end of the process waits some seconds, and says then how many lines nobody has read."""
        client = self.client()
        client.log_in()
        self.acts(client)
        self.server.signal(signal.SIGTERM)
        self.server.wait()
        self.assertTrue(re.search(r"\d+ lines of the audit are lost", self.errors.read_text()))


class FullDiskTests(AuditCase):
    """A file on a disk that is full."""

    def place(self) -> Path:
        """A small tmpfs, mounted for this test."""
        self.disk = self.server.folder / "small"
        self.disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(self.disk)], check=False)
        if done.returncode != 0:
            self.skipTest("mount is not permitted here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.disk)], check=False)
        return self.disk / "audit"

    def test_logins_get_421_and_each_act_is_there_afterwards(self) -> None:
        """Once there is room, in whole lines."""
        client = self.client()
        self.assertEqual(client.log_in()[:3], b"230")
        made = self.acts(client)
        self.assertEqual(self.client().log_in()[:3], b"421")
        subprocess.run(["mount", "-o", "remount,size=1m", str(self.disk)], check=True)
        self.until_welcome()
        self.end()
        self.assertEqual(self.folders(self.path.read_bytes()), made)


class UpgradeTests(SynchronousTestCase):
    """The files of a process that is replaced, and of the process that replaces it."""

    def test_both_processes_append_to_the_same_files(self) -> None:
        """A session of the older process acts while the newer process grants logins."""
        server = UpgradedServer()
        self.addCleanup(server.stop)
        text = server.configuration.read_text()
        server.configuration.write_text(f"{text}logging: {{file: log, audit: audit, format: json}}\n")
        server.start()
        client = server.client()
        self.addCleanup(client.close)
        server.upgrade()
        for number in range(20):
            self.assertTrue(server.serves())
            client.mkd(f"d{number}")
        client.quit()
        server.wait()
        newer = os.pidfd_open(server.main)
        self.addCleanup(os.close, newer)
        os.kill(server.main, signal.SIGTERM)
        self.assertTrue(gone(newer))
        for path in (server.folder / "log", server.folder / "audit"):
            names = [json.loads(line)["event"] for line in path.read_bytes().splitlines()]
            self.assertEqual((names.count("login_succeeded"), names.count("directory_changed")), (21, 20))
