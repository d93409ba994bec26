"""``ftpdctl tls self-signed``."""

from __future__ import annotations

import io
import os
import socket
import stat
import sys

from ftpd_service.admin.ftpdctl import main
from ftpd_service.tls.certificates import proved
from ftpd_service.tls.settings import KeyPair, TlsSettings
from tests.cases import SynchronousTestCase


class SelfSignedTests(SynchronousTestCase):
    """A certificate for a first try."""

    def setUp(self) -> None:
        """A place for it; what is said is kept."""
        self.folder = os.path.abspath(self.mktemp())
        self.said, self.complained = io.StringIO(), io.StringIO()
        self.patch(sys, "stdout", self.said)
        self.patch(sys, "stderr", self.complained)

    def run_it(self, *more: str) -> int:
        """Carry out the command."""
        return main(["tls", "self-signed", "--directory", self.folder, *more])

    def path(self, name: str) -> str:
        """A file in the folder."""
        return os.path.join(self.folder, name)

    def test_the_server_takes_it(self) -> None:
        """For the names that were given, addresses too."""
        self.assertEqual(self.run_it("--name", "ftp.example", "--name", "192.0.2.1"), 0)
        pair = KeyPair(certificate=self.path("fullchain.pem"), private_key=self.path("privkey.pem"))
        self.assertTrue(proved(TlsSettings(pair=pair)).loaded.default.covers("ftp.example"))
        self.assertIn("192.0.2.1", self.said.getvalue())

    def test_without_names(self) -> None:
        """This host's."""
        self.patch(socket, "gethostname", lambda: "ftp.example")
        self.assertEqual(self.run_it(), 0)
        self.assertIn("localhost, ftp.example", self.said.getvalue())

    def test_what_to_write_into_the_configuration(self) -> None:
        """With absolute paths, as the file may lie elsewhere."""
        self.run_it()
        self.assertIn(f"private_key: {self.path('privkey.pem')}", self.said.getvalue())

    def test_nobody_else_reads_the_key(self) -> None:
        """From the moment on that it is there."""
        self.run_it()
        self.assertEqual(stat.S_IMODE(os.stat(self.path("privkey.pem")).st_mode) & 0o077, 0)

    def test_nothing_is_overwritten(self) -> None:
        """A second time fails, and the first pair stays."""
        self.run_it()
        with open(self.path("privkey.pem"), "rb") as file:
            before = file.read()
        self.assertEqual(self.run_it(), 1)
        with open(self.path("privkey.pem"), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertIn("File exists", self.complained.getvalue())

    def test_no_key_is_left_alone(self) -> None:
        """Where the certificate is there already, no key is left that does not fit it."""
        os.makedirs(self.folder)
        with open(self.path("fullchain.pem"), "wb"):
            pass
        self.assertEqual(self.run_it(), 1)
        self.assertEqual(os.listdir(self.folder), ["fullchain.pem"])

    def test_a_name_that_is_none(self) -> None:
        """One line, no traceback."""
        self.assertEqual(self.run_it("--name", "ä.example"), 1)
        self.assertTrue(self.complained.getvalue().startswith("ftpdctl: "))
