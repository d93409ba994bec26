"""Rates of a real process: each scope binds a transfer, and reading the file again changes it under way."""

from __future__ import annotations

import contextlib
import ftplib
import signal
import socket

from tests.cases import SynchronousTestCase
from tests.interop.server import Server

SIZE = 4 * 1024 * 1024
SLOW = "limits: {download: 64KiB/s}"
"""At this rate the file takes more than a minute."""


def taken_at_once(connection: socket.socket) -> int:
    """The octets until none come for a moment; fewer than there are where a rate holds them back."""
    count = 0
    connection.settimeout(0.03)
    with contextlib.suppress(TimeoutError):
        while data := connection.recv(1024 * 1024):
            count += len(data)
    return count


class RatesAndReload(SynchronousTestCase):
    """SIGHUP under a running download."""

    def setUp(self) -> None:
        """A server that does not run yet, and a file."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        (self.server.home / "file").write_bytes(bytes(SIZE))

    def configure(
        self, *, server: str = "limits: {}", listener: str = "limits: {}", account: str = "limits: {}"
    ) -> None:
        """Write the configuration with limits of each scope."""
        self.server.configuration.write_text(
            f"listeners: [{{endpoint: 'tcp:{self.server.port}:interface=127.0.0.1', {listener}}}]\n"
            f"accounts: {{alice: {{password: '{{plain}}secret', home: home, permissions: all, {account}}}}}\n"
            f"{server}\n"
        )

    def let_on(self) -> None:
        """A download is slow until no scope has a limit any more, and then complete at once."""
        self.server.start()
        with ftplib.FTP() as client:
            client.connect("127.0.0.1", self.server.port, timeout=20)
            client.login("alice", "secret")
            client.voidcmd("TYPE I")
            with client.transfercmd("RETR file") as connection:
                count = taken_at_once(connection)
                self.assertLess(count, SIZE // 4)
                connection.settimeout(20)
                self.configure()
                self.server.signal(signal.SIGHUP)
                while data := connection.recv(1024 * 1024):
                    count += len(data)
            self.assertEqual(count, SIZE)
            self.assertTrue(client.voidresp().startswith("226"))

    def test_the_rate_of_the_server_is_let_go(self) -> None:
        """Key ``limits`` of the file."""
        self.configure(server=SLOW)
        self.let_on()

    def test_the_rate_of_a_listener_is_let_go(self) -> None:
        """Its own ``limits``."""
        self.configure(listener=SLOW)
        self.let_on()

    def test_the_rate_of_an_account_is_let_go(self) -> None:
        """Its own ``limits``."""
        self.configure(account=SLOW)
        self.let_on()
