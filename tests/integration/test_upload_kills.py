"""A server that is killed at random moments under uploads of all kinds: no file is lost, and every file is whole."""

from __future__ import annotations

import ftplib
import os
import random
import threading
import time
from datetime import datetime, timezone

from ftpd_service.tls.self_signed import self_signed
from tests.cases import SynchronousTestCase
from tests.integration.forked_server import ForkedServer
from tests.integration.killed_clients import POLICIES, Resumable, Resuming, crowd
from tests.interop.server import Server, for_root

CLIENTS = 20
MOMENTS = 50
DAYS = 3 * 86_400


class KillsCase(SynchronousTestCase):
    """Fifty moments of a server and twenty clients."""

    def setUp(self) -> None:
        """Write the configuration, with an account for each policy."""
        self.server = Server()
        self.addCleanup(self.server.stop)
        folder = self.server.folder
        certificate, key = self_signed(["localhost"], now=datetime.now(timezone.utc), days=30)
        (folder / "cert.pem").write_bytes(certificate)
        (folder / "key.pem").write_bytes(key)
        lines = [f"listeners: [{{endpoint: 'tcp:{self.server.port}:interface=127.0.0.1'}}]", "accounts:"]
        for name, policy in POLICIES.items():
            (self.server.home / name).mkdir()
            uploads = f"permissions: all, uploads: {policy}"
            lines.append(f"  {name}: {{password: '{{plain}}secret', home: home/{name}, {uploads}}}")
        lines += ["tls: {certificate: cert.pem, private_key: key.pem}", "logging: {level: error}"]
        self.server.configuration.write_text(for_root("\n".join(lines) + "\n"))
        command = ["twistd", "--nodaemon", "--pidfile=", f"--logfile={folder}/log", "ftpd"]
        command += ["-c", str(self.server.configuration)]
        self.forked = ForkedServer(command, {"NOTIFY_SOCKET": str(folder / "notify")})
        self.addCleanup(self.forked.close)
        self.clients = crowd(self.server.home, CLIENTS)

    def start(self) -> None:
        """Start the server."""
        self.forked.start()
        self.assertIn("READY=1", self.server.notified())

    def moment(self, seconds: float) -> None:
        """Kill the server after some seconds of uploads, and look at the disk."""
        self.start()
        workers = [threading.Thread(target=client.work, args=(self.server.port,)) for client in self.clients]
        for worker in workers:
            worker.start()
        time.sleep(seconds)
        self.forked.kill()
        for worker in workers:
            worker.join()
        for client in self.clients:
            client.check()

    def finish(self) -> None:
        """End the unfinished uploads, and let the server sweep its directories."""
        self.start()
        for client in self.clients:
            if isinstance(client, Resuming):
                with client._connected(self.server.port) as session:
                    client.step(session)
        self.forked.kill()
        for path in self.server.home.rglob(".ftpd-*"):
            os.utime(path, (time.time() - DAYS, time.time() - DAYS))
        self.start()
        for account in POLICIES:
            with ftplib.FTP() as session:
                session.connect("127.0.0.1", self.server.port, timeout=20)
                session.login(account, "secret")
                session.nlst()
        self.forked.kill()

    def demand_whole_files(self, first: int) -> None:
        """Demand right files at fifty moments, and behind them."""
        chance = random.Random(first)
        for _ in range(MOMENTS):
            self.moment(chance.uniform(0.02, 0.3))
        self.finish()
        for client in self.clients:
            client.check()

        self.assertEqual([text for client in self.clients for text in client.wrong], [])
        self.assertEqual([path.name for path in self.server.home.rglob(".ftpd-*")], [])
        self.assertGreater(sum(one.resumed for one in self.clients if isinstance(one, Resumable)), 0)


class FirstKillsTests(KillsCase):
    """Moments 1 to 100."""

    def test_first_fifty(self) -> None:
        """0 to 49."""
        self.demand_whole_files(0)

    def test_second_fifty(self) -> None:
        """100 to 149."""
        self.demand_whole_files(100)


class LastKillsTests(KillsCase):
    """Moments 101 to 200."""

    def test_third_fifty(self) -> None:
        """200 to 249."""
        self.demand_whole_files(200)

    def test_fourth_fifty(self) -> None:
        """300 to 349."""
        self.demand_whole_files(300)
