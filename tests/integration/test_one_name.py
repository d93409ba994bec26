"""Twenty clients that upload one name at once: the file is exactly that of one of them, in every mode."""

from __future__ import annotations

import contextlib
import ftplib
import io
import threading
from functools import partial

from tests.cases import SynchronousTestCase
from tests.integration.killed_clients import LARGEST, content, seed_of
from tests.interop.server import Server

CLIENTS = 20
TIMES = 5
MODES = ("atomic", "in-place", "resumable")


class Piecewise(io.BytesIO):
    """A file of which small pieces are sent, so that the uploads of all clients run side by side."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(4096)


class OneNameTests(SynchronousTestCase):
    """A server with an account for each mode."""

    def setUp(self) -> None:
        """Start it, and log the clients in."""
        self.server = Server(extra="logging: {level: warn}")
        self.addCleanup(self.server.stop)
        text = self.server.configuration.read_text()
        for mode in MODES:
            (self.server.home / mode).mkdir()
            uploads = f"uploads: {{mode: {mode}}}"
            account = f"  {mode}: {{password: '{{plain}}secret', home: home/{mode}, permissions: all, {uploads}}}\n"
            text = text.replace("accounts:\n", f"accounts:\n{account}")
        self.server.configuration.write_text(text)
        self.server.start()
        self.refused: list[str] = []

    def crowd(self, account: str) -> list[ftplib.FTP]:
        """Sessions of an account."""
        clients = [ftplib.FTP(timeout=60) for _ in range(CLIENTS)]
        for client in clients:
            self.addCleanup(client.close)
            client.connect("127.0.0.1", self.server.port)
            client.login(account, "secret")
        return clients

    def upload(self, client: ftplib.FTP, data: bytes, begin: threading.Barrier) -> None:
        """Upload the name, as soon as all others do."""
        begin.wait(60)
        try:
            client.storbinary("STOR one", Piecewise(data))
        except ftplib.error_temp as problem:
            self.refused.append(str(problem)[:3])

    def demand_one(self, account: str) -> None:
        """Demand the file of exactly one client, some times, once for a new name."""
        clients = self.crowd(account)
        for time in range(TIMES):
            begin = threading.Barrier(CLIENTS)
            datas = [content(time * 100 + number, LARGEST - number) for number in range(CLIENTS)]
            works = [partial(self.upload, client, data, begin) for client, data in zip(clients, datas, strict=True)]
            threads = [threading.Thread(target=work) for work in works]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            found = (self.server.home / account / "one").read_bytes()
            self.assertIsNotNone(seed_of(found), f"{len(found)} bytes are not those of one client")
            self.assertIn(found, datas)
        with contextlib.suppress(ftplib.Error):
            clients[0].quit()

    def test_atomic(self) -> None:
        """All succeed, and the last commit counts."""
        self.demand_one("atomic")
        self.assertEqual(self.refused, [])

    def test_resumable(self) -> None:
        """The same, also where the first of them is resumable."""
        self.demand_one("resumable")
        self.assertEqual(self.refused, [])

    def test_in_place(self) -> None:
        """The clients that come second are told to try again."""
        self.demand_one("in-place")
        self.assertEqual(set(self.refused), {"450"})
