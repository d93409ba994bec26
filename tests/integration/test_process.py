"""The process: what signals do, how it ends, and what it answers while it works."""

from __future__ import annotations

import ftplib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from tests.interop.process_case import ProcessCase
from tests.interop.server import Server
from tests.interop.trees import octets


class SignalTests(ProcessCase):
    """TERM, INT and HUP."""

    def test_term_ends_with_status_0(self) -> None:
        """Twisted alone would end with 143."""
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)

    def test_ctrl_c_ends_with_status_0(self) -> None:
        """As TERM does."""
        self.server.signal(signal.SIGINT)
        self.assertEqual(self.server.wait(), 0)

    def test_systemd_is_told_of_the_end(self) -> None:
        """STOPPING comes before the drain."""
        self.server.signal(signal.SIGTERM)
        self.assertIn("STOPPING=1", self.server.notified())

    def test_an_idle_session_is_told_421(self) -> None:
        """And the process does not wait for it."""
        client = self.client()
        self.server.signal(signal.SIGTERM)
        self.assertTrue(client.getmultiline().startswith("421 "))
        self.assertEqual(self.server.wait(), 0)

    def test_a_running_upload_ends_first(self) -> None:
        """It is committed and answered 226, then the session is told 421."""
        client = self.client()
        data = client.transfercmd("STOR slow.bin")
        data.sendall(b"first half, ")
        self.server.signal(signal.SIGTERM)
        self.assertIn("STOPPING=1", self.server.notified())
        data.sendall(b"second half")
        data.close()
        replies = [client.getmultiline()[:3], client.getmultiline()[:3]]
        status = self.server.wait()
        whole = (self.server.home / "slow.bin").read_bytes()
        self.assertEqual((replies, status, whole), (["226", "421"], 0, b"first half, second half"))

    def test_a_second_term_ends_at_once(self) -> None:
        """Whoever cannot wait for the drain says so again."""
        client = self.client()
        data = client.transfercmd("STOR slow.bin")
        self.addCleanup(data.close)
        data.sendall(b"half")
        self.server.signal(signal.SIGTERM)
        self.assertIn("STOPPING=1", self.server.notified())
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        self.assertIn("a second signal: 1 sessions are cut off, 1 uploads among them", self.server.log)

    def test_no_new_session_while_it_drains(self) -> None:
        """The ports are closed first."""
        client = self.client()
        data = client.transfercmd("STOR slow.bin")
        self.addCleanup(data.close)
        self.server.signal(signal.SIGTERM)
        self.assertIn("STOPPING=1", self.server.notified())
        data.sendall(b"x")
        self.assertRaises(OSError, self._connected_greeting)

    def _connected_greeting(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.port), 5) as connection:
            if not connection.recv(100).startswith(b"220"):
                raise OSError("no greeting")

    def test_a_download_cut_off_by_the_deadline_is_no_hang(self) -> None:
        """The process ends although a client never reads on."""
        self.server.stop()
        self.server = Server(limits="drain_timeout: 1s")
        self.addCleanup(self.server.stop)
        self.server.start()
        (self.server.home / "large.bin").write_bytes(bytes(40_000_000))
        client = self.client()
        data = client.transfercmd("RETR large.bin")
        self.addCleanup(data.close)
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)


class ReloadTests(ProcessCase):
    """SIGHUP reads the file again."""

    extra = "logging: {level: info}"

    def reload(self, expected: str) -> None:
        """Send HUP and wait until the log shows a text: what was read is in force then."""
        self.server.signal(signal.SIGHUP)
        self.server.logged(expected)

    def test_a_new_account_can_log_in(self) -> None:
        """Without a restart."""
        text = self.server.configuration.read_text()
        bob = "  bob: {password: '{plain}b', home: home, permissions: all}\n"
        self.server.configuration.write_text(text.replace("accounts:\n", f"accounts:\n{bob}"))
        self.reload("the configuration was read again")
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        self.assertTrue(client.login("bob", "b").startswith("230"))

    def test_a_mistake_keeps_the_old_configuration(self) -> None:
        """Each mistake is in the log, with its line, and the server goes on."""
        self.server.configuration.write_text("limits: {sessions: many}\n")
        self.reload("the old configuration stays in force")
        self.server.logged("limits.sessions")

    def test_running_sessions_are_left_alone(self) -> None:
        """Who is logged in stays so, also when the account is gone."""
        client = self.client()
        text = self.server.configuration.read_text()
        self.server.configuration.write_text(text.replace("secret", "changed"))
        self.reload("the configuration was read again")
        self.assertEqual(client.pwd(), "/")

    def test_a_session_from_before_asks_the_new_accounts(self) -> None:
        """It has connected and said USER; PASS comes behind the reload."""
        early = ftplib.FTP(timeout=20)
        early.connect("127.0.0.1", self.server.port)
        self.addCleanup(early.close)
        early.sendcmd("USER alice")
        text = self.server.configuration.read_text()
        self.server.configuration.write_text(text.replace("secret", "changed"))
        self.reload("the configuration was read again")
        self.assertRaisesRegex(ftplib.error_perm, "^530", early.sendcmd, "PASS secret")
        self.assertTrue(early.login("alice", "changed").startswith("230"))


