"""The unit under a real systemd when something goes wrong, and at its end."""

from __future__ import annotations

import contextlib
import ftplib
import shutil
import socket
import threading
from pathlib import Path

from tests.integration.systemd_case import CONFIGURATION, TIMEOUT_SECONDS, SystemdCase

HUNG_HOSTS = 8
HUNG_ACCOUNTS = 12
"""With each account from each host: more logins than the pool has threads, and no share of an owner is full."""
HUNG = "".join(
    f'  hung{number}: {{password: "{{plain}}secret", permissions: all, storage:'
    ' {python: "blocking_storages:hang", timeout: 5m}}\n'
    for number in range(HUNG_ACCOUNTS)
)


class BlockedCase(SystemdCase):
    """A service whose storages may block; systemd waits three seconds for a sign of life."""

    drop_in = "[Service]\nWatchdogSec=3\n"

    def setUp(self) -> None:
        """Install the storages beside the service, and start it."""
        super().setUp()
        source = Path(__file__).with_name("blocking_storages.py")
        shutil.copy(source, self.bench.inside(self.bench.packages))
        self.start()

    def log_in(self, name: str, host: str = "127.0.0.1") -> None:
        """Send a login, and wait for no answer to its password."""
        client = ftplib.FTP(timeout=TIMEOUT_SECONDS)
        self.addCleanup(client.close)
        client.connect("127.0.0.1", 21, source_address=(host, 0))
        client.sendcmd(f"USER {name}")
        client.putcmd("PASS secret")

    def check_restart(self) -> None:
        """The process was killed, and another one serves."""
        self.bench.wait_for("NRestarts", "1")
        self.bench.wait_for("ActiveState", "active")
        self.assertIn("Watchdog timeout", self.bench.log())
        self.assertTrue(self.client().voidcmd("NOOP").startswith("200"))


class BlockedReactorTests(BlockedCase):
    """A reactor that a plug-in blocks."""

    configuration = f"""{CONFIGURATION}
  fault: {{password: "{{plain}}secret", storage: {{python: "blocking_storages:block_reactor"}}, permissions: all}}
"""

    def test_a_blocked_reactor_is_killed_and_started_again(self) -> None:
        """No sign of life comes."""
        self.log_in("fault")
        self.check_restart()

    def test_the_log_says_where_it_was_blocked(self) -> None:
        """By the stacks of all threads, which the process writes as it is aborted."""
        self.log_in("fault")
        self.bench.wait_for("NRestarts", "1")
        self.assertIn("in block_reactor", self.bench.logged("Fatal Python error: Aborted"))


class HungPoolTests(BlockedCase):
    """A pool whose every thread hangs, while the reactor goes on."""

    configuration = f"{CONFIGURATION}{HUNG}service: {{watchdog: {{pool_wait: 1s}}}}\n"

    def test_a_hung_pool_is_killed_and_started_again(self) -> None:
        """No sign of life is sent, and the log says why."""
        for host in range(1, HUNG_HOSTS + 1):
            for number in range(HUNG_ACCOUNTS):
                self.log_in(f"hung{number}", f"127.0.1.{host}")
        self.check_restart()
        self.assertIn("the service is unsound: a call has waited", self.bench.log())

    def test_the_hung_storage_of_one_account_is_no_reason(self) -> None:
        """It holds its share of the threads, and the others go on."""
        for _ in range(HUNG_ACCOUNTS):
            self.log_in("hung0")
        client = self.client()
        until = threading.Event()
        for _ in range(5):
            until.wait(1)
            self.assertTrue(client.voidcmd("NOOP").startswith("200"))
        self.assertEqual(self.bench.show("NRestarts"), "0")


