"""Starting: what twistd says and leaves before there is a server, and the shortest ways to have one."""

from __future__ import annotations

import ftplib
import os
import signal
import socket
import subprocess
import sys
from datetime import datetime, timezone
from typing import BinaryIO

from twisted.trial.unittest import SkipTest

from ftpd_service.tls.self_signed import self_signed
from tests.cases import SynchronousTestCase
from tests.interop.server import Server, for_root, run, twistd

NOBODY = 65534


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
        self.assertIn("it has handed over no socket", said[0])

    def test_a_socket_without_a_name_is_taken_by_its_index(self) -> None:
        """``systemd-socket-activate`` gives a name only where ``--fdname`` says one."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        port = listening.getsockname()[1]
        accounts = f"accounts: {{anonymous: {{password: any, home: {self.server.home}}}}}\n"
        self.server.configuration.write_text(
            for_root(f"listeners: [{{endpoint: 'systemd:domain=INET:index=0', tls: off}}]\n{accounts}")
        )
        program = (
            "import os, sys\n"
            "os.dup2(int(sys.argv[1]), 3)\n"
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
            "os.execv(sys.argv[2], sys.argv[2:])\n"
        )
        twisted = [twistd(), "-n", "--pidfile=", "ftpd", "-c", str(self.server.configuration)]
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(listening.fileno()), *twisted],
            cwd="/",
            env={**os.environ, "NOTIFY_SOCKET": str(self.server.folder / "notify")},
            pass_fds=(listening.fileno(),),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.server.notified()
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", port)
        self.addCleanup(client.close)
        self.assertTrue(client.login().startswith("230"))

    def as_nobody(self, *, readable: bool) -> None:
        """A configuration with a certificate whose key a user without rights may read, or only root."""
        if os.geteuid() != 0:
            raise SkipTest("only root can give its rights up")
        certificate, key = self_signed(["localhost"], now=datetime.now(timezone.utc), days=30)
        folder = self.server.folder
        (folder / "cert.pem").write_bytes(certificate)
        (folder / "key.pem").write_bytes(key)
        (folder / "key.pem").chmod(0o644 if readable else 0o600)
        self.server.write(extra="tls: {certificate: cert.pem, private_key: key.pem}")
        folder.chmod(0o777)
        (folder / "notify").chmod(0o777)
        self.server.home.chmod(0o755)

    def test_rights_that_are_given_up_and_a_key_that_stays_readable(self) -> None:
        """The service runs as another user, and can be reloaded."""
        self.as_nobody(readable=True)
        self.server.arguments = (f"--uid={NOBODY}",)
        self.server.start()
        self.server.signal(signal.SIGHUP)
        self.server.logged("the configuration was read again")
        self.assertNotIn("running as root", self.server.log)

    def test_rights_that_are_given_up_and_a_key_of_root(self) -> None:
        """A line and status 1: such a service could never take up a new certificate."""
        self.as_nobody(readable=False)
        done = self.twistd("-n", f"--uid={NOBODY}", "--pidfile=", "ftpd", "-c", str(self.server.configuration))
        said = done.stderr.decode().strip().splitlines()
        self.assertEqual((done.returncode, len(said)), (1, 1), done)
        self.assertIn("tls.private_key", said[0])
        self.assertIn(f"runs with the user id {NOBODY}", said[0])

    def test_root_is_warned_of(self) -> None:
        """Whoever is root and says nothing of --uid."""
        if os.geteuid() != 0:
            raise SkipTest("only root is warned")
        self.server.start()
        self.server.logged("running as root")

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
