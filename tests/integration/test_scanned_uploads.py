"""Uploads that a real clamd scans before their reply, by programs that people use, and what others see meanwhile."""

from __future__ import annotations

import ftplib
import io
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.integration.clamd_server import EICAR, EICAR_NAME, clamd
from tests.interop.tls_server import TlsServer, protected_session

CLEAN = bytes(range(256)) * 4096
"""1 MiB without a signature."""
FORMER = b"the former file"
REFUSED = f"553 File not accepted: {EICAR_NAME} found"

CONFIGURATION = """
uploads: {{quarantine: quarantine}}
hooks:
  verdicts:
    - {{id: refusing, when: {{path: "/refused/**"}}, clamd: "{address}", timeout: {seconds}}}
    - {{id: accepting, when: {{path: "/accepted/**"}}, clamd: "{address}", timeout: {seconds}, on_error: accept,
        on_timeout: accept}}
    - {{id: quarantining, when: {{path: "/quarantined/**"}}, clamd: "{address}", timeout: {seconds},
        on_error: quarantine, on_timeout: quarantine}}
"""
FOLDERS = ("refused", "accepted", "quarantined")


class ScannedCase(SynchronousTestCase):
    """A server whose three folders have stages that differ by their treatment of a clamd that is down."""

    def start(self, *, address: str, seconds: str) -> TlsServer:
        """Start it."""
        server = TlsServer()
        self.addCleanup(server.stop)
        with server.configuration.open("a") as file:
            file.write(CONFIGURATION.format(address=address, seconds=seconds))
        for name in FOLDERS:
            (server.home / name).mkdir()
        server.start()
        return server

    def session(self, server: TlsServer) -> ftplib.FTP:
        """A session of alice in clear."""
        client = ftplib.FTP()
        client.connect("127.0.0.1", server.port, timeout=30)
        self.addCleanup(client.close)
        client.login("alice", "secret")
        return client


class Reader(threading.Thread):
    """Lists a folder and reads a file in a loop, in a session of its own, until `stop`.

    :ivar contents: everything that the file was seen to contain.
    :ivar names: all names that the folder was seen to have.
    """

    def __init__(self, client: ftplib.FTP, folder: str, path: str) -> None:
        super().__init__()
        self.contents: set[bytes] = set()
        self.names: set[str] = set()
        self.rounds = 0
        self._client = client
        self._folder = folder
        self._path = path
        self._over = threading.Event()

    def run(self) -> None:
        """Read."""
        while not self._over.is_set():
            data = io.BytesIO()
            self._client.retrbinary(f"RETR {self._path}", data.write)
            self.contents.add(data.getvalue())
            self.names.update(name for name, _ in self._client.mlsd(self._folder))
            self.rounds += 1

    def stop(self) -> None:
        """End the loop."""
        self._over.set()
        self.join(30)


