"""``ftpd-service tls self-signed``."""

from __future__ import annotations

import grp
import os
import socket
import stat

from click.testing import Result
from twisted.trial.unittest import SkipTest

from ftpd_service.tls.certificates import proved
from ftpd_service.tls.settings import KeyPair, TlsSettings
from tests.admin.commands import CommandCase


class SelfSignedTests(CommandCase):
    """A certificate for a first try."""

    def make(self, *more: str) -> Result:
        """Carry out the command."""
        return self.run_it("tls", "self-signed", "--directory", self.path("tls"), *more)

    def test_the_server_takes_it(self) -> None:
        """For the names that were given, addresses too."""
        made = self.make("--name", "ftp.example", "--name", "192.0.2.1")
        self.assertEqual(made.exit_code, 0)
        pair = KeyPair(certificate=self.path("tls", "fullchain.pem"), private_key=self.path("tls", "privkey.pem"))
        self.assertTrue(proved(TlsSettings(pair=pair)).loaded.default.covers("ftp.example"))
        self.assertIn("192.0.2.1", made.output)

    def test_without_names(self) -> None:
        """This host's."""
        self.patch(socket, "gethostname", lambda: "ftp.example")
        self.assertIn("localhost, ftp.example", self.make().output)

    def test_what_to_write_into_the_configuration(self) -> None:
        """With absolute paths, as the file may lie elsewhere."""
        self.assertIn(f"private_key: {self.path('tls', 'privkey.pem')}", self.make().output)

    def test_nobody_else_reads_the_key(self) -> None:
        """Everybody may read the certificate, whatever the umask."""
        self.addCleanup(os.umask, os.umask(0o077))
        self.make()
        modes = [stat.S_IMODE(os.stat(self.path("tls", name)).st_mode) for name in ("privkey.pem", "fullchain.pem")]
        self.assertEqual(modes, [0o600, 0o644])

    def test_the_group_of_the_service_reads_the_key(self) -> None:
        """And enters the folder that was made for it."""
        try:
            group = grp.getgrgid(os.getegid()).gr_name
        except KeyError:
            raise SkipTest("the group of this process has no name") from None
        self.make("--group", group)
        facts = [os.stat(self.path(*names)) for names in (("tls", "privkey.pem"), ("tls",))]
        self.assertEqual([stat.S_IMODE(fact.st_mode) for fact in facts], [0o640, 0o750])
        self.assertEqual({fact.st_gid for fact in facts}, {os.getegid()})

    def test_a_group_that_is_none(self) -> None:
        """One line, and nothing is left."""
        made = self.make("--group", "no-such-group")
        self.assertEqual((made.exit_code, os.listdir(self.folder)), (1, []))
        self.assertIn("no such group", made.output)

    def test_nothing_is_overwritten(self) -> None:
        """A second time fails, and the first pair stays."""
        self.make()
        before = self.read("tls", "privkey.pem")
        again = self.make()
        self.assertEqual((again.exit_code, self.read("tls", "privkey.pem")), (1, before))
        self.assertIn("File exists", again.output)

    def test_no_certificate_is_left_alone(self) -> None:
        """Where the key is there already, no certificate is left that does not fit it."""
        os.makedirs(self.path("tls"))
        self.write("tls/privkey.pem", "")
        self.assertEqual(self.make().exit_code, 1)
        self.assertEqual(os.listdir(self.path("tls")), ["privkey.pem"])

    def test_a_name_that_is_none(self) -> None:
        """One line, no traceback."""
        made = self.make("--name", "ä.example")
        self.assertEqual((made.exit_code, made.output.count("\n")), (1, 1))
        self.assertTrue(made.output.startswith("Error: "))
