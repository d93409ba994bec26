"""The order in which a server with ``durable: true`` gets an upload on the disk, as strace sees it."""

from __future__ import annotations

import ftplib
import io
import re
import shutil
import signal
import subprocess

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server

TRACED = "trace=fsync,fdatasync,linkat,rename,renameat,renameat2,mkdirat,mkdir,sendto,write,send,sendmsg,openat"


class DurableTests(SynchronousTestCase):
    """A durable server under strace."""

    def setUp(self) -> None:
        """Start it, and attach."""
        strace = shutil.which("strace")
        if strace is None:
            raise SkipTest("strace is not installed; .ci/run installs it")
        self.server = Server(extra="uploads: {durable: true}\nlogging: {level: warn}")
        self.addCleanup(self.server.stop)
        self.server.start()
        assert self.server.process is not None
        self.client = ftplib.FTP(timeout=30)
        self.client.connect("127.0.0.1", self.server.port)
        self.client.login("alice", "secret")
        self.addCleanup(self.client.close)
        self.trace = self.server.folder / "trace"
        command = [strace, "-f", "-y", "-e", TRACED, "-o", str(self.trace), "-p", str(self.server.process.pid)]
        self.tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
        self.addCleanup(self.detach)
        assert self.tracer.stderr is not None
        said = self.tracer.stderr.readline()
        if b"attached" not in said:
            raise SkipTest(f"strace may not attach here: {said.decode().strip()}")

    def detach(self) -> None:
        """End the tracer, if it runs."""
        if self.tracer.poll() is None:
            self.tracer.send_signal(signal.SIGINT)
            self.tracer.communicate()

    def seen(self) -> list[str]:
        """What happened to names and disk, and the replies at the end of verbs."""
        self.detach()
        return [told for line in self.trace.read_text(errors="replace").splitlines() if (told := self.told(line))]

    def told(self, line: str) -> str | None:
        """The word for a call, or None if it is about something else."""
        home = re.escape(str(self.server.home))
        if reply := re.search(r'"(226|257|250) ', line):
            return reply[1]
        if re.search(rf"f(?:data)?sync\(\d+<{home}>", line):
            return "sync directory"
        if re.search(rf"f(?:data)?sync\(\d+<{home}/", line):
            return "sync file"
        if found := re.match(r"\d+ +(linkat|rename|mkdir)", line):
            return found[1]
        return None

    def store(self, verb: str) -> None:
        """Send some bytes."""
        self.client.storbinary(f"{verb} a", io.BytesIO(b"0123456789"))

    def test_each_reply_waits_for_the_disk(self) -> None:
        """First the bytes of a file, then its name, then the directory, then the reply."""
        self.store("STOR")
        self.store("STOR")
        self.store("APPE")
        self.client.mkd("d")
        new = ["sync file", "linkat", "sync directory", "226"]
        replaced = ["sync file", "linkat", "rename", "sync directory", "226"]
        appended, directory = ["sync file", "226"], ["mkdir", "sync directory", "257"]
        self.assertEqual(self.seen(), [*new, *replaced, *appended, *directory])
