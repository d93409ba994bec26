"""The checker `pam` with Linux-PAM: stacks of the test in /etc/pam.d, which is bound in a mount namespace."""

from __future__ import annotations

import ftplib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from passlib.hash import sha512_crypt
from twisted.trial.unittest import SkipTest

from ftpd_service.auth.checkers.pam import PAM_PROGRAM
from tests.cases import SynchronousTestCase
from tests.interop.server import Server, run

MODULES = tuple(Path("/usr/lib").glob("*/pam_wrapper/pam_matrix.so"))
PWDFILE = (*Path("/lib").glob("*/security/pam_pwdfile.so"), *Path("/usr/lib").glob("*/security/pam_pwdfile.so"))
UNSHARE = ("unshare", "-m") if os.geteuid() == 0 else ("unshare", "-rm")
BOUND = (*UNSHARE, "sh", "-c", 'mount --bind "$0" /etc/pam.d && exec "$@"')

MATRIX = """\
auth required {module} passdb={folder}/passdb
account required {module} passdb={folder}/passdb
"""
PASSWORD_FILE = """\
auth required {pwdfile} pwdfile={folder}/pwdfile
account required pam_permit.so
"""
SCRIPT = """\
auth required pam_exec.so quiet expose_authtok {folder}/check
account required pam_exec.so quiet {folder}/valid
"""
CHECK = """\
#!/bin/sh
read -r password
echo "$PAM_USER $PAM_RHOST" >> {folder}/asked
[ "$PAM_USER" = slow ] && sleep 60
[ "$password" = right ]
"""
VALID = """\
#!/bin/sh
[ "$PAM_USER" != expired ]
"""


class PamCase(SynchronousTestCase):
    """A server in a mount namespace of its own."""

    stack = MATRIX

    def setUp(self) -> None:
        if not MODULES or not PWDFILE:
            raise SkipTest("libpam-wrapper and libpam-pwdfile are not installed; .ci/run installs them")
        if run(*BOUND[:-1], 'mount --bind "$0" /etc/pam.d', "/tmp").returncode:
            raise SkipTest("this host allows no mount namespaces")
        self.server = Server(extra=self.configuration())
        self.addCleanup(self.server.stop)
        self.folder = self.server.folder
        stacks = self.folder / "pam.d"
        stacks.mkdir()
        self.bound = (*BOUND, str(stacks))
        self.server.prefix = self.bound
        (stacks / "ftpd").write_text(self.filled(self.stack))
        (self.folder / "passdb").write_text("bob:right:ftpd\n")
        (self.folder / "pwdfile").write_text(f"bob:{sha512_crypt.using(rounds=1000).hash('right')}\n")
        for name, text in (("check", CHECK), ("valid", VALID)):
            (self.folder / name).write_text(self.filled(text))
            (self.folder / name).chmod(0o755)
        self.start()

    def start(self) -> None:
        """Start the server."""
        self.server.start()

    def configuration(self) -> str:
        """The entry of the checker, behind the accounts of the file."""
        return (
            "auth: {checkers: [accounts, {pam: {service: ftpd, processes: 2}, timeout: 8s}]}\n"
            "account_defaults: {home: home, permissions: read}\n"
        )

    def filled(self, text: str) -> str:
        """A text with the paths of this host."""
        return text.format(folder=self.folder, module=MODULES[0], pwdfile=PWDFILE[0])

    def login(self, name: str, password: str, address: str = "127.0.0.1") -> str:
        """The reply to a login from an address of the loopback network."""
        client = ftplib.FTP(timeout=30, source_address=(address, 0))
        client.connect("127.0.0.1", self.server.port)
        self.addCleanup(client.close)
        try:
            return client.login(name, password)
        except ftplib.Error as problem:
            return str(problem)


