"""Test cases with a server of their own, whose process they look at."""

from __future__ import annotations

import ftplib

from tests.cases import SynchronousTestCase
from tests.interop.server import Server


class ProcessCase(SynchronousTestCase):
    """A started server for each test."""

    limits = ""
    extra = ""

    def setUp(self) -> None:
        """Start it."""
        self.server = Server(limits=self.limits, extra=self.extra)
        self.addCleanup(self.server.stop)
        self.server.start()

    def client(self) -> ftplib.FTP:
        """A client that is logged in as alice."""
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", self.server.port)
        client.login("alice", "secret")
        self.addCleanup(client.close)
        return client
