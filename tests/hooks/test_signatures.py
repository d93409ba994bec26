"""The signature of a webhook."""

from __future__ import annotations

from ftpd_service.hooks.signatures import signature_header
from tests.cases import SynchronousTestCase


class SignatureTests(SynchronousTestCase):
    """The header ``Ftpd-Signature``."""

    def test_form(self) -> None:
        """The value was computed by: printf '1700000000.{}' | openssl dgst -sha256 -hmac secret."""
        name, value = signature_header(b"secret", 1700000000, b"{}")
        code = b"b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
        self.assertEqual((name, value), (b"Ftpd-Signature", b"t=1700000000,v1=" + code))

    def test_time_is_signed(self) -> None:
        """Nobody can repeat a request under a later time."""
        codes = {signature_header(b"secret", seconds, b"{}")[1].partition(b",")[2] for seconds in (1, 2)}
        self.assertEqual(len(codes), 2)
