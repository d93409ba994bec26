"""Tests of the command line, in this process and through twistd itself."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
from twisted.python.usage import UsageError

from ftpd_service.signals import ServiceProcess
from ftpd_service.tap import Options, makeService
from ftpd_service.values import Permissions
from tests.auth.packages import install
from tests.config.files import FileTestCase
from tests.tls.hands import pair

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GOOD = "accounts: {anonymous: {password: any, home: /srv}}\n"
CLEAR = "accounts:\n  a:\n    home: /srv\n    password: '{plain}hunter2'\n"
BROKEN = "limits:\n  sesions: 5\n  idle_timeout: soon\n"
NO_CHECKER = "auth:\n  checkers:\n    - accounts\n    - python: no.such.module:Checker\n" + GOOD


class CommandLine(FileTestCase):
    """What the options come to; what is printed where."""

    def setUp(self) -> None:
        """Catch what is printed."""
        super().setUp()
        self.out, self.err = StringIO(), StringIO()
        self.patch(sys, "stdout", self.out)
        self.patch(sys, "stderr", self.err)

    def parsed(self, *arguments: str) -> Options:
        """Options that were taken."""
        options = Options()
        options.parseOptions(list(arguments))
        return options

    def exit_code(self, *arguments: str) -> object:
        """The status with which the options end the process."""
        ended: SystemExit = self.assertRaises(SystemExit, self.parsed, *arguments)
        return ended.code

    def refused(self, *arguments: str) -> str:
        """The text with which twistd refuses the options."""
        return str(self.assertRaises(UsageError, self.parsed, *arguments))

    def test_a_file_is_loaded(self) -> None:
        """And can be loaded anew from any directory."""
        path = self.write(GOOD)
        options = self.parsed("-c", os.path.relpath(path))
        assert options.settings is not None and options.reload is not None
        self.assertEqual(list(options.settings.accounts.accounts), ["anonymous"])
        self.write("limits: {sessions: 5}\n" + GOOD)
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir("/")
        self.assertEqual(options.reload().limits.sessions, 5)

    def test_check_says_ok(self) -> None:
        """And ends with 0, without a word on stderr."""
        path = self.write(GOOD)
        self.assertEqual(self.exit_code("-c", path, "--check"), 0)
        self.assertEqual((self.out.getvalue(), self.err.getvalue()), (f"{path}: ok\n", ""))

    def test_check_tells_warnings_and_still_says_ok(self) -> None:
        """Each with its line, none with a secret."""
        path = self.write(CLEAR)
        os.chmod(path, 0o600)
        self.assertEqual(self.exit_code("-c", path, "--check"), 0)
        self.assertEqual(
            self.err.getvalue(), f"warning: {path}:4: accounts.a.password: stands in clear; a hash is safer\n"
        )

    def test_check_looks_at_the_host(self) -> None:
        """A start does not: a home may come with its disk."""
        path = self.write("accounts:\n  anonymous:\n    password: any\n    home: /no/such/home\n")
        self.parsed("-c", path)
        self.assertEqual(self.err.getvalue(), "")
        self.assertEqual(self.exit_code("-c", path, "--check"), 0)
        self.assertIn(f"warning: {path}:4: accounts.anonymous.home: /no/such/home is missing", self.err.getvalue())

    def test_check_refuses_a_folder_that_is_missing(self) -> None:
        """Although a service would start, because the disk may come later."""
        path = self.write("accounts:\n  alice:\n    folders: {/a: {path: /no/such/directory}}\n")
        self.assertEqual(self.exit_code("-c", path, "--check"), 1)
        self.assertIn(
            f"{path}:3: accounts.alice.folders./a.path: /no/such/directory cannot be used", self.err.getvalue()
        )

    def test_check_tells_of_a_file_of_passwords_that_is_not_there(self) -> None:
        """Twisted's plug-in would take it, and every login fail."""
        path = self.write("auth:\n  checkers:\n    - strcred: file:/no/such/file\n    - accounts\n" + GOOD)
        self.assertEqual(self.exit_code("-c", path, "--check"), 1)
        text = "strcred:file: the file of passwords is missing or may not be read: /no/such/file"
        self.assertEqual(self.err.getvalue(), f"{path}:3: auth.checkers[0]: {text}\n")

    def test_check_tells_every_problem(self) -> None:
        """And ends with 1."""
        path = self.write(BROKEN)
        self.assertEqual(self.exit_code("-c", path, "--check"), 1)
        lines = self.err.getvalue().splitlines()
        self.assertEqual(lines[0], f"{path}:2: limits.sesions: unknown key; did you mean sessions?")
        self.assertTrue(lines[1].startswith(f"{path}:3: limits.idle_timeout: expected a duration"))
        self.assertEqual((len(lines), self.out.getvalue()), (2, ""))

    def test_check_tries_checkers(self) -> None:
        """One that cannot be imported has its line, too."""
        path = self.write(NO_CHECKER)
        self.assertEqual(self.exit_code("-c", path, "--check"), 1)
        self.assertIn(f"{path}:4: auth.checkers[1]: ", self.err.getvalue())
        self.assertIn("no.such.module", self.err.getvalue())

    def test_check_reads_certificates(self) -> None:
        """One that cannot be used is a problem with its line, like any other."""
        path = self.write("tls:\n  private_key: /k\n  certificate: /none.pem\n" + GOOD)
        self.assertEqual(self.exit_code("-c", path, "--check"), 1)
        text = "tls.certificate: /none.pem cannot be read: No such file or directory"
        self.assertEqual(self.err.getvalue(), f"{path}:3: {text}\n")

    def test_check_warns_of_certificates_that_end(self) -> None:
        """And still says ok."""
        soon = pair(self.folder, "soon.example", days=3)
        path = self.write(f"tls: {{certificate: {soon.certificate}, private_key: {soon.private_key}}}\n" + GOOD)
        self.assertEqual(self.exit_code("-c", path, "--check"), 0)
        self.assertRegex(self.err.getvalue(), "warning: the certificate .*soon.example.pem expires on .*, in [23] days")

    def test_a_broken_file_is_told_without_check_too(self) -> None:
        """The same lines and the same status."""
        path = self.write(BROKEN)
        self.assertEqual(self.exit_code("-c", path), 1)
        self.assertEqual(len(self.err.getvalue().splitlines()), 2)

    def test_a_missing_file_is_one_line(self) -> None:
        """With the system's reason."""
        path = os.path.join(self.folder, "missing.yaml")
        self.assertEqual(self.exit_code("-c", path), 1)
        self.assertEqual(self.err.getvalue(), f"{path}: cannot be read: No such file or directory\n")

    def test_without_a_file_the_current_directory_is_served(self) -> None:
        """Read-only, to anonymous, on the loopback address; nothing can be loaded anew."""
        options = self.parsed()
        assert options.settings is not None
        account = options.settings.accounts.accounts["anonymous"]
        self.assertEqual(account.home, os.path.realpath(os.getcwd()))
        self.assertEqual(account.permissions, Permissions.LIST | Permissions.READ)
        self.assertIsNone(options.reload)
        self.assertIn("read-only to anonymous on 127.0.0.1:2121", options.summary)

    def test_quick_options(self) -> None:
        """Root, port, interface, users."""
        options = self.parsed(
            *("--root", self.folder, "--port", "2200", "--interface", "::1", "--user", "a:x:y", "--user", "b:z")
        )
        assert options.settings is not None
        self.assertEqual(options.settings.listeners[0].endpoint, "tcp6:2200:interface=\\:\\:1")
        accounts = options.settings.accounts.accounts
        self.assertEqual({name: one.password for name, one in accounts.items()}, {"a": "{plain}x:y", "b": "{plain}z"})

    def test_writable(self) -> None:
        """Anonymous may write."""
        options = self.parsed("--root", self.folder, "--writable")
        assert options.settings is not None
        self.assertEqual(options.settings.accounts.accounts["anonymous"].permissions, Permissions.ALL)

    def test_the_root_of_the_host_is_refused(self) -> None:
        """In one line, with 1."""
        self.assertEqual(self.exit_code("--root", "/"), 1)
        self.assertEqual(len(self.err.getvalue().splitlines()), 1)

    def test_a_file_and_quick_options_exclude_each_other(self) -> None:
        """One of the two would be ignored."""
        path = self.write(GOOD)
        self.assertIn("--port", self.refused("-c", path, "--port", "21"))
        self.assertIn("--user", self.refused("-c", path, "--user", "a:b"))
        self.assertIn("--writable", self.refused("-c", path, "--writable"))
        self.assertIn("--root", self.refused("-c", path, "--root", ""))

    def test_check_needs_a_file(self) -> None:
        """There is nothing else to check."""
        self.assertIn("-c FILE", self.refused("--check"))

    def test_bad_values_are_refused(self) -> None:
        """Ports, interfaces."""
        self.assertIn("from 1 to 65535", self.refused("--port", "65536"))
        self.assertIn("from 1 to 65535", self.refused("--port", "0"))
        self.assertIn("ftp.example.net", self.refused("--interface", "ftp.example.net"))

    def test_a_bad_user_is_refused_and_not_shown(self) -> None:
        """What stands there may be the password."""
        self.assertNotIn("hunter2", self.refused("--user", "hunter2"))
        self.assertNotIn("hunter2", self.refused("--user", ":hunter2"))
        self.assertIn("NAME:PASSWORD", self.refused("--user", "alice:"))

    def test_anonymous_has_no_password(self) -> None:
        """Such a user could never get in as meant."""
        self.assertIn("have no password", self.refused("--user", "Anonymous:x"))

    def test_help_checkers_lists_all_kinds(self) -> None:
        """Ours, strcred plug-ins that check passwords, and those of installed packages, with a line each."""
        install(self, acme="tests.auth.test_plugins:Directory", lost="acme_nosuch:Checker")
        self.assertEqual(self.exit_code("--help-checkers"), 0)
        lines = self.out.getvalue().splitlines()
        self.assertIn("  accounts:    The accounts of the configuration file.", lines)
        self.assertIn(
            "  file:        This checker expects to receive the location",
            self.out.getvalue(),
        )
        self.assertIn("  acme:        A checker with options.", lines)
        self.assertIn("  lost:        acme_nosuch:Checker cannot be imported: ModuleNotFoundError", self.out.getvalue())
        self.assertNotIn("sshkey", self.out.getvalue())

    def test_the_help_warns_of_passwords(self) -> None:
        """Everybody can read them in the list of processes."""
        self.assertIn("list of processes", " ".join(str(Options()).split()))

    def test_a_service_is_made(self) -> None:
        """Nothing is opened before it starts."""
        service = makeService(self.parsed("-c", self.write(GOOD)))
        self.assertIsInstance(service, ServiceProcess)

    def test_a_certificate_that_cannot_be_used_ends_the_start(self) -> None:
        """With one line: a server that was meant to speak TLS must not speak in clear."""
        options = self.parsed("-c", self.write("tls: {certificate: /none.pem}\n" + GOOD))
        ended: SystemExit = self.assertRaises(SystemExit, makeService, options)
        self.assertEqual(ended.code, 1)
        self.assertIn("/none.pem cannot be read", self.err.getvalue())

    def test_a_checker_that_cannot_be_made_ends_the_start(self) -> None:
        """With its line, without a traceback."""
        options = self.parsed("-c", self.write(NO_CHECKER))
        ended: SystemExit = self.assertRaises(SystemExit, makeService, options)
        self.assertEqual(ended.code, 1)
        self.assertIn(":4: auth.checkers[1]: ", self.err.getvalue())


