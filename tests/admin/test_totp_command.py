"""The sub-command that makes secrets of one-time codes."""

from __future__ import annotations

import pyotp

from ftpd_service.auth.totp import read_totp_secret
from tests.admin.commands import CommandCase


class TotpSecretTests(CommandCase):
    """``ftpd-service totp-secret``."""

    def test_output_is_a_file_of_a_secret(self) -> None:
        """The server reads it as it is, and it is new each time."""
        texts = [self.run_it("totp-secret", "alice").output for _ in range(2)]
        secrets = [read_totp_secret(self.write(str(number), text)) for number, text in enumerate(texts)]
        self.assertEqual(([len(secret) for secret in secrets], secrets[0] == secrets[1]), ([32, 32], False))

    def test_uri(self) -> None:
        """An app reads the same secret, and the names, from the second line."""
        output = self.run_it("totp-secret", "alice & bob", "--issuer", "ftp.example.net").output
        secret, uri = output.splitlines()
        read = pyotp.parse_uri(uri)
        assert isinstance(read, pyotp.TOTP)
        self.assertEqual((read.secret, read.name, read.issuer), (secret, "alice & bob", "ftp.example.net"))
        self.assertEqual((read.digits, read.interval), (6, 30))
