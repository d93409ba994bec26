"""``ftpd-service`` and a real service: the sub-commands, bad input, and users with and without rights."""

from __future__ import annotations

import ftplib
import grp
import json
import os
import signal
import subprocess
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.integration.administered import AdministeredCase, ftpd_service
from tests.interop.server import Server, twistd

NOBODY = 65534
PYTHON = "/usr/bin/python3"

ASK = """
import contextlib, socket, sys
asking = socket.socket(socket.AF_UNIX)
try:
    asking.connect(sys.argv[1])
    with contextlib.suppress(BrokenPipeError):  # the answer to a stranger comes before the request
        asking.sendall(b'{"version": 1, "verb": "status"}\\n')
    print(asking.makefile().readline())
except OSError as problem:
    print(problem.strerror)
"""
"""A program of the standard library alone, for users who cannot reach the tests' interpreter."""


class CommandTests(AdministeredCase):
    """The sub-commands, with a service that runs."""

    def test_status(self) -> None:
        """One object."""
        server = self.server()
        self.session(server)
        told = self.told(server, "status")
        assert server.process is not None
        self.assertEqual((told["pid"], told["state"], told["sessions"]), (server.process.pid, "serving", 1))
        self.assertLessEqual({"version", "uptime", "transfers", "reactor_delay", "pool"}, set(told))

    def test_a_kicked_session(self) -> None:
        """The client gets 421."""
        server = self.server()
        client = self.session(server)
        (row,) = self.told(server, "sessions")
        self.assertEqual((row["account"], row["address"]), ("alice", "127.0.0.1"))
        self.told(server, "kick", row["id"])
        with self.assertRaisesRegex(ftplib.error_temp, "421 The operator has ended this session"):
            client.getresp()

    def test_a_transfer_and_its_rate(self) -> None:
        """A limit counts for the running transfer, and a reload lifts it."""
        server = self.server()
        (server.home / "f").write_bytes(bytes(64 << 20))
        client = self.session(server)
        client.voidcmd("TYPE I")
        with client.transfercmd("RETR f") as data:
            data.recv(1)
            (row,) = self.told(server, "sessions")
            self.assertEqual((row["verb"], row["path"], row["size"]), ("RETR", "/f", 64 << 20))
            self.told(server, "limit", row["id"], "--download", "1KiB/s")
            self.assertTrue(self.told(server, "reload")["applied"])
            while data.recv(1 << 20):
                pass
        self.assertTrue(client.voidresp().startswith("226"))

    def test_a_reload(self) -> None:
        """The difference is printed; a mistake is status 1, and its line is printed."""
        server = self.server()
        text = server.configuration.read_text()
        server.configuration.write_text(text + "listing: {dot_files: false}\n")
        self.assertEqual(self.run_it(server, "reload", "--dry-run").stdout, "listing.dot_files is false, was true\n")
        self.assertEqual(self.run_it(server, "reload").stdout, "listing.dot_files is false, was true\n")
        self.assertEqual(self.run_it(server, "reload").stdout, "no differences\n")
        server.configuration.write_text(text + "listing: {dot_files: perhaps}\n")
        done = self.run_it(server, "reload")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("ftpd.yaml:9: listing.dot_files", done.stderr)

    def test_a_trace(self) -> None:
        """Commands and replies with stars for the password, and Ctrl-C ends it quietly."""
        server = self.server()
        client = ftplib.FTP()
        self.addCleanup(client.close)
        client.connect("127.0.0.1", server.port, timeout=30)
        (row,) = self.told(server, "sessions")
        command = [ftpd_service(), "-c", str(server.configuration), "trace", row["id"]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as tracing:
            assert tracing.stdout is not None and tracing.stderr is not None
            self.assertIn("no account", tracing.stdout.readline())
            client.login("alice", "secret")
            lines = [tracing.stdout.readline().split(maxsplit=1)[1] for _ in range(4)]
            tracing.send_signal(signal.SIGINT)
            self.assertEqual((tracing.wait(20), tracing.stderr.read()), (0, ""))
        self.assertEqual(
            [line[:10].strip() for line in lines], ["> USER ali", "< 331 Pass", "> PASS ***", "< 230 Logg"]
        )

    def test_a_drain(self) -> None:
        """The process ends in order, and the socket's file goes."""
        server = self.server()
        self.session(server)
        self.assertEqual(self.told(server, "drain")["state"], "draining")
        self.assertEqual(server.wait(), 0)
        self.assertFalse(os.path.lexists(self.socket))
        done = self.run_it(server, "status")
        self.assertEqual(done.returncode, 3)
        self.assertIn("start the service", done.stderr)

    def test_an_upgrade(self) -> None:
        """The new process answers at the socket, and the former process at its second name."""
        server = self.server()
        client = self.session(server)
        done = self.run_it(server, "upgrade")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        assert server.process is not None
        fresh = self.told(server, "status")["pid"]
        self.addCleanup(os.kill, fresh, signal.SIGKILL)
        former = f"{self.socket}.{server.process.pid}"
        self.assertNotEqual(fresh, server.process.pid)
        (row,) = json.loads(self.run_it(server, "--socket", former, "sessions", "--json").stdout)
        self.assertEqual((row["account"], self.told(server, "sessions")), ("alice", []))
        client.quit()
        self.assertEqual(server.wait(), 0)
        self.assertFalse(os.path.lexists(former))
        self.assertEqual(self.told(server, "status")["state"], "serving")

    def test_an_upgrade_to_a_broken_file(self) -> None:
        """The process serves as before, and the socket is still its own."""
        server = self.server()
        server.configuration.write_text("limits: {sesions: 5}\nadmin: {socket: admin.sock}\n")
        done = self.run_it(server, "upgrade")
        self.assertEqual(done.returncode, 1)
        assert server.process is not None
        self.assertEqual(self.told(server, "status")["pid"], server.process.pid)

    def test_a_second_service(self) -> None:
        """It does not start with the socket of the first, and the first answers as before."""
        server = self.server()
        second = Server(extra=f"admin: {{socket: {self.socket}}}")
        self.addCleanup(second.stop)
        command = [twistd(), "--nodaemon", "--pidfile=", "ftpd", "-c", str(second.configuration)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", check=False)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("another server, process", ended.stderr + ended.stdout)
        self.assertEqual(self.told(server, "status")["state"], "serving")

    def test_a_killed_service(self) -> None:
        """The next service takes its stale socket."""
        server = self.server()
        server.signal(signal.SIGKILL)
        server.wait()
        self.assertTrue(os.path.lexists(self.socket))
        server.start()
        self.assertEqual(self.told(server, "status")["state"], "serving")


class BadInputTests(AdministeredCase):
    """Programs that do wrong lose their connection, and nothing else happens."""

    def test_64_mib_without_a_line_end(self) -> None:
        """The connection ends after 64 KiB; sessions and other operators notice nothing."""
        server = self.server()
        client = self.session(server)
        asking = self.connected()
        with self.assertRaises(OSError):
            asking.sendall(bytes(64 << 20))
        self.assertEqual(json.loads(asking.makefile().readline())["error"]["code"], "too-long")
        self.assertTrue(client.voidcmd("NOOP").startswith("200"))
        self.assertEqual(self.told(server, "status")["sessions"], 1)

    def test_no_json(self) -> None:
        """An error, then the end."""
        self.server()
        asking = self.connected()
        asking.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with asking.makefile() as lines:
            self.assertEqual([json.loads(line)["error"]["code"] for line in lines], ["no-json"])

    def test_an_unknown_verb(self) -> None:
        """An error, then the end."""
        self.server()
        asking = self.connected()
        asking.sendall(b'{"version": 1, "verb": "shutdown"}\n')
        with asking.makefile() as lines:
            self.assertEqual([json.loads(line)["error"]["code"] for line in lines], ["unknown-verb"])


class RightsTests(AdministeredCase):
    """Another user, without rights and with those of a group."""

    def setUp(self) -> None:
        """Only root may become another user."""
        if os.geteuid():
            raise SkipTest("only root can ask as another user")
        if not os.access(PYTHON, os.X_OK):
            raise SkipTest(f"{PYTHON} is not installed; .ci/run installs it")

    def asked(self, *groups: int) -> str:
        """The answer that nobody gets, as a member of these groups too."""
        Path(self.socket).parent.chmod(0o755)
        command = [PYTHON, "-c", ASK, self.socket]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=60,
            cwd="/",
            user=NOBODY,
            group=NOBODY,
            extra_groups=groups,
            env={},
            check=True,
        )
        return done.stdout.strip()

    def test_a_user_without_rights(self) -> None:
        """The kernel refuses the connection."""
        self.server()
        self.assertEqual(self.asked(), "Permission denied")

    def test_a_socket_that_was_opened_to_everybody(self) -> None:
        """The service refuses all the same, the log tells it, and root is answered."""
        server = self.server()
        os.chmod(self.socket, 0o666)
        self.assertEqual(json.loads(self.asked())["error"]["code"], "forbidden")
        self.assertEqual(self.told(server, "status")["state"], "serving")

    def test_a_member_of_the_group(self) -> None:
        """A supplementary group suffices."""
        group = grp.getgrnam("daemon")
        self.server("socket: admin.sock, group: daemon")
        self.assertEqual(self.asked(), "Permission denied")
        self.assertEqual(json.loads(self.asked(group.gr_gid))["result"]["state"], "serving")

    def test_a_service_that_gives_up_root(self) -> None:
        """The socket belongs to the user of the service in the end."""
        server = Server(extra="admin: {socket: run/admin.sock}", arguments=("--uid", str(NOBODY), "--gid", str(NOBODY)))
        self.addCleanup(server.stop)
        run = server.folder / "run"
        run.mkdir()
        for path in (server.folder, server.home, run):
            os.chown(path, NOBODY, NOBODY)
        (server.folder / "notify").chmod(0o666)
        server.start()
        self.socket = str(run / "admin.sock")
        self.assertEqual(os.stat(self.socket).st_uid, NOBODY)
        self.assertEqual(json.loads(self.asked())["result"]["state"], "serving")
