"""Accounts whose storage is a class in a file beside the configuration, in a server of its own process."""

from __future__ import annotations

import ftplib
import io
import signal

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run, twistd

STORE = '''
from pathlib import Path

from ftpd_service.interfaces import IStorage
from ftpd_service.storage.memory.storage import MemoryStorage
from zope.interface import implementer


@implementer(IStorage)
class Greeting(MemoryStorage):
    """A storage in memory, with a file that tells what the class was given."""

    def __init__(self, login, *, text):
        super().__init__()
        self.put("/greeting", f"{text} {login.account.name}".encode())


@implementer(IStorage)
class Broken(MemoryStorage):
    def __init__(self, login):
        raise OSError("the bucket /srv/secret is gone")


def below(login):
    """Local files in a folder of the home."""
    return login.local(str(Path(login.home) / "below"))
'''


class StoragesTests(SynchronousTestCase):
    """alice's storage, by twistd from ``/``."""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.stop)
        (self.server.folder / "store.py").write_text(STORE)
        self.server.environment["PYTHONPATH"] = str(self.server.folder)
        self.without = self.server.configuration.read_text()

    def configure(self, storage: str) -> None:
        """Give alice a storage."""
        text = self.without.replace("permissions: all}", f"permissions: all, create_home: true,\n    {storage}}}")
        self.server.configuration.write_text(text)

    def client(self) -> ftplib.FTP:
        """A connection."""
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        return client

    def alice(self) -> ftplib.FTP:
        """A session of alice."""
        client = self.client()
        client.login("alice", "secret")
        return client

    def content(self, client: ftplib.FTP, name: str) -> bytes:
        """A file, downloaded."""
        content = io.BytesIO()
        client.retrbinary(f"RETR {name}", content.write)
        return content.getvalue()

    def check(self) -> tuple[int, list[str]]:
        """The status and the lines of ``--check``."""
        done = run(
            *(twistd(), "ftpd", "-c", str(self.server.configuration), "--check"),
            cwd="/",
            environment=self.server.environment,
        )
        return done.returncode, [line for line in done.stderr.decode().splitlines() if ": warning: " not in f": {line}"]

    def test_files_travel(self) -> None:
        """Listings, downloads and uploads are the storage's; the home stays empty."""
        self.configure("storage: {python: 'store:Greeting', options: {text: Hello}}")
        self.server.start()
        client = self.alice()
        client.storbinary("STOR letter", io.BytesIO(b"Dear Alice"))
        self.assertEqual(client.nlst(), ["greeting", "letter"])
        self.assertEqual(
            (self.content(client, "greeting"), self.content(client, "letter")), (b"Hello alice", b"Dear Alice")
        )
        self.assertEqual(list(self.server.home.iterdir()), [])

    def test_local_files_of_a_class(self) -> None:
        """They are made, confined, and committed as those of a home."""
        self.configure("storage: {python: 'store:below'}")
        self.server.start()
        client = self.alice()
        client.storbinary("STOR ../../letter", io.BytesIO(b"Dear Alice"))
        self.assertEqual((self.server.home / "below" / "letter").read_bytes(), b"Dear Alice")

    def test_a_reload_names_the_key_and_is_for_new_logins(self) -> None:
        """The session of before keeps its own files."""
        self.configure("storage: {python: 'store:Greeting', options: {text: Hello}}")
        self.server.start()
        early = self.alice()
        self.configure("storage: {python: 'store:Greeting', options: {text: Goodbye}}")
        self.server.signal(signal.SIGHUP)
        log = self.server.logged("the configuration was read again")
        self.assertIn("accounts.alice.storage changed", log)
        self.assertNotIn("Goodbye", log)
        self.assertEqual(
            [self.content(client, "greeting") for client in (early, self.alice())], [b"Hello alice", b"Goodbye alice"]
        )

    def test_a_class_that_breaks_lets_nobody_in(self) -> None:
        """421 without a word of why; the log names the key."""
        self.configure("storage: {python: 'store:Broken'}")
        self.assertEqual(self.check(), (0, []))
        self.server.start()
        refused = self.assertRaises(ftplib.error_temp, self.client().login, "alice", "secret")
        self.assertEqual(str(refused), "421 Login is temporarily unavailable, try again later.")
        log = self.server.logged("OSError: the bucket /srv/secret is gone")
        self.assertIn("accounts.alice.storage (python:store:Broken) failed: ", log)

    def test_check_tells_the_line_of_the_key(self) -> None:
        """No traceback, and the service does not start either, with the same line."""
        self.configure("storage: {python: 'store:Missing'}")
        place = f"{self.server.configuration}:4: accounts.alice.storage"
        expected = [f"{place}: python:store:Missing: store has no Missing"]
        self.assertEqual(self.check(), (1, expected))
        done = run(
            *(twistd(), "-n", "--pidfile=", "ftpd", "-c", str(self.server.configuration)),
            cwd="/",
            environment=self.server.environment,
        )
        self.assertEqual((done.returncode, done.stderr.decode().splitlines()), (1, expected))

    def test_check_compares_the_options(self) -> None:
        """With the signature of the class; it is not called, as nobody logs in."""
        self.configure("storage: {python: 'store:Greeting', options: {txt: Hello}}")
        status, (line,) = self.check()
        self.assertEqual(status, 1)
        self.assertIn("options given (txt)", line)
