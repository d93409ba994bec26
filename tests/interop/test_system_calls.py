"""How many system calls a small file costs: what a client waits for, and what a busy server's processors do.

The figures of the day stand in docs/performance.rst; here a bound a little above them keeps them from growing unseen.
"""

from __future__ import annotations

import ftplib
import io
import shutil
import signal
import subprocess

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server
from tests.interop.trees import octets

FILES = 40
MOST_FOR_RETR = 45
MOST_FOR_STOR = 100


class SystemCallTests(SynchronousTestCase):
    """A server under strace."""

    def setUp(self) -> None:
        """Start it, and warm everything up that is made once."""
        strace = shutil.which("strace")
        if strace is None:
            raise SkipTest("strace is not installed; .ci/run installs it")
        self.server = Server(extra="logging: {level: warn}")
        self.addCleanup(self.server.stop)
        self.server.start()
        assert self.server.process is not None
        self.client = ftplib.FTP(timeout=30)
        self.client.connect("127.0.0.1", self.server.port)
        self.client.login("alice", "secret")
        self.addCleanup(self.client.close)
        self.client.voidcmd("TYPE I")
        for _ in range(5):
            self.store()
            self.retrieve()
        self.trace = self.server.folder / "trace"
        command = [strace, "-f", "-o", str(self.trace), "-p", str(self.server.process.pid)]
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

    def store(self) -> None:
        """Send 4 KiB."""
        self.client.storbinary("STOR small", io.BytesIO(octets(4096)))

    def retrieve(self) -> None:
        """Fetch them."""
        self.client.retrbinary("RETR small", lambda data: None)

    def calls(self) -> float:
        """System calls a file, of what has been traced."""
        self.detach()
        lines = self.trace.read_text(errors="replace").splitlines()
        return sum("resumed>" not in line and "(" in line for line in lines) / FILES

    def test_retr_of_4_kib(self) -> None:
        """EPSV, RETR, the data connection from accept to close, and three replies."""
        for _ in range(FILES):
            self.retrieve()
        self.assertLess(self.calls(), MOST_FOR_RETR)

    def test_stor_of_4_kib(self) -> None:
        """The same, with a hidden file that gets its name."""
        for _ in range(FILES):
            self.store()
        self.assertLess(self.calls(), MOST_FOR_STOR)
