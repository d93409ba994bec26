"""The folders of a run and its certificate."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from ftpd_bench.peers.place import Place, write_certificate
from tests.cases import TestCase


class CertificateTests(TestCase):
    """The certificate that all servers of a run use."""

    def setUp(self) -> None:
        """Make it on a host without any program."""
        self.patch(os, "environ", {"PATH": ""})
        self.place = Place(base=Path(self.mktemp()), cache=Path("unused"))
        self.place.base.mkdir()
        write_certificate(self.place)

    def test_one_file_has_key_and_certificate(self) -> None:
        """vsftpd, pure-ftpd and pyftpdlib read both from one file."""
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.place.certificate)

    def test_two_files_have_them_too(self) -> None:
        """ProFTPD and this server read two files."""
        base = self.place.base
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(base / "certificate.pem", base / "key.pem")

    def test_only_the_servers_user_reads_the_key(self) -> None:
        """A server refuses a key that all may read."""
        self.assertEqual(self.place.certificate.stat().st_mode & 0o777, 0o600)
        self.assertEqual((self.place.base / "key.pem").stat().st_mode & 0o777, 0o600)
