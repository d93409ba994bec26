"""The programs and configurations of examples/, each started for real in a folder of its own."""

from __future__ import annotations

import ftplib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from twisted.trial.unittest import SkipTest

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, for_root, run, twistd

TREE = Path(__file__).resolve().parent.parent.parent
EXAMPLES = TREE / "examples"


class ExampleCase(SynchronousTestCase):
    """All files of examples/, beside the configuration of a server."""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.folder = self.server.folder
        shutil.copytree(EXAMPLES, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        self.server.environment["PYTHONPATH"] = str(self.folder)

    def serve(self, name: str) -> None:
        """Serve a configuration of examples/ on a port of our own."""
        text = (self.folder / name).read_text()
        self.assertNotIn("listeners", text)
        endpoint = f"tcp:{self.server.port}:interface=127.0.0.1"
        self.server.configuration.write_text(f"{text}\nlisteners: [{{endpoint: '{endpoint}'}}]\n")
        self.server.start()

    def client(self, name: str = "alice", password: str = "secret") -> ftplib.FTP:
        """A session."""
        client = ftplib.FTP(timeout=20)
        client.connect("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        client.login(name, password)
        return client

    def upload(self, client: ftplib.FTP) -> None:
        """A letter."""
        client.storbinary("STOR letter", io.BytesIO(b"Dear Alice"))


class ConfigurationTests(ExampleCase):
    """Those that twistd serves."""

    def test_check_accepts_each(self) -> None:
        """As it stands."""
        names = sorted(path.name for path in EXAMPLES.glob("*.yaml"))
        self.assertEqual(names, ["arrivals.yaml", "guests.yaml", "house_password.yaml", "minimal.yaml", "pages.yaml"])
        done = [
            run(
                twistd(), "ftpd", "-c", str(self.folder / name), "--check", cwd="/", environment=self.server.environment
            )
            for name in names
        ]
        self.assertEqual([one.returncode for one in done], [0] * 5, done)

    def test_checker(self) -> None:
        """Any name, by the password of the house; the home is made."""
        self.serve("house_password.yaml")
        self.assertRaises(ftplib.error_perm, self.client, "bob", "friend")
        self.upload(self.client("bob", "mellon"))
        self.assertEqual((self.folder / "served" / "bob" / "letter").read_bytes(), b"Dear Alice")

    def test_programs(self) -> None:
        """Each accepts and refuses its own names, and passes others on; permissions come from the answer."""
        if shutil.which("jq") is None:
            raise SkipTest("jq is not installed; .ci/run installs it")
        self.serve("guests.yaml")
        self.assertRaises(ftplib.error_perm, self.client, "ann", "friend")
        self.assertRaises(ftplib.error_perm, self.client, "guest-1", "friend")
        self.assertRaises(ftplib.error_perm, self.client, "bob", "mellon")
        self.assertRaises(ftplib.error_perm, self.upload, self.client("ann", "mellon"))
        self.upload(self.client("guest-1", "mellon"))
        self.assertEqual((self.folder / "served" / "guest-1" / "letter").read_bytes(), b"Dear Alice")

    def test_storage(self) -> None:
        """Its files are read, and nothing is written."""
        self.serve("pages.yaml")
        client = self.client("anonymous", "a@example.net")
        content = io.BytesIO()
        client.retrbinary("RETR README", content.write)
        self.assertEqual(content.getvalue(), b"Hello anonymous, there is nothing here yet.\n")
        self.assertEqual(client.nlst(), ["LICENSE", "README"])
        self.assertRaises(ftplib.error_perm, self.upload, client)

    def test_storage_on_local_files(self) -> None:
        """Each upload is told in the log."""
        self.serve("arrivals.yaml")
        self.upload(self.client())
        self.server.logged("alice has sent /letter")
        self.assertEqual((self.folder / "served" / "alice" / "letter").read_bytes(), b"Dear Alice")


class ProgramTests(ExampleCase):
    """Those that are programs of their own."""

    def started(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """A process that is ended with the test."""
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def line(self, process: subprocess.Popen[str]) -> str:
        """The next line of its output."""
        assert process.stdout is not None
        return process.stdout.readline()

    def test_embedded_service_with_an_observer(self) -> None:
        """An upload by FTP is told, and is a page of HTTP; SIGTERM ends both in order."""
        http = self.server.free_port()
        process = self.started(sys.executable, "embedded.py", "served", str(self.server.port), str(http))
        self.assertEqual(self.line(process), "ready\n")
        client = self.client()
        self.upload(client)
        self.assertEqual(self.line(process), "alice /letter 10\n")
        with urlopen(f"http://127.0.0.1:{http}/letter", timeout=20) as page:
            self.assertEqual(page.read(), b"Dear Alice")
        client.quit()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_unit_of_systemd(self) -> None:
        """Its command, as systemd calls it, serves and says READY."""
        place = self.folder / ".config" / "ftpd"
        place.mkdir(parents=True)
        text = for_root((self.folder / "minimal.yaml").read_text())
        (place / "minimal.yaml").write_text(text.replace("tcp:2121:", f"tcp:{self.server.port}:"))
        unit = (self.folder / "minimal.service").read_text()
        (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        notify = str(self.folder / "notify")
        process = self.started(*command.replace("%h", str(self.folder)).split(), PATH=path, NOTIFY_SOCKET=notify)
        self.assertIn("READY=1", self.server.notified())
        self.upload(self.client())
        self.assertEqual((place / "served" / "letter").read_bytes(), b"Dear Alice")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)


class TestingTests(ExampleCase):
    """Those that are tests, run by the two programs that they are for."""

    def trial(self, name: str) -> bytes:
        """What trial says of a module."""
        done = run(
            *(sys.executable, "-m", "twisted.trial", name),
            cwd=str(self.folder / "testing"),
            environment=self.server.environment,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_trial(self) -> None:
        """Nothing is left on the reactor: trial would say so."""
        self.assertIn(b"PASSED (successes=1)", self.trial("test_trial"))

    def test_kit(self) -> None:
        """The contract holds, and a session in memory."""
        (count,) = re.findall(rb"PASSED \(successes=(\d+)\)", self.trial("test_arrivals"))
        self.assertGreater(int(count), 90)

    def test_pytest(self) -> None:
        """On a thread, where signals cannot be taken, and twice in one process."""
        done = run(
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_pytest.py"),
            cwd=str(self.folder / "testing"),
            environment=self.server.environment,
        )
        self.assertIn(b"2 passed", done.stdout, done.stdout + done.stderr)


class DocumentationTests(SynchronousTestCase):
    """What a reader finds."""

    def test_each_file_is_listed(self) -> None:
        """In the README of the folder, and on a page that includes or names it."""
        names = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.*") if "__pycache__" not in path.parts}
        pages = "".join(
            (TREE / "docs" / f"{name}.rst").read_text("utf-8")
            for name in ("extending", "embedding", "deployment", "systemd", "checkers")
        )
        self.assertEqual(sorted(name for name in names if f"examples/{name}" not in pages), ["README.rst"])
        readme = (EXAMPLES / "README.rst").read_text("utf-8")
        listed = {name for name in names if "/" not in name and name != "README.rst"}
        self.assertEqual(sorted(name for name in listed if name.partition(".")[0] not in readme), [])
