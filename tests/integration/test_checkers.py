"""Checkers that hang, raise, talk nonsense or die: whoever is not asked of them notices nothing."""

from __future__ import annotations

import ftplib
import os
import select
import signal
import sys

from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run

PROGRAM = """\
import json, os, signal, sys, time

for line in sys.stdin:
    login = json.loads(line)
    name = login["user"]
    if name == "slow":
        time.sleep(60)
    elif name == "never":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(60)
    elif name == "nonsense":
        print("yes, of course", flush=True)
        continue
    elif name == "twice":
        print('{"accept": false}\\n{"accept": true}', flush=True)
        continue
    elif name == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    elif name == "once" and not os.path.exists(sys.argv[1]):
        open(sys.argv[1], "w").close()
        os._exit(1)
    print(json.dumps({"accept": login["password"] == "right"}), flush=True)
"""

STRANGER = """\
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

@implementer(ICredentialsChecker)
class Stranger:
    credentialInterfaces = (IUsernamePassword,)

    def requestAvatarId(self, credentials):
        if credentials.username == b"silent":
            return Deferred()
        if credentials.username == b"raises":
            raise KeyError("attribute")
        if credentials.username == b"odd":
            return 7
        raise UnauthorizedLogin()
"""

HOSTILE = (
    "x" * 4000,
    'al"ice',
    "al\\ice",
    "%s%n%d",
    "*)(uid=*",
    "a\x08b",
    "{}",
    "null",
    "'; drop table--",
    "\u202e",
)


class CheckersCase(SynchronousTestCase):
    """A server with a program of two processes, and with a checker in Python."""

    checkers = """
    - program: {{command: [{python}, {folder}/check.py, {folder}/died]}}
      timeout: 6s
      breaker: {{failures: 1000}}
    - python: "stranger:Stranger"
      timeout: 3s
      breaker: {{failures: 3, retry: 1s}}
"""

    def setUp(self) -> None:
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.folder = self.server.folder
        (self.folder / "check.py").write_text(PROGRAM)
        (self.folder / "stranger.py").write_text(STRANGER)
        self.server.environment["PYTHONPATH"] = str(self.folder)
        self.configure()
        self.server.start()

    def configure(self, more: str = "") -> None:
        """Write the configuration."""
        entries = self.checkers.format(python=sys.executable, folder=self.folder)
        defaults = "account_defaults: {home: home, permissions: read}"
        self.server.write(extra=f"auth:\n  checkers:\n    - accounts{entries}{more}\n{defaults}")

    def client(self, address: str = "127.0.0.1") -> ftplib.FTP:
        """A session that is not logged in, from an address of the loopback network."""
        client = ftplib.FTP(timeout=60, source_address=(address, 0))
        client.connect("127.0.0.1", self.server.port)
        client.encoding = "utf-8"
        self.addCleanup(client.close)
        return client

    def login(self, name: str, password: str = "right", address: str = "127.0.0.1") -> str:
        """The code of the reply to a login."""
        client = self.client(address)
        try:
            return client.login(name, password)[:3]
        except ftplib.Error as problem:
            return str(problem)[:3]

    def asked(self, name: str, address: str = "127.0.0.1") -> ftplib.FTP:
        """A session whose login is being checked."""
        client = self.client(address)
        client.sendcmd(f"USER {name}")
        client.putcmd("PASS right")
        return client

    def reply(self, client: ftplib.FTP) -> str:
        """The code of the reply to such a login."""
        try:
            return client.getresp()[:3]
        except ftplib.Error as problem:
            return str(problem)[:3]

    def waits(self, client: ftplib.FTP) -> bool:
        """Whether such a login has no reply yet."""
        assert client.sock is not None
        return not select.select([client.sock], [], [], 0)[0]

    def processes(self) -> list[int]:
        """The numbers of the program's processes."""
        found = run("pgrep", "-f", f"^{sys.executable} {self.folder}/check.py").stdout
        return [int(number) for number in found.split()]


