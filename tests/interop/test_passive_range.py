"""A range of passive ports that one host holds, with real sockets and a real process."""

from __future__ import annotations

import ftplib
import signal

from tests.cases import SynchronousTestCase
from tests.interop.server import Server

PORTS = 6


class HeldRange(SynchronousTestCase):
    """Sessions of one host ask for all ports and connect to none."""

    def setUp(self) -> None:
        """Sessions at 127.0.0.2, with a port each."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        numbers = ", ".join(str(self.server.free_port()) for _ in range(PORTS))
        self.server.write(extra=f'data_connections: {{passive_ports: "{numbers}"}}')
        (self.server.home / "f").write_bytes(b"data")
        self.server.start()
        for _ in range(PORTS):
            self.session("127.0.0.2").sendcmd("EPSV")

    def session(self, address: str) -> ftplib.FTP:
        """A session from an address, logged in."""
        client = ftplib.FTP()
        client.connect("127.0.0.1", self.server.port, timeout=20, source_address=(address, 0))
        self.addCleanup(client.close)
        client.login("alice", "secret")
        return client

    def test_another_host_transfers(self) -> None:
        """It gets a port that was held for nothing, as often as it needs."""
        client = self.session("127.0.0.1")
        self.assertEqual([client.nlst() for _ in range(3)], [["f"]] * 3)

    def test_another_host_transfers_after_a_reload(self) -> None:
        """The sessions that hold the ports are those from before it."""
        self.server.signal(signal.SIGHUP)
        self.server.logged("the configuration was read again")
        self.assertEqual(self.session("127.0.0.1").nlst(), ["f"])
