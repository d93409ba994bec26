"""Uploads of all kinds on disks that fail: no file is lost, and every file under its name is whole."""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
import time
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ftpd_bench.peers.hanging import FaultyDisk, NotMounted
from tests.cases import SynchronousTestCase
from tests.integration.killed_clients import POLICIES, KilledClient, crowd
from tests.interop.server import Server

CLIENTS = 14
ROUNDS = 30
CALLS = ("write", "fsync", "fsyncdir", "flush", "rename", "create", "link")
ERRORS = ("EIO", "ENOSPC", "EDQUOT")
TINY = "2M"
"""The size of a disk on which the files of some clients fit, and never the files of all."""


class FailingCase(SynchronousTestCase):
    """A server with an account for each policy, whose files are on a disk of the test."""

    def setUp(self) -> None:
        """Write the configuration."""
        self.server = Server(extra="logging: {level: error}")
        self.addCleanup(self.server.stop)
        lines = [
            f"  {name}: {{password: '{{plain}}secret', home: home/{name}, permissions: all, uploads: {policy}}}\n"
            for name, policy in POLICIES.items()
        ]
        text = self.server.configuration.read_text()
        self.server.configuration.write_text(text.replace("accounts:\n", "accounts:\n" + "".join(lines)))

    def begin(self, files: Path) -> None:
        """Start the server and the clients, which look at the files behind the disk."""
        for name in POLICIES:
            (files / name).mkdir()
        self.files = files
        self.server.start()
        self.clients = [client for client in crowd(files, CLIENTS) if not client.tls]
        self.dead: list[str] = []
        self.stop = threading.Event()
        self.workers = [threading.Thread(target=self.bear, args=(client,)) for client in self.clients]
        for worker in self.workers:
            worker.start()

    def bear(self, client: KilledClient) -> None:
        """Run a client, and remember that it has died."""
        try:
            client.bear(self.server.port, self.stop)
        except BaseException as problem:
            self.dead.append(f"{client.name}: {problem!r}")
            raise

    def finish(self) -> None:
        """Stop the clients, and look at the disk, on which unfinished uploads alone are left."""
        self.stop.set()
        for worker in self.workers:
            worker.join()
        for client in self.clients:
            client.check()
        self.assertEqual(self.dead, [])
        self.assertEqual([text for client in self.clients for text in client.wrong], [])
        left = [path for path in self.files.rglob(".ftpd-*") if path.parent.name != "resumable"]
        self.assertEqual(left, [])
        self.assertGreater(sum(len(client.refusals) for client in self.clients), 10)
        self.assertGreater(sum(client.ended for client in self.clients), 20)


class FaultyDiskTests(FailingCase):
    """A file system whose calls fail at random moments."""

    def test_errors_of_a_disk(self) -> None:
        """EIO, ENOSPC and EDQUOT of every call that an upload needs."""
        files = self.server.folder / "files"
        files.mkdir()
        try:
            disk = FaultyDisk(self.server.home, files)
        except NotMounted as problem:
            raise SkipTest(f"no FUSE: {problem}") from problem
        self.addCleanup(disk.stop)
        self.begin(files)
        chance = random.Random(1)
        for _ in range(ROUNDS):
            disk.fail(chance.choice(CALLS), chance.choice(ERRORS), after=chance.randrange(6))
            time.sleep(0.08)
            disk.heal()
            time.sleep(0.04)
        self.finish()


class FullDiskTests(FailingCase):
    """A small file system in memory."""

    def test_a_full_disk(self) -> None:
        """The space ends in the midst of uploads, again and again."""
        mount, unmount = shutil.which("mount"), shutil.which("umount")
        if mount is None or unmount is None:
            raise SkipTest("mount is not installed")
        command = [mount, "-t", "tmpfs", "-o", f"size={TINY}", "tmpfs", str(self.server.home)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode:
            raise SkipTest(f"a file system cannot be mounted here: {done.stderr.decode().strip()}")
        self.addCleanup(subprocess.run, [unmount, "-l", str(self.server.home)], check=True)
        self.begin(self.server.home)
        time.sleep(3)
        self.finish()