class OthersTests(CheckersCase):
    """Logins and sessions beside the one that fails."""

    def test_a_login_that_takes_long(self) -> None:
        """It has 421 after the timeout; sessions, other checkers and other hosts go on meanwhile."""
        other = self.client()
        other.login("alice", "secret")
        slow = self.asked("slow")
        self.assertEqual(other.voidcmd("NOOP")[:3], "200")
        self.assertEqual(self.login("alice", "secret"), "230")
        self.assertEqual(self.login("bob", address="127.0.0.2"), "230")
        self.assertTrue(self.waits(slow))
        self.assertEqual(self.reply(slow), "421")

    def test_a_login_that_never_ends(self) -> None:
        """Its process ignores SIGTERM and is killed; the host that sent it is served as before."""
        never = self.asked("never")
        self.assertEqual(self.reply(never), "421")
        self.assertEqual(self.login("bob"), "230")
        self.assertLessEqual(len(self.processes()), 2)

    def test_nonsense(self) -> None:
        """It lets nobody in."""
        self.assertEqual(self.login("nonsense"), "421")
        self.assertEqual(self.login("bob"), "230")

    def test_two_answers_at_once(self) -> None:
        """The second is not the answer to the next login."""
        self.assertEqual(self.login("twice"), "530")
        self.assertEqual(self.login("bob", "wrong"), "530")
        self.assertEqual(self.login("bob"), "230")

    def test_a_process_that_dies_in_mid_answer(self) -> None:
        """It is replaced, and its login is asked once more: the client notices nothing."""
        self.assertEqual(self.login("once"), "230")
        self.server.logged("it exited with status 1")

    def test_a_login_that_kills_each_process(self) -> None:
        """It has 421, and the next login is asked of a new process."""
        self.assertEqual(self.login("dies"), "421")
        self.assertEqual(self.login("bob"), "230")

    def test_a_process_that_is_killed_from_outside(self) -> None:
        """The next login gets another."""
        self.login("bob", "wrong")
        (process,) = self.processes()
        run("kill", "-9", str(process))
        self.server.logged("it was killed by signal 9")
        self.assertEqual(self.login("bob"), "230")

    def test_hostile_names(self) -> None:
        """Each is one name to the program, in one line."""
        for number, name in enumerate(HOSTILE, 2):
            client = self.client(f"127.0.0.{number}")  # after its failure a host waits for answers
            client.sendcmd(f"USER {name}")
            client.putcmd("PASS wrong")
            self.assertEqual(self.reply(client), "530", name)
        self.assertEqual(self.login("bob"), "230")
        self.assertNotIn("says:", self.server.log)

    def test_a_name_that_is_not_utf_8(self) -> None:
        """The program is not asked; the next checker is."""
        client = self.client()
        client.encoding = "latin-1"
        client.sendcmd("USER b\xf6b")
        client.putcmd("PASS right")
        self.assertEqual(self.reply(client), "530")
        self.assertEqual(self.processes(), [])


class StrangerTests(CheckersCase):
    """A checker of another package."""

    checkers = """
    - python: "stranger:Stranger"
      timeout: 6s
      breaker: {{failures: 3, retry: 60s}}
"""

    def test_silence(self) -> None:
        """It is given up; sessions go on meanwhile."""
        silent = self.asked("silent")
        self.assertEqual(self.login("alice", "secret"), "230")
        self.assertTrue(self.waits(silent))
        self.assertEqual(self.reply(silent), "421")

    def test_errors_open_the_breaker(self) -> None:
        """Others then have 421 at once, but for those of other checkers."""
        self.assertEqual([self.login("raises") for _ in range(3)], ["421"] * 3)
        self.assertEqual(self.login("odd"), "421")
        self.assertEqual(self.login("alice", "secret"), "230")
        self.server.logged("checker python:stranger:Stranger has failed 3 times in a row")

    def test_an_answer_that_is_no_name(self) -> None:
        """It lets nobody in."""
        self.assertEqual(self.login("odd"), "530")


class LifeTests(CheckersCase):
    """Reloads and the end."""

    def reload(self, more: str) -> None:
        """Change the configuration."""
        self.configure(more)
        since = len(self.server.log)
        self.server.signal(signal.SIGHUP)
        self.server.logged("the configuration was read again", since=since)

    def watched(self) -> int:
        """A descriptor of the program's only process."""
        (process,) = self.processes()
        descriptor = os.pidfd_open(process)
        self.addCleanup(os.close, descriptor)
        return descriptor

    def has_ended(self, process: int) -> bool:
        """Wait for the end of a process."""
        return bool(select.select([process], [], [], 30.0)[0])

    def test_a_reload_that_leaves_the_entry_keeps_its_processes(self) -> None:
        """They go on."""
        self.login("bob", "wrong")
        before = self.processes()
        self.reload("\nlisting: {dot_files: false}")
        self.login("bob", "wrong")
        self.assertEqual((len(before), self.processes()), (1, before))

    def test_a_reload_that_changes_the_entry_ends_them(self) -> None:
        """The next login starts others."""
        self.login("bob", "wrong")
        before = self.watched()
        self.checkers = self.checkers.replace("timeout: 6s", "timeout: 7s", 1)
        self.reload("")
        self.assertEqual(self.login("bob"), "230")
        self.assertTrue(self.has_ended(before))

    def test_the_end_of_the_service_ends_them(self) -> None:
        """Those too that ignore SIGTERM."""
        self.asked("never")
        self.login("bob", "wrong", "127.0.0.2")
        self.assertEqual(len(self.processes()), 2)
        self.server.signal(signal.SIGTERM)
        self.server.wait()
        self.assertEqual(self.processes(), [])

    def test_a_service_that_is_killed_leaves_no_process(self) -> None:
        """Their input ends."""
        self.login("bob", "wrong")
        process = self.watched()
        self.server.signal(signal.SIGKILL)
        self.server.wait()
        self.assertTrue(self.has_ended(process))