class ThroughTwistd(FileTestCase):
    """The plug-in, found and run by twistd."""

    def twistd(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run ``twistd ftpd`` in a directory of the test's own."""
        return subprocess.run(
            [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "-n", "ftpd", *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": TREE},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_twistd_knows_the_plug_in(self) -> None:
        """By its name, once."""
        names = [plugin.tapname for plugin in getPlugins(IServiceMaker)]
        self.assertEqual(names.count("ftpd"), 1)

    def test_check_ends_with_0_for_a_right_file(self) -> None:
        """And says so, alone."""
        self.write(GOOD)
        ended = self.twistd("-c", "ftpd.yaml", "--check")
        self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, "ftpd.yaml: ok\n", ""))

    def test_a_broken_file_ends_with_1_and_one_line_each(self) -> None:
        """No traceback, no usage text, no pid file."""
        self.write(BROKEN)
        ended = self.twistd("-c", "ftpd.yaml")
        self.assertEqual((ended.returncode, ended.stdout), (1, ""))
        self.assertEqual([line.split(": ")[0] for line in ended.stderr.splitlines()], ["ftpd.yaml:2", "ftpd.yaml:3"])
        self.assertEqual(os.listdir(self.folder), ["ftpd.yaml"])

    def test_a_checker_that_cannot_be_made_ends_with_1(self) -> None:
        """When the service is made twistd has begun, and still there is no traceback."""
        self.write(NO_CHECKER)
        ended = self.twistd("-c", "ftpd.yaml")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("ftpd.yaml:4: auth.checkers[1]", ended.stderr)
        self.assertNotIn("Traceback", ended.stdout + ended.stderr)

    def test_wrong_options_end_with_1_and_the_usage(self) -> None:
        """As with every twistd plug-in."""
        ended = self.twistd("--check")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("--check needs -c FILE", ended.stdout)
