"""The log of a real process: nobody waits for its reader, and twistd's own log files work as ever."""

from __future__ import annotations

import fcntl
import ftplib
import os
import re
import select
import signal
import subprocess
import time

from tests.cases import SynchronousTestCase
from tests.interop.server import LOGGED_SECONDS, Server, twistd

COMMANDS = 2000
PIPE_OCTETS = 4096


class PipeTests(SynchronousTestCase):
    """``twistd -n ftpd -c FILE`` with standard output and error a pipe."""

    def serve(self, *, extra: str = "") -> None:
        """Start a server whose log goes into a small pipe that nobody reads yet."""
        self.server = Server(extra=extra)
        self.addCleanup(self.server.stop)
        reading, writing = os.pipe()
        self.log = os.fdopen(reading, "rb")
        self.addCleanup(self.log.close)
        with os.fdopen(writing, "wb") as end:
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
            self.server.process = subprocess.Popen(
                [twistd(), "-n", "--pidfile=", "ftpd", "-c", str(self.server.configuration)],
                cwd="/",
                env={**os.environ, "NOTIFY_SOCKET": str(self.server.folder / "notify")},
                stdin=subprocess.DEVNULL,
                stdout=end,
                stderr=end,
            )
        self.assertIn("READY=1", self.server.notified())

    def change(self) -> None:
        """Have many commands carried out, each with a line in the log, and wait for all answers."""
        client = ftplib.FTP(timeout=60)
        client.connect("127.0.0.1", self.server.port)
        client.login("alice", "secret")
        for number in range(COMMANDS):
            self.assertEqual(client.sendcmd(f"MKD made-{number}")[:3], "257")
        client.close()

    def test_a_pipe_that_nobody_reads_delays_no_command(self) -> None:
        """All are answered although the pipe is full; who reads later finds every line, in order."""
        self.serve()
        self.change()
        self.server.signal(signal.SIGTERM)
        numbers = [int(number) for number in re.findall(rb'MKD "/made-(\d+)', self.log.read())]
        self.assertEqual((numbers, self.server.wait()), (list(range(COMMANDS)), 0))

    def test_lines_beyond_the_queue_are_counted(self) -> None:
        """``logging.queue``; what was dropped is told as a number."""
        self.serve(extra="logging: {queue: 100}")
        self.change()
        self.server.signal(signal.SIGTERM)
        log = self.log.read()
        numbers = [int(number) for number in re.findall(rb'MKD "/made-(\d+)', log)]
        missing = sum(int(number) for number in re.findall(rb"(\d+) lines are missing here", log))
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertGreaterEqual(len(numbers) + missing, COMMANDS)
        self.assertGreater(missing, COMMANDS // 2)

    def test_a_reader_that_hangs_does_not_keep_the_process(self) -> None:
        """The end waits for the log, but not for ever."""
        self.serve()
        self.change()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(60), 0)

    def test_a_reader_that_has_gone_does_not_end_the_process(self) -> None:
        """The lines are lost, the service is not."""
        self.serve()
        self.log.close()
        self.change()
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(60), 0)


class FileTests(SynchronousTestCase):
    """``twistd --logfile FILE``."""

    def setUp(self) -> None:
        """A server that logs into a file."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.server.start()

    def test_sigusr1_rotates_the_file(self) -> None:
        """As twistd has it: the old file is called log.1, and lines go on in a new one."""
        rotated = self.server.folder / "log.1"
        self.server.logged("listening on")
        self.server.signal(signal.SIGUSR1)
        until = time.monotonic() + LOGGED_SECONDS
        while not (rotated.exists() and os.path.exists(self.server.folder / "log")) and time.monotonic() < until:
            select.select([], [], [], 0.02)
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        self.assertIn("listening on", rotated.read_text())
        self.assertIn("Server Shut Down.", self.server.log)
        self.assertNotIn("listening on", self.server.log)

    def lines_in(self, name: str) -> str:
        """A file beside the log, once there is a line in it."""
        path = self.server.folder / name
        until = time.monotonic() + LOGGED_SECONDS
        while not (path.exists() and path.stat().st_size) and time.monotonic() < until:
            select.select([], [], [], 0.02)
        return path.read_text()

    def test_sigusr1_opens_a_file_again_that_was_moved_away(self) -> None:
        """This is what logrotate does; lines go on at the path that the operator has given."""
        self.server.logged("listening on")
        os.rename(self.server.folder / "log", self.server.folder / "log-2030")
        self.server.signal(signal.SIGUSR1)
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        self.assertIn("Server Shut Down.", self.lines_in("log"))
        self.assertNotIn("Server Shut Down.", self.lines_in("log-2030"))

    def test_what_twistd_says_is_in_the_file(self) -> None:
        """From its first line, behind our own, to its last, through the same queue."""
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        lines = self.server.log.splitlines()
        self.assertRegex(lines[0], r"^\S+ \[\S+#info\] ftpd-service \S+ on Python ")
        self.assertRegex(lines[1], r"^\S+ \[\S+#info\] twistd .* starting up\.$")
        self.assertRegex(lines[-1], r"Server Shut Down\.$")