class ClientTests(ScannedCase):
    """Programs and libraries, in clear and by TLS."""

    def setUp(self) -> None:
        """Start the server, and another session that reads."""
        self.server = self.start(address=clamd().path, seconds="20s")
        self.local = Path(self.mktemp())
        self.local.mkdir()
        (self.local / "eicar").write_bytes(EICAR)
        (self.local / "clean").write_bytes(CLEAN)
        self.file = self.server.home / "refused" / "a"
        self.file.write_bytes(FORMER)
        self.reader = Reader(self.session(self.server), "refused", "refused/a")
        self.reader.start()
        self.addCleanup(self.reader.stop)

    def refused_and_accepted(self, put: Callable[[str, str], str]) -> None:
        """Try EICAR over a former file and under a new name, and then a clean file.

        :param put: uploads a local file under a name, and returns what the client says.
        """
        for name in ("a", "new"):
            self.assertIn(REFUSED, put("eicar", name))
        self.assertEqual(self.file.read_bytes(), FORMER)
        put("clean", "clean")
        self.assertEqual((self.file.parent / "clean").read_bytes(), CLEAN)
        self.reader.stop()
        self.assertGreater(self.reader.rounds, 0)
        self.assertEqual(self.reader.contents, {FORMER})
        self.assertLessEqual(self.reader.names, {".", "..", "a", "clean"})
        self.assertEqual({path.name for path in self.file.parent.iterdir()}, {"a", "clean"})

    def said(self, program: str, *arguments: str) -> str:
        """The output of a program."""
        if shutil.which(program) is None:
            raise SkipTest(f"{program} is not installed; .ci/run installs it")
        run = subprocess.run((program, *arguments), capture_output=True, timeout=60, cwd=self.local, check=False)
        return (run.stdout + run.stderr).decode()

    def curl(self, *arguments: str) -> Callable[[str, str], str]:
        """The uploads of curl."""
        url = f"ftp://alice:secret@127.0.0.1:{self.server.port}/refused/"
        return lambda file, name: self.said("curl", "-sSv", *arguments, "-T", file, url + name)

    def lftp(self, settings: str) -> Callable[[str, str], str]:
        """The uploads of lftp."""
        opened = f"set net:max-retries 1; {settings} open -u alice,secret 127.0.0.1:{self.server.port}; cd refused; "
        return lambda file, name: self.said("lftp", "--norc", "-d", "-c", f"{opened} put {file} -o {name}")

    def by_session(self, client: ftplib.FTP) -> Callable[[str, str], str]:
        """The uploads of ftplib."""

        def put(file: str, name: str) -> str:
            try:
                with (self.local / file).open("rb") as source:
                    return client.storbinary(f"STOR refused/{name}", source)
            except ftplib.error_perm as problem:
                return str(problem)

        return put

    def test_curl(self) -> None:
        """In clear."""
        self.refused_and_accepted(self.curl())

    def test_curl_by_tls(self) -> None:
        """By TLS."""
        self.refused_and_accepted(self.curl("--ssl-reqd", "-k"))

    def test_lftp(self) -> None:
        """In clear."""
        self.refused_and_accepted(self.lftp("set ftp:ssl-allow no;"))

    def test_lftp_by_tls(self) -> None:
        """By TLS."""
        self.refused_and_accepted(
            self.lftp("set ssl:verify-certificate no; set ftp:ssl-force yes; set ftp:ssl-protect-data yes;")
        )

    def test_ftplib(self) -> None:
        """In clear."""
        self.refused_and_accepted(self.by_session(self.session(self.server)))

    def test_ftplib_by_tls(self) -> None:
        """By TLS."""
        client = protected_session(self.server.port)
        self.addCleanup(client.close)
        self.refused_and_accepted(self.by_session(client))


class ReloadTests(ScannedCase):
    """Stages that a reload changes."""

    def test_next_upload(self) -> None:
        """A changed stage counts for the next upload of a session that is open."""
        server = self.start(address=clamd().path, seconds="20s")
        client = self.session(server)
        text = server.configuration.read_text()
        for folders, expected in (("/accepted/**", "226"), ("/refused/**", "553")):
            since = len(server.log)
            server.configuration.write_text(text.replace("/refused/**", folders))
            assert server.process is not None
            server.process.send_signal(signal.SIGHUP)
            server.logged("the configuration was read again", since=since)
            try:
                code = client.storbinary("STOR refused/eicar", io.BytesIO(EICAR))[:3]
            except ftplib.error_perm as problem:
                code = str(problem)[:3]
            self.assertEqual(code, expected)


class OutageTests(ScannedCase):
    """A clamd that hangs, and that is down."""

    def outcomes(self, server: TlsServer, name: str) -> list[tuple[str, bool]]:
        """The codes of uploads of a clean file into the three folders, and whether they are there."""
        client = self.session(server)
        found: list[tuple[str, bool]] = []
        for folder in FOLDERS:
            try:
                code = client.storbinary(f"STOR {folder}/{name}", io.BytesIO(b"clean"))[:3]
            except ftplib.Error as problem:
                code = str(problem)[:3]
            found.append((code, (server.home / folder / name).exists()))
        return found

    def test_outages(self) -> None:
        """Each stage's ``on_timeout`` and ``on_error`` decide, and other sessions are served meanwhile."""
        instead = [("451", False), ("226", True), ("226", False)]
        for address in (clamd().path, f"tcp:127.0.0.1:{clamd().port}"):
            server = self.start(address=address, seconds="0.3s")
            scanned = [("226", True)] * 3
            self.assertEqual(self.outcomes(server, "before"), scanned)
            clamd().hang()
            try:
                self.assertEqual(self.outcomes(server, "hung"), instead)
            finally:
                clamd().go_on()
            clamd().end()
            try:
                self.assertEqual(self.outcomes(server, "down"), instead)
            finally:
                clamd().run()
            self.assertEqual(self.outcomes(server, "after"), scanned)
            quarantined = [path.read_bytes() for path in (server.folder / "quarantine" / "alice").iterdir()]
            self.assertEqual(quarantined, [b"clean"] * 2)
            client = self.session(server)
            for folder in FOLDERS:
                with self.assertRaisesRegex(ftplib.error_perm, REFUSED):
                    client.storbinary(f"STOR {folder}/eicar", io.BytesIO(EICAR))
