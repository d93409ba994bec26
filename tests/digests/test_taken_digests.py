"""Digests of bytes that arrive in pieces."""

from __future__ import annotations

import hashlib

from ftpd_service.digests.taken_digests import TakenDigests
from tests.cases import SynchronousTestCase


class TakenDigestsTests(SynchronousTestCase):
    """`TakenDigests`."""

    def test_all_bytes_count(self) -> None:
        """Those that were put off first, in their order."""
        taken = TakenDigests(["md5", "crc32"])
        taken.put_off(b"ab")
        taken.take(memoryview(b"cd"))
        taken.take(b"ef")
        self.assertEqual(taken.byte_count, 6)
        self.assertEqual(taken.digests(), {"md5": hashlib.md5(b"abcdef").hexdigest(), "crc32": "4b8e39ef"})

    def test_few_bytes(self) -> None:
        """Count although no others have come."""
        taken = TakenDigests(["md5"])
        taken.put_off(b"ab")
        self.assertEqual(taken.digests(), {"md5": hashlib.md5(b"ab").hexdigest()})
        self.assertEqual(taken.byte_count, 2)
