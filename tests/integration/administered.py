"""A real service with an admin socket, and ``ftpd-service`` to ask it."""

from __future__ import annotations

import ftplib
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cases import SynchronousTestCase
from tests.interop.server import Server


def ftpd_service() -> str:
    """The command of the interpreter that runs the tests."""
    return str(Path(sys.executable).with_name("ftpd-service"))


class AdministeredCase(SynchronousTestCase):
    """A server with an admin socket."""

    def server(self, admin: str = "socket: admin.sock", *, limits: str = "") -> Server:
        """Start a server."""
        server = Server(extra=f"admin: {{{admin}}}", limits=limits)
        self.addCleanup(server.stop)
        server.start()
        self.socket = str(server.folder / "admin.sock")
        return server

    def run_it(self, server: Server, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``ftpd-service``."""
        command = [ftpd_service(), "-c", str(server.configuration), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", check=False)

    def told(self, server: Server, *words: str) -> Any:  # Any: JSON
        """What a sub-command prints as JSON."""
        done = self.run_it(server, *words, "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)

    def session(self, server: Server) -> ftplib.FTP:
        """A session of alice."""
        client = ftplib.FTP()
        self.addCleanup(client.close)
        client.connect("127.0.0.1", server.port, timeout=30)
        client.login("alice", "secret")
        return client

    def connected(self) -> socket.socket:
        """A connection to the admin socket."""
        asking = socket.socket(socket.AF_UNIX)
        self.addCleanup(asking.close)
        asking.settimeout(30)
        asking.connect(self.socket)
        return asking
