"""A service with quotas and a database: totals that are clean are those of the files, after kills too."""

from __future__ import annotations

import contextlib
import ftplib
import io
import random
import signal
import sys
import threading
import time
from pathlib import Path

from ftpd_service.database.connecting import connect, reading
from ftpd_service.database.kept_totals import all_totals
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.upgrade import upgrade_database
from ftpd_service.policy.quotas import Totals
from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run

QUOTA = 10**9
CONFIGURATION = """\
database: sqlite:///ftpd.db
account_defaults: {quota: {bytes: 1000000000B}}
"""
IDLE_SOON = """\
import sys
from ftpd_service.storage import ledger
from twisted.scripts.twistd import run
ledger.IDLE_SECONDS = 0.02
sys.argv = sys.argv[1:]
run()
"""
"""Accounts become clean after a short while, so that many kills meet this moment."""

CLIENTS = 3


class KilledCase(SynchronousTestCase):
    """A service whose database is a file."""

    def setUp(self) -> None:
        """Make the database."""
        self.server = Server(extra=CONFIGURATION)
        self.addCleanup(self.server.stop)
        self.server.prefix = (sys.executable, "-c", IDLE_SOON)
        self.settings = DatabaseSettings(url=f"sqlite:///{self.server.folder}/ftpd.db")
        upgrade_database(self.settings)

    def client(self) -> ftplib.FTP:
        """A session."""
        client = ftplib.FTP()
        client.connect("127.0.0.1", self.server.port, timeout=20)
        client.login("alice", "secret")
        client.voidcmd("TYPE I")
        return client

    def kill(self) -> None:
        """End the process at once."""
        self.server.signal(signal.SIGKILL)
        self.server.wait()

    @property
    def kept(self) -> Totals | None:
        """The totals in the database, or None if they are dirty, or not there."""
        engine = connect(self.settings)
        try:
            with reading(engine) as connection:
                return dict(all_totals(connection, "alice")).get("alice")
        finally:
            engine.dispose()

    @property
    def there(self) -> Totals:
        """The files on the disk, without hidden uploads."""
        sizes = [path.stat().st_size for path in self.server.home.rglob("*") if visible(path)]
        return Totals(sum(sizes), len(sizes))

    def told(self) -> int:
        """The stored bytes by the words of the service."""
        with self.client() as client:
            return QUOTA - int(client.sendcmd("AVBL").split()[1])

    def until(self, *, clean: bool) -> None:
        """Wait until the account is clean, or dirty."""
        end = time.monotonic() + 20
        while (self.kept is not None) != clean:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def until_told(self, count: int) -> None:
        """Wait until the service tells so many stored bytes."""
        end = time.monotonic() + 20
        while self.told() != count:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)

    def moment(self, number: int) -> str:
        """Kill the service while clients change files; an empty text if the totals are right then and at the start."""
        self.server.start()
        chance, told, there = random.Random(number), self.told(), self.there.bytes
        clients = random_clients(number)
        workers = [threading.Thread(target=self.work, args=(one,)) for one in clients]
        for worker in workers:
            worker.start()
        time.sleep(chance.uniform(0.1, 1.0))
        self.kill()
        for worker in workers:
            worker.join()
        kept = self.kept
        if told == there and kept in (None, self.there):
            return ""
        return f"{number}: at the start {told}, not {there}; at the kill {kept}, not {self.there}"

    def work(self, chance: random.Random) -> None:
        """Change files until the server is killed."""
        with contextlib.suppress(OSError, EOFError, ftplib.Error), self.client() as client:
            while True:
                with contextlib.suppress(ftplib.error_perm, ftplib.error_temp):
                    change(client, chance)
                time.sleep(chance.choice((0, 0, 0.01, 0.08)))


class FixedTests(KilledCase):
    """Moments that are chosen."""

    def test_append_to_a_file_of_an_idle_account(self) -> None:
        """Its bytes are in the file before its end."""
        (self.server.home / "a").write_bytes(b"12345")
        self.server.start()
        self.told()
        self.until(clean=True)
        with self.client() as client, client.transfercmd("APPE a") as connection:
            connection.sendall(bytes(200_000))
            self.until(clean=False)
            while self.there.bytes < 200_005:
                time.sleep(0.01)
            self.kill()
        self.assertIsNone(self.kept)
        self.server.start()
        self.assertEqual(self.told(), 200_005)

    def test_operator_asks_for_a_count(self) -> None:
        """The running service counts files that another program has put there, within seconds."""
        self.server.start()
        self.assertEqual(self.told(), 0)
        self.until(clean=True)
        (self.server.home / "a").write_bytes(b"12345")
        self.assertEqual(self.told(), 0)
        done = run(
            str(Path(sys.executable).with_name("ftpd-service")),
            "-c",
            str(self.server.configuration),
            "quota",
            "recount",
            "alice",
        )
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.until_told(5)
        self.until(clean=True)
        self.assertEqual(self.kept, Totals(5, 1))


class RandomTests(KilledCase):
    """Fifty moments under uploads, overwrites, appends, renames and removals of several clients."""

    def agree(self, first: int) -> None:
        """Demand right totals at ten moments; an eleventh start shows those of the tenth."""
        wrong = [self.moment(number) for number in range(first, first + 11)]
        self.assertEqual(list(filter(None, wrong)), [])

    def test_first_ten(self) -> None:
        """0 to 9."""
        self.agree(0)

    def test_second_ten(self) -> None:
        """100 to 109."""
        self.agree(100)

    def test_third_ten(self) -> None:
        """200 to 209."""
        self.agree(200)


def random_clients(number: int) -> list[random.Random]:
    """The clients of a moment: a single client makes pauses in which the account becomes clean."""
    return [random.Random(number * 1000 + one) for one in range(1 if number % 2 else CLIENTS)]


def visible(path: Path) -> bool:
    """Whether a client sees a file."""
    return path.is_file() and not path.name.startswith(".")


def change(client: ftplib.FTP, chance: random.Random) -> None:
    """Change a file."""
    name, other = chance.choice("abcdef"), chance.choice("abcdef")
    data = io.BytesIO(bytes(chance.choice((0, 10, 5_000, 100_000, 400_000))))
    kind = chance.randrange(10)
    if kind < 4:
        client.storbinary(f"STOR {name}", data)
    elif kind < 6:
        client.storbinary(f"APPE {name}", data)
    elif kind < 7:
        client.storbinary(f"STOR {name}", data, rest=5)
    elif kind < 9:
        client.rename(name, other)
    else:
        client.delete(name)
