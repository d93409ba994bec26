"""Names between bytes and text."""

from __future__ import annotations

from hypothesis import given

from ftpd_service.wire.names import decode, encode
from tests.cases import SynchronousTestCase
from tests.wire.strategies import raw_names, relaxed


class NamesTests(SynchronousTestCase):
    """`decode` and `encode`."""

    def test_utf8_becomes_its_characters(self) -> None:
        """UTF-8 is the character set (RFC 2640 section 3.1)."""
        self.assertEqual(decode("naïve".encode()), "naïve")

    def test_nothing_is_normalised(self) -> None:
        """A name in NFD stays in NFD, as it is another name on the disk."""
        self.assertEqual(encode(decode(b"e\xcc\x81")), b"e\xcc\x81")

    @relaxed
    @given(raw_names)
    def test_any_bytes_come_back(self, data: bytes) -> None:
        """Bytes that are no UTF-8 survive, so that a client can name what it was shown."""
        self.assertEqual(encode(decode(data)), data)
