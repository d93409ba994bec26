"""Files of certificates and keys: what is taken, what is refused and with which words."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ftpd_service.tls.certificates import proved
from ftpd_service.tls.loading import CertificateProblem, Loaded
from ftpd_service.tls.settings import ClientCertificate, KeyPair, TlsSettings
from tests.cases import SynchronousTestCase
from tests.tls.hands import NOW, pair, write


class LoadingTestCase(SynchronousTestCase):
    """A good pair."""

    def setUp(self) -> None:
        """Make it."""
        self.folder = os.path.abspath(self.mktemp())
        self.pair = pair(self.folder, "ftp.example")

    def loaded(self, pair: KeyPair) -> Loaded:
        """What a pair comes to."""
        return proved(TlsSettings(pair=pair)).loaded

    def problem(self, settings: TlsSettings) -> CertificateProblem:
        """What is wrong with settings."""
        problem: CertificateProblem = self.assertRaises(CertificateProblem, proved, settings)
        return problem

    def content(self, path: str | None) -> bytes:
        """The octets of a file."""
        assert path is not None
        with open(path, "rb") as file:
            return file.read()

    def encrypted(self, password: bytes) -> str:
        """The key in another file, encrypted."""
        key = load_pem_private_key(self.content(self.pair.private_key), None)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
        return write(self.folder, "encrypted.key", secret)


class KeyTests(LoadingTestCase):
    """Private keys."""

    def test_in_the_file_of_the_certificate(self) -> None:
        """One file may hold both."""
        both = self.content(self.pair.private_key) + self.content(self.pair.certificate)
        loaded = self.loaded(KeyPair(certificate=write(self.folder, "both.pem", both)))
        self.assertTrue(loaded.default.covers("ftp.example"))

    def test_encrypted(self) -> None:
        """The first line of a file opens it."""
        password = write(self.folder, "password", b"open sesame\r\nmore\n")
        self.loaded(replace(self.pair, private_key=self.encrypted(b"open sesame"), password_file=password))

    def test_encrypted_without_a_password(self) -> None:
        """The operator hears which key is missing."""
        problem = self.problem(TlsSettings(pair=replace(self.pair, private_key=self.encrypted(b"x"))))
        self.assertIn("private_key_password_file is missing", str(problem))

    def test_encrypted_with_another_password(self) -> None:
        """No message shows it."""
        password = write(self.folder, "password", b"wrong")
        settings = TlsSettings(pair=replace(self.pair, private_key=self.encrypted(b"right"), password_file=password))
        self.assertIn("or its password is wrong", str(self.problem(settings)))

    def test_a_password_too_much(self) -> None:
        """A key that needs none is likely another one than was meant."""
        password = write(self.folder, "password", b"x")
        problem = self.problem(TlsSettings(pair=replace(self.pair, password_file=password)))
        self.assertIn("private_key_password_file is too much", str(problem))

    def test_of_another_certificate(self) -> None:
        """Seen before a client does."""
        other = pair(self.folder, "other.example")
        problem = self.problem(TlsSettings(pair=replace(self.pair, private_key=other.private_key)))
        self.assertIn("is not the key of the certificate", problem.text)
        self.assertEqual(problem.key, ("private_key",))

    def test_rsa_that_is_too_short(self) -> None:
        """OpenSSL's own opinion counts."""
        key = rsa.generate_private_key(65537, 1024)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        problem = self.problem(TlsSettings(pair=replace(self.pair, private_key=write(self.folder, "rsa.key", secret))))
        self.assertEqual(problem.key, ("private_key",))

    def test_repr_shows_no_key(self) -> None:
        """Logs may hold it."""
        self.assertNotIn("key=", repr(self.loaded(self.pair).default))


class FileTests(LoadingTestCase):
    """Files that are not what they should be."""

    def test_missing(self) -> None:
        """With the key of the configuration, the path and the system's reason."""
        problem = self.problem(TlsSettings(pair=replace(self.pair, certificate="/none.pem")))
        self.assertEqual(str(problem), "tls.certificate: /none.pem cannot be read: No such file or directory")

    def test_of_another_kind(self) -> None:
        """A key where a certificate is due."""
        assert self.pair.private_key is not None
        problem = self.problem(TlsSettings(pair=replace(self.pair, certificate=self.pair.private_key)))
        self.assertIn("holds no certificate in PEM", str(problem))

    def test_of_a_name(self) -> None:
        """The problem names it."""
        settings = TlsSettings(pair=self.pair, names={"x.example": KeyPair(certificate="/none.pem")})
        self.assertEqual(self.problem(settings).key, ("names", "x.example", "certificate"))

    def test_authorities(self) -> None:
        """Read although no client has come yet."""
        settings = TlsSettings(
            pair=self.pair, client_authorities="/none.pem", client_certificate=ClientCertificate.OPTIONAL
        )
        self.assertEqual(self.problem(settings).key, ("client_authorities",))

    def test_ciphers(self) -> None:
        """A list that OpenSSL does not know."""
        self.assertEqual(self.problem(TlsSettings(pair=self.pair, ciphers="NONSENSE")).key, ("ciphers",))


class ExpiryTests(LoadingTestCase):
    """What ends soon."""

    def warnings(self, left: timedelta) -> list[str]:
        """What is said of a certificate with so much time left."""
        made = pair(self.folder, "ftp.example", now=NOW, days=90)
        return list(self.loaded(made).warnings(NOW + timedelta(days=90) - left))

    def test_more_than_three_weeks(self) -> None:
        """Not a word."""
        self.assertEqual(self.warnings(timedelta(days=21, seconds=1)), [])

    def test_three_weeks(self) -> None:
        """A word, with the path, the day and how many are left."""
        (text,) = self.warnings(timedelta(days=21))
        self.assertIn("ftp.example.pem expires on 2027-02-20, in 21 days", text)

    def test_expired(self) -> None:
        """From the very second on."""
        (text,) = self.warnings(timedelta())
        self.assertIn("has expired on 2027-02-20", text)

    def test_a_certificate_is_valid_at_once(self) -> None:
        """Also for a client whose clock is slow."""
        made = self.loaded(pair(self.folder, "ftp.example"))
        self.assertLess(made.default.own.not_valid_before_utc, datetime.now(timezone.utc))
