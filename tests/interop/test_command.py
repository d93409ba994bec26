"""``ftpd-service`` in a process of its own: as a server beside ``twistd ftpd``, and at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
from pathlib import Path

from ftpd_service.auth.passwords import verify
from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run, twistd


def command() -> str:
    """The ftpd-service of the interpreter that runs the tests."""
    return str(Path(sys.executable).with_name("ftpd-service"))


class ServeTests(SynchronousTestCase):
    """``serve`` is ``twistd -n --pidfile= ftpd``."""

    def setUp(self) -> None:
        """A configuration that is not started."""
        self.server = Server()
        self.addCleanup(self.server.stop)

    def both(self) -> list[tuple[int, bytes]]:
        """Status and standard error of ``serve`` and of twistd with the same file; neither may come up."""
        file = str(self.server.configuration)
        ended = [
            run(command(), "-c", file, "serve", cwd="/", seconds=60),
            run(twistd(), "-n", "--pidfile=", "ftpd", "-c", file, cwd="/", seconds=60),
        ]
        return [(one.returncode, one.stderr) for one in ended]

    def serving(self) -> subprocess.Popen[bytes]:
        """``serve``, once it is ready."""
        process = subprocess.Popen(
            [command(), "-c", str(self.server.configuration), "serve"],
            cwd="/",
            env={**os.environ, "NOTIFY_SOCKET": str(self.server.folder / "notify")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertIn("READY=1", self.server.notified())
        return process

    def test_ctrl_c_ends_it_in_order(self) -> None:
        """With status 0, behind what it has served; the log goes to standard output."""
        process = self.serving()
        self.assertEqual(run("curl", "-sS", self.server.url).returncode, 0)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(output.splitlines()[0], rb"\] ftpd-service \S+ on Python ")
        self.assertIn(b"alice", output)
        self.assertNotIn(b"Traceback", output)

    def test_sighup_reads_the_file_again(self) -> None:
        """Though the command has parsed it."""
        process = self.serving()
        self.server.write(limits="idle_timeout: 77s")
        process.send_signal(signal.SIGHUP)
        assert process.stdout is not None
        self.assertTrue(any(b"limits.idle_timeout is 77s" in line for line in process.stdout))

    def test_mistakes_of_the_file(self) -> None:
        """The same lines, the same status."""
        self.server.configuration.write_text("limits:\n  sessions: many\n")
        ours, theirs = self.both()
        self.assertEqual(ours, theirs)
        self.assertEqual((ours[0], ours[1].count(b"\n")), (1, 1))

    def test_a_port_in_use(self) -> None:
        """The same line, the same status."""
        with socket.create_server(("127.0.0.1", self.server.port)):
            ours, theirs = self.both()
        self.assertEqual(ours, theirs)
        self.assertIn(b"cannot listen on", ours[1])

    def test_a_port_in_use_is_told_once(self) -> None:
        """On a terminal, to which log and errors both go."""
        with socket.create_server(("127.0.0.1", self.server.port)):
            done = subprocess.run(
                [command(), "-c", str(self.server.configuration), "serve"],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            )
        self.assertEqual((done.returncode, done.stdout.count(b"Address already in use")), (1, 1), done.stdout)

    def test_as_a_module(self) -> None:
        """``python -m ftpd_service`` is the same command, by the same name."""
        done = run(sys.executable, "-m", "ftpd_service", "--help", cwd="/")
        self.assertTrue(done.stdout.startswith(b"Usage: ftpd-service "), done.stdout)


class ClosedTests(SynchronousTestCase):
    """Standard input is closed, as under some schedulers."""

    def test_each_sub_command_that_asks(self) -> None:
        """One line each, and no traceback."""
        folder = os.path.abspath(self.mktemp())
        account = ("init", "--account", "alice", "--home", "/srv/ftp")
        told = [self.closed("-c", f"{folder}/ftpd.yaml", *words) for words in (("init",), account, ("hash-password",))]
        self.assertEqual([one.returncode for one in told], [1, 1, 1])
        words = (b"give --account NAME", b"no password was given", b"no password was given")
        self.assertEqual([word in one.stderr for word, one in zip(words, told, strict=True)], [True] * 3, told)
        self.assertEqual([one.stderr.count(b"\n") for one in told], [1, 1, 1])

    def closed(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run the command without a standard input."""
        return run("sh", "-c", 'exec "$@" <&-', "sh", command(), *words)


def take_terminal() -> None:
    """Make standard input the controlling terminal of this process, which must lead its session."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class TerminalTests(SynchronousTestCase):
    """``hash-password`` where somebody types."""

    def typed(self, *lines: bytes) -> tuple[int, bytes, bytes]:
        """Answer each question with a line; the status, standard output, and what the terminal has shown."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        with os.fdopen(theirs, "rb", buffering=0) as terminal:
            process = subprocess.Popen(
                [command(), "hash-password"],
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=terminal,
                start_new_session=True,
                preexec_fn=take_terminal,
            )
        self.addCleanup(process.kill)
        shown = b""
        for line in lines:
            while not shown.endswith(b": "):
                shown += os.read(ours, 1024)
            os.write(ours, line + b"\n")
            shown += b"|"
        output, _ = process.communicate(timeout=60)
        return process.returncode, output, shown + self.rest(ours)

    def rest(self, terminal: int) -> bytes:
        """What else was shown; the kernel says EIO once nobody has the other side open."""
        shown = b""
        try:
            while more := os.read(terminal, 1024):
                shown += more
        except OSError:
            pass
        return shown

    def test_what_is_typed_is_not_shown(self) -> None:
        """It is asked for twice, and only the hash goes to standard output."""
        status, output, shown = self.typed(b"open sesame", b"open sesame")
        self.assertEqual(status, 0, shown)
        self.assertTrue(verify(output.decode().rstrip("\n"), b"open sesame"))
        self.assertNotIn(b"sesame", shown)

    def test_two_that_differ(self) -> None:
        """Are asked for again."""
        status, output, shown = self.typed(b"one", b"two", b"open sesame", b"open sesame")
        self.assertEqual(status, 0, shown)
        self.assertTrue(verify(output.decode().rstrip("\n"), b"open sesame"))