class NotificationTests(ProcessCase):
    """The messages to systemd, on a socket of the test: where no systemd boots for tests, these show the protocol."""

    def test_a_reload_is_told_from_its_beginning_to_its_end(self) -> None:
        """With the time by which Type=notify-reload knows the reload."""
        before = time.monotonic_ns() // 1000
        self.server.signal(signal.SIGHUP)
        began, ended = self.server.notified(), self.server.notified()
        told = re.match(r"RELOADING=1\nMONOTONIC_USEC=([0-9]+)\nSTATUS=serving: ", began)
        assert told is not None, began
        self.assertGreaterEqual(int(told[1]), before)
        self.assertTrue(ended.startswith("READY=1\nSTATUS=serving: "), ended)

    def test_a_mistake_is_in_the_status(self) -> None:
        """With its line."""
        self.server.configuration.write_text("limits: {sessions: many}\n")
        self.server.signal(signal.SIGHUP)
        self.assertTrue(self.server.notified().startswith("RELOADING=1"))
        self.assertIn("the last reload has changed nothing: ", self.server.notified())

    def test_signs_of_life_come_while_the_service_is_sound(self) -> None:
        """If systemd asks for them."""
        self.server.stop()
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.server.environment = {"WATCHDOG_USEC": "200000"}
        self.server.start()
        self.assertEqual([self.server.notified() for _ in range(5)], ["WATCHDOG=1"] * 5)


class KilledClientTests(ProcessCase):
    """A client that dies."""

    def kill_one(self, name: str) -> None:
        """Kill a client in the midst of an upload over a file.

        The server stands still meanwhile, so that it finds both connections ended.  How long the kernel takes from one
        end to the other is not in its hands; ``data/yielding.py`` has what it does for that.
        """
        (self.server.home / name).write_bytes(b"former")
        program = (
            "import ftplib, sys\n"
            "client = ftplib.FTP()\n"
            f"client.connect('127.0.0.1', {self.server.port})\n"
            "client.login('alice', 'secret')\n"
            f"data = client.transfercmd('STOR {name}')\n"
            "data.sendall(b'x' * 100000)\n"
            "sys.stdout.write('sent'); sys.stdout.flush()\n"
            "sys.stdin.read()\n"
        )
        client = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert client.stdout is not None
        self.assertEqual(client.stdout.read(4), b"sent")
        assert self.server.process is not None
        self.server.signal(signal.SIGSTOP)
        os.waitpid(self.server.process.pid, os.WUNTRACED)
        client.kill()
        client.communicate()
        self.server.signal(signal.SIGCONT)

    def test_clients_killed_in_mid_upload_leave_the_former_files(self) -> None:
        """Both of their connections end cleanly, the data connection first in a third of all cases (seen)."""
        names = [f"report-{number}.txt" for number in range(8)]
        for name in names:
            self.kill_one(name)
        self.server.signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(), 0)
        left = {name: (self.server.home / name).read_bytes() for name in sorted(os.listdir(self.server.home))}
        self.assertEqual(left, dict.fromkeys(names, b"former"))


class LiveTransferTests(ProcessCase):
    """A session while a download runs that the client does not read."""

    def begin(self) -> tuple[ftplib.FTP, socket.socket]:
        """Start a download of 64 MiB and read nothing of it."""
        (self.server.home / "large.bin").write_bytes(octets(64 * 1024 * 1024))
        client = self.client()
        client.voidcmd("TYPE I")
        return client, client.transfercmd("RETR large.bin")

    def test_stat_is_answered_at_once(self) -> None:
        """With progress, and the transfer is not disturbed."""
        client, data = self.begin()
        status = client.sendcmd("STAT")
        received = bytearray()
        while piece := data.recv(1 << 20):
            received += piece
        data.close()
        self.assertIn("of 67108864 bytes", status)
        self.assertTrue(client.voidresp().startswith("226"))
        self.assertEqual(bytes(received), octets(64 * 1024 * 1024))

    def test_abor_is_answered_426_and_226(self) -> None:
        """Sent as ftplib does it: urgent data, whose last octet would vanish without SO_OOBINLINE."""
        client, data = self.begin()
        assert client.sock is not None
        client.sock.sendall(b"ABOR\r\n", socket.MSG_OOB)
        replies = [client.getmultiline()[:3], client.getmultiline()[:3]]
        data.close()
        self.assertEqual(replies, ["426", "226"])
        self.assertEqual(client.pwd(), "/")

    def test_noop_is_answered_in_its_turn(self) -> None:
        """After the transfer's own reply."""
        client, data = self.begin()
        assert client.sock is not None
        client.sock.sendall(b"NOOP\r\n")
        reader = threading.Thread(target=_drain, args=(data,))
        reader.start()
        replies = [client.getmultiline()[:3], client.getmultiline()[:3]]
        reader.join()
        self.assertEqual(replies, ["226", "200"])


def _drain(data: socket.socket) -> None:
    while data.recv(1 << 20):
        pass
    data.close()
