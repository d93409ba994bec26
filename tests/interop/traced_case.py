"""A server under strace, with a session of alice."""

from __future__ import annotations

import ftplib
import shutil
import signal
import subprocess

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server


class TracedCase(SynchronousTestCase):
    """A server that strace is attached to behind `warm_up`.

    :cvar extra: further configuration.
    :cvar options: of strace, such as the calls that it tells.
    """

    extra = "logging: {level: warn}"
    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        """Start it, and attach."""
        strace = shutil.which("strace")
        if strace is None:
            raise SkipTest("strace is not installed; .ci/run installs it")
        self.server = Server(extra=self.extra)
        self.addCleanup(self.server.stop)
        self.server.start()
        assert self.server.process is not None
        self.client = ftplib.FTP(timeout=30)
        self.client.connect("127.0.0.1", self.server.port)
        self.client.login("alice", "secret")
        self.addCleanup(self.client.close)
        self.client.voidcmd("TYPE I")
        self.warm_up()
        self.trace = self.server.folder / "trace"
        command = [strace, "-f", *self.options, "-o", str(self.trace), "-p", str(self.server.process.pid)]
        self.tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
        self.addCleanup(self.detach)
        assert self.tracer.stderr is not None
        said = self.tracer.stderr.readline()
        if b"attached" not in said:
            raise SkipTest(f"strace may not attach here: {said.decode().strip()}")

    def warm_up(self) -> None:
        """Do what is not to be traced."""

    def detach(self) -> None:
        """End the tracer, if it runs."""
        if self.tracer.poll() is None:
            self.tracer.send_signal(signal.SIGINT)
            self.tracer.communicate()

    def traced(self) -> list[str]:
        """The lines of strace, which ends."""
        self.detach()
        return self.trace.read_text(errors="replace").splitlines()