class StopTests(SystemdCase):
    """`systemctl stop` while a transfer runs that takes 20 seconds; systemd itself would wait for 10."""

    configuration = f"{CONFIGURATION}limits: {{download: 100KiB/s}}\n"
    drop_in = "[Service]\nTimeoutStopSec=10\n"

    def test_a_running_transfer_ends_and_the_status_is_0(self) -> None:
        """The drain asks systemd for its time."""
        self.start()
        client = self.client()
        client.cwd("/")
        whole = bytes(2_000_000)
        self.bench.inside("/srv/ftp/alice/whole").write_bytes(whole)
        data = client.transfercmd("RETR whole")
        self.addCleanup(data.close)
        self.bench.systemctl("stop", "--no-block", "ftpd.service")
        size = 0
        while piece := data.recv(1 << 16):
            size += len(piece)
        replies = [client.getmultiline()[:3], client.getmultiline()[:3]]
        self.bench.wait_for("ActiveState", "inactive")
        told = (size, replies, self.bench.show("Result"), self.bench.show("ExecMainStatus"))
        self.assertEqual(told, (len(whole), ["226", "421"], "success", "0"))


class SocketTests(SystemdCase):
    """The ports of ftpd.socket."""

    configuration = CONFIGURATION.replace("tcp:21:interface=127.0.0.1", "systemd:domain=INET6:index=0")

    def setUp(self) -> None:
        """Open the ports."""
        super().setUp()
        self.bench.systemctl("start", "ftpd.socket")
        self.greeted = self.refused = 0
        self.over = threading.Event()

    def greet(self, address: str = "127.0.0.1") -> None:
        """Connect, and read the greeting."""
        # A reset connection had been accepted by the process that was killed.
        reset = contextlib.suppress(ConnectionResetError)
        try:
            with reset, socket.create_connection((address, 21), TIMEOUT_SECONDS) as connection:
                self.greeted += connection.recv(100).startswith(b"220")
        except ConnectionRefusedError:
            self.refused += 1

    def greet_on(self) -> None:
        """Connect again and again."""
        while not self.over.is_set():
            self.greet()

    def test_a_connection_starts_the_service(self) -> None:
        """It is served as soon as the service is ready."""
        self.greet()
        self.assertEqual((self.greeted, self.bench.show("ActiveState")), (1, "active"))

    def test_both_families_are_served(self) -> None:
        """By one socket."""
        self.greet("127.0.0.1")
        self.greet("::1")
        self.assertEqual((self.greeted, self.refused), (2, 0))

    def test_a_port_without_a_listener_is_told(self) -> None:
        """Its clients would wait in vain; the other port has a listener."""
        self.greet()
        log = self.bench.logged("no listener uses the socket index=1 (name=ftp) of port 990")
        self.assertNotIn("no listener uses the socket index=0", log)

    def test_no_connection_is_refused_when_the_process_is_killed(self) -> None:
        """systemd keeps the ports open until the next process takes them."""
        self.greet()
        clients = threading.Thread(target=self.greet_on)
        clients.start()
        try:
            self.bench.systemctl("kill", "--kill-whom=main", "--signal=SIGKILL", "ftpd.service")
            self.bench.wait_for("NRestarts", "1")
            self.bench.wait_for("ActiveState", "active")
        finally:
            self.over.set()
            clients.join(2 * TIMEOUT_SECONDS)
        before = self.greeted
        self.greet()
        self.assertEqual((self.refused, self.greeted), (0, before + 1))


class AnalyzeTests(SystemdCase):
    """The units in the eyes of systemd-analyze, with all paths present."""

    def test_the_units_have_no_mistake(self) -> None:
        """Not even a warning."""
        units = ("/etc/systemd/system/ftpd.service", "/etc/systemd/system/ftpd.socket")
        ended = self.bench.run("systemd-analyze", "verify", *units)
        self.assertEqual(f"{ended.stdout}{ended.stderr}", "")

    def test_the_exposure_is_at_most_2(self) -> None:
        """Of 10; the option takes tenths."""
        verdict = self.bench.run("systemd-analyze", "security", "--threshold=20", "ftpd.service", failing=True)
        self.assertEqual(verdict.returncode, 0, verdict.stdout.splitlines()[-1:])