class MatrixTests(PamCase):
    """pam_matrix."""

    def test_right_password(self) -> None:
        """The user of PAM has the defaults of accounts."""
        self.assertEqual(self.login("bob", "right")[:3], "230")

    def test_wrong_password(self) -> None:
        """Refused."""
        self.assertEqual(self.login("bob", "wrong")[:3], "530")

    def test_unknown_name(self) -> None:
        """Refused, and no failure of the checker."""
        self.assertEqual(self.login("carol", "right")[:3], "530")
        self.assertNotIn("cannot tell", self.server.log)

    def test_accounts_of_the_file(self) -> None:
        """They are asked first, and PAM has nothing to say about them."""
        self.assertEqual(self.login("alice", "secret")[:3], "230")

    def test_hostile_names(self) -> None:
        """No name is more than a name."""
        names = ("bob:right", "../bob", "%s%n", 'bo"b', "bob;id", "b" * 4000)
        replies = [self.login(name, "right", f"127.0.0.{number}") for number, name in enumerate(names, 2)]
        self.assertEqual([reply[:3] for reply in replies], ["530"] * len(names))

    def test_missing_stack(self) -> None:
        """PAM fails without its file: nobody is told that a password is wrong."""
        (self.folder / "pam.d" / "ftpd").unlink()
        self.assertEqual(self.login("bob", "right")[:3], "421")
        self.server.logged("checker pam:ftpd: the program cannot tell: ")


class PasswordFileTests(PamCase):
    """pam_pwdfile."""

    stack = PASSWORD_FILE

    def test_passwords(self) -> None:
        """Right and wrong."""
        self.assertEqual([self.login("bob", word)[:3] for word in ("right", "wrong")], ["230", "530"])


class ScriptTests(PamCase):
    """pam_exec."""

    stack = SCRIPT

    def test_passwords(self) -> None:
        """Right and wrong."""
        self.assertEqual([self.login("bob", word)[:3] for word in ("right", "wrong")], ["230", "530"])

    def test_modules_learn_the_address(self) -> None:
        """Of the client."""
        self.login("bob", "right")
        self.assertEqual((self.folder / "asked").read_text(), "bob 127.0.0.1\n")

    def test_account_that_is_not_valid(self) -> None:
        """A right password does not let in where account management refuses."""
        self.assertEqual([self.login(name, "right")[:3] for name in ("bob", "expired")], ["230", "530"])

    def test_accepted_login_is_not_asked_again(self) -> None:
        """Within `verified_for`."""
        replies = [self.login("bob", "right")[:3] for _ in range(3)]
        self.assertEqual((replies, (self.folder / "asked").read_text().count("bob")), (["230"] * 3, 1))

    def test_stack_that_hangs(self) -> None:
        """Its login is given up after the timeout and its processes are gone; others are let in meanwhile."""
        slow = ftplib.FTP(timeout=30)
        slow.connect("127.0.0.1", self.server.port)
        self.addCleanup(slow.close)
        slow.sendcmd("USER slow")
        begun = time.monotonic()
        slow.putcmd("PASS right")
        self.assertEqual(self.login("alice", "secret")[:3], "230")
        self.assertLess(time.monotonic() - begun, 5.0)
        self.assertRaises(ftplib.error_temp, slow.getresp)
        self.server.logged("checker pam:ftpd: no answer within 8.0 s")
        self.assertEqual(self.login("bob", "right")[:3], "230")
        left = run("pgrep", "-f", f"{self.folder}/check").stdout
        self.assertEqual(left, b"")


class UnitTests(PamCase):
    """PAM is asked in a unit of its own, which the server reaches by a socket: docs/checkers.rst."""

    def configuration(self) -> str:
        """The client that the page names."""
        return (
            'auth: {checkers: [{pam: {processes: 4, command: [socat, "-", "UNIX-CONNECT:${SOCKET}"]}}]}\n'
            "account_defaults: {home: home, permissions: read}\n"
        )

    def start(self) -> None:
        """Start the unit, as systemd would, with the stacks of the test; the server has those of the host."""
        if shutil.which("socat") is None:
            raise SkipTest("socat is not installed; .ci/run installs it")
        socket = str(self.folder / "pam.sock")
        program = f"EXEC:{sys.executable} -m {PAM_PROGRAM} ftpd"
        unit = subprocess.Popen(
            (*self.bound, "socat", "-d", "-d", f"UNIX-LISTEN:{socket},fork,max-children=8", program),
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.addCleanup(unit.communicate)
        self.addCleanup(os.killpg, unit.pid, signal.SIGTERM)
        assert unit.stderr is not None
        self.assertIn(b"listening", unit.stderr.readline())
        self.server.prefix = ()
        self.server.environment["SOCKET"] = socket
        self.server.start()

    def test_passwords(self) -> None:
        """Right and wrong."""
        self.assertEqual([self.login("bob", word)[:3] for word in ("right", "wrong")], ["230", "530"])

    def test_the_unit_is_away(self) -> None:
        """Nobody is told that a password is wrong."""
        (self.folder / "pam.sock").unlink()
        self.assertEqual(self.login("bob", "right")[:3], "421")
