"""``ftpd-service``: what its sub-commands print, and with which status they end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ftpd_service import __version__
from ftpd_service.admin import shipped as shipping
from ftpd_service.admin.shipped import SHIPPED
from ftpd_service.auth.passwords import verify
from ftpd_service.config.json_schema import json_schema
from tests.admin.commands import CommandCase

ETC = Path(__file__).parent.parent.parent / "etc"


class CommandTests(CommandCase):
    """The command itself."""

    def test_the_version_is_ours(self) -> None:
        """And not Twisted's."""
        self.assertEqual(self.run_it("--version").output, f"ftpd-service {__version__}\n")

    def test_a_word_that_is_no_command(self) -> None:
        """Ends with the usage."""
        told = self.run_it("sreve")
        self.assertEqual(told.exit_code, 2)
        self.assertIn("No such command 'sreve'", told.output)

    def test_check_says_ok(self) -> None:
        """As ``twistd ftpd --check`` does."""
        path = self.write("ftpd.yaml", "accounts: {anonymous: {password: any, home: /srv}}\n")
        checked = self.run_it("-c", path, "check")
        self.assertEqual((checked.exit_code, checked.output), (0, f"{path}: ok\n"))

    def test_check_tells_every_mistake(self) -> None:
        """With its line, and status 1."""
        path = self.write("ftpd.yaml", "limits:\n  sesions: 5\n  idle_timeout: soon\n")
        checked = self.run_it("-c", path, "check")
        places = [line.partition(": ")[0] for line in checked.output.splitlines()]
        self.assertEqual((checked.exit_code, places), (1, [f"{path}:2", f"{path}:3"]))

    def test_c_behind_the_sub_command(self) -> None:
        """The refusal says where it stands, for a sub-command of a sub-command too."""
        told = [self.run_it(*words) for words in (("check", "-c", "x"), ("tls", "self-signed", "--config=x"))]
        self.assertEqual([one.exit_code for one in told], [2, 2])
        self.assertIn("before the sub-command: ftpd-service -c FILE check\n", told[0].output)
        self.assertIn("before the sub-command: ftpd-service -c FILE tls self-signed\n", told[1].output)

    def test_a_file_behind_the_sub_command(self) -> None:
        """Other servers take it there."""
        path = self.write("ftpd.yaml", "")
        self.assertIn("before the sub-command: ftpd-service -c FILE serve\n", self.run_it("serve", path).output)

    def test_another_mistake_behind_the_sub_command(self) -> None:
        """It has nothing to do with the file."""
        self.assertNotIn("before the sub-command", self.run_it("check", "--quiet").output)

    def test_no_file(self) -> None:
        """The text says how to get one."""
        told = [self.run_it("-c", self.path("none.yaml"), word) for word in ("serve", "check")]
        self.assertEqual([one.exit_code for one in told], [1, 1])
        text = f"there is no {self.path('none.yaml')}: 'ftpd-service -c FILE ...' names another file"
        self.assertEqual([text in one.output and "init" in one.output for one in told], [True, True])

    def test_the_usual_file(self) -> None:
        """That of the documentation."""
        self.assertIn("[default: /etc/ftpd/ftpd.yaml]", self.run_it("--help").output)


class PrintTests(CommandCase):
    """The files of ``etc/``."""

    def test_a_file_is_printed_as_it_is(self) -> None:
        """So that it can be redirected to its place."""
        self.assertEqual(self.run_it("print", "unit").output, (ETC / "ftpd.service").read_text("utf-8"))

    def test_every_file_can_be_had(self) -> None:
        """But for that of ``make run``, whose home lies in the source tree."""
        there = {path.relative_to(ETC).as_posix(): path.read_bytes() for path in ETC.rglob("*") if path.is_file()}
        del there["ftpd-minimal.yaml"]
        carried = (path for paths in SHIPPED.values() for path in paths)
        self.assertEqual({path.relative_to(shipping.CARRIED).as_posix(): path.read_bytes() for path in carried}, there)

    def test_each_word_prints_its_file(self) -> None:
        """With status 0."""
        self.assertEqual({self.run_it("print", word).exit_code for word in SHIPPED}, {0})

    def test_the_schema_is_json(self) -> None:
        """For editors; it is made of the keys."""
        self.assertEqual(json.loads(self.run_it("print", "schema").output), json_schema())

    def test_full_disk(self) -> None:
        """One line, and status 1."""
        command = [sys.executable, "-m", "ftpd_service", "print", "config"]
        with open("/dev/full", "wb") as full:
            ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
        self.assertEqual((ended.returncode, ended.stderr), (1, b"Error: the output: No space left on device\n"))

    def test_several_files_are_told_apart(self) -> None:
        """Each begins with the place where it belongs."""
        unit, socket = ETC / "ftpd.service", ETC / "ftpd.socket"
        self.patch(shipping, "SHIPPED", {"both": [unit, socket]})
        self.patch(shipping, "CARRIED", ETC)
        texts = [f"# ==> /etc/{path.name}\n{path.read_text('utf-8')}" for path in (unit, socket)]
        self.assertEqual(shipping.shipped("both"), "\n".join(texts))

    def test_the_logrotate_file_is_right(self) -> None:
        """In the eyes of logrotate itself."""
        logrotate = shutil.which("logrotate") or shutil.which("logrotate", path="/usr/sbin:/sbin")
        if logrotate is None:
            raise SkipTest("logrotate is not installed")
        path = self.write("rules", self.run_it("print", "logrotate").output)
        # logrotate refuses rules that others may write.
        Path(path).chmod(0o644)
        told = subprocess.run([logrotate, "--debug", path], capture_output=True, text=True, check=False)
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("rotating pattern: /var/log/ftpd/*.log", told.stderr)
        self.assertNotIn("error:", told.stderr)


class HashPasswordTests(CommandCase):
    """``hash-password`` from a pipe; tests/interop/test_command.py has the terminal."""

    def test_the_hash_fits(self) -> None:
        """The line end is no part of the password; spaces are."""
        hashed = self.run_it("hash-password", typed=" sécret \n").output.rstrip("\n")
        self.assertTrue(hashed.startswith("$argon2id$"))
        self.assertTrue(verify(hashed, " sécret ".encode()))

    def test_no_password(self) -> None:
        """Is a mistake."""
        self.assertEqual(self.run_it("hash-password").exit_code, 1)

    def test_the_longest_password(self) -> None:
        """Is the longest that a login may bring."""
        statuses = [self.run_it("hash-password", typed="x" * count).exit_code for count in (1024, 1025)]
        self.assertEqual(statuses, [0, 1])
