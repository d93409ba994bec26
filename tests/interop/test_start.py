"""Starting: what twistd says and leaves before there is a server, and the shortest ways to have one."""

from __future__ import annotations

import ftplib
import os
import signal
import socket
import subprocess
from typing import BinaryIO

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run, twistd


class StartTests(SynchronousTestCase):
    """With a configuration, without one, with a mistake, and as a daemon."""

    def setUp(self) -> None:
        """A configuration that is not started."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.pid_file = self.server.folder / "pid"

    def twistd(self, *arguments: str, inherited: tuple[int, ...] = ()) -> subprocess.CompletedProcess[bytes]:
        """Run twistd in / to its end."""
        return run(twistd(), *arguments, cwd="/", seconds=30, inherited=inherited)

    def test_the_plugin_is_found_from_anywhere(self) -> None:
        """Here the installation is the editable one that `make test` makes."""
        done = self.twistd("ftpd", "--help")
        self.assertIn(b"--check", done.stdout + done.stderr)

    def test_check_accepts_a_good_file(self) -> None:
        """Status 0 and no port opened."""
        done = self.twistd("ftpd", "-c", str(self.server.configuration), "--check")
        self.assertEqual(done.returncode, 0)

    def test_check_reports_every_mistake_with_its_line(self) -> None:
        """Status 1, a line each."""
        self.server.configuration.write_text("limits:\n  sessions: many\n  stall: 5\nuploads: {mode: sometimes}\n")
        done = self.twistd("ftpd", "-c", str(self.server.configuration), "--check")
        lines = done.stderr.decode().splitlines()
        places = [line.split(": ")[0].rpartition(":")[2] for line in lines]
        self.assertEqual((done.returncode, places), (1, ["2", "3", "4"]))

    def test_a_port_in_use_is_one_line_and_status_1(self) -> None:
        """No traceback, and no server that serves nothing."""
        with socket.create_server(("127.0.0.1", self.server.port)):
            done = self.twistd("-n", "--pidfile=", "ftpd", "-c", str(self.server.configuration))
        said = done.stderr.decode().strip().splitlines()
        self.assertEqual((done.returncode, len(said)), (1, 1))
        self.assertIn("cannot listen on", said[0])

    def test_a_socket_that_systemd_has_not_handed_over_is_one_line_and_status_1(self) -> None:
        """Somebody starts by hand what is meant for socket activation; --check knows nothing of sockets."""
        self.server.configuration.write_text('listeners: [{endpoint: "systemd:domain=INET6:index=0"}]\n')
        done = self.twistd("-n", "--pidfile=", "ftpd", "-c", str(self.server.configuration))
        said = done.stderr.decode().strip().splitlines()
        self.assertEqual((done.returncode, len(said)), (1, 1))
        self.assertIn("cannot listen on systemd:domain=INET6:index=0: systemd has handed over no such socket", said[0])

    def daemon(self) -> tuple[int, BinaryIO]:
        """Run twistd to the end of its parent: the status, and a pipe whose end of file is the daemon's own end."""
        reading, writing = os.pipe()
        end = os.fdopen(reading, "rb")
        self.addCleanup(end.close)
        with os.fdopen(writing, "wb"):
            done = self.twistd(
                f"--pidfile={self.pid_file}",
                f"--logfile={self.server.folder / 'log'}",
                "ftpd",
                "-c",
                str(self.server.configuration),
                inherited=(writing,),
            )
        return done.returncode, end

    def terminate(self) -> None:
        """End the daemon, where it has not ended."""
        if self.pid_file.exists():
            os.kill(int(self.pid_file.read_text()), signal.SIGTERM)

    def test_a_daemon_writes_its_pid_and_ends_with_it(self) -> None:
        """twistd's own options work: --pidfile, --logfile, and going to the background."""
        status, end = self.daemon()
        self.assertEqual(status, 0, self.server.log)
        self.addCleanup(self.terminate)
        self.assertEqual(run("curl", "-s", self.server.url).returncode, 0)
        self.terminate()
        self.assertEqual((end.read(), self.pid_file.exists()), (b"", False))

    def test_a_daemon_that_cannot_start_says_so(self) -> None:
        """The waiting parent ends with status 1, and no PID file stays behind, which the daemon removes after that."""
        with socket.create_server(("127.0.0.1", self.server.port)):
            status, end = self.daemon()
        self.assertEqual((status, end.read(), self.pid_file.exists()), (1, b"", False))

    def test_nobody_gets_in_without_accounts(self) -> None:
        """A file that names none serves nobody, and warns."""
        self.server.configuration.write_text(
            f"listeners: [{{endpoint: 'tcp:{self.server.port}:interface=127.0.0.1', tls: off}}]\n"
        )
        self.server.start()
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        self.assertRaisesRegex(ftplib.error_perm, "^530", client.login, "alice", "secret")
        self.server.logged("nobody can log in")

    def test_quick_options_serve_the_current_directory(self) -> None:
        """Read-only, to anonymous, on loopback."""
        (self.server.home / "hello.txt").write_bytes(b"hello")
        port = self.server.free_port()
        process = subprocess.Popen(
            [twistd(), "-n", "--pidfile=", "ftpd", "--root", str(self.server.home), "--port", str(port)],
            cwd="/",
            env={**os.environ, "NOTIFY_SOCKET": str(self.server.folder / "notify")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.server.notified()
        self.assertEqual(run("curl", "-s", f"ftp://127.0.0.1:{port}/hello.txt").stdout, b"hello")
