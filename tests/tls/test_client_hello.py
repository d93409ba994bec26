"""What clients offer that have no cipher suite in common with us, read from what they send."""

from __future__ import annotations

import ssl
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.tls.client_hello import NAMES, advice, offered_suites
from ftpd_service.tls.settings import COMPATIBLE_CIPHERS, MODERN_CIPHERS
from tests.cases import SynchronousTestCase
from tests.tls.hands import client_context
from tests.wire.strategies import relaxed

OLD = ("AES128-SHA", "AES256-SHA", "ECDHE-RSA-AES128-SHA256")


def hello(*ciphers: str) -> bytes:
    """What OpenSSL's client sends first, with these ciphers of TLS 1.2."""
    context = client_context(version=ssl.TLSVersion.TLSv1_2, ciphers=":".join((*ciphers, "@SECLEVEL=0")))
    outgoing = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="ftp.example")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without a server")


def fragmented(data: bytes, size: int) -> bytes:
    """The same message in more records."""
    message = data[5:]
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(data[:3] + len(piece).to_bytes(2, "big") + piece for piece in pieces)


class ReadingTests(SynchronousTestCase):
    """The list of a ClientHello (RFC 5246 section 7.4.1.2)."""

    def names(self, data: bytes) -> set[str]:
        """What is offered, by name."""
        return {NAMES[suite] for suite in offered_suites(data)}

    def test_of_a_client(self) -> None:
        """All suites, and none of the signals among them (RFC 5746)."""
        self.assertEqual(self.names(hello(*OLD)), set(OLD))

    def test_in_many_records(self) -> None:
        """A message may be cut anywhere."""
        self.assertEqual(self.names(fragmented(hello(*OLD), 7)), set(OLD))

    def test_suites_that_are_none(self) -> None:
        """GREASE is left out (RFC 8701)."""
        data = bytearray(hello(*OLD))
        at = data.index(b"\x00\x2f")
        data[at : at + 2] = b"\x3a\x3a"
        self.assertEqual(self.names(bytes(data)), {"AES256-SHA", "ECDHE-RSA-AES128-SHA256"})

    def test_cut_short(self) -> None:
        """No whole list is no list."""
        data = hello(*OLD)
        end = data.index(b"\x00\x2f") + 1
        self.assertEqual([offered_suites(data[:length]) for length in (0, 5, 6, 40, end)], [()] * 5)

    def test_something_else(self) -> None:
        """Nor are other messages, and words in clear."""
        self.assertEqual(offered_suites(b"USER alice\r\n" * 9), ())
        data = hello(*OLD)
        self.assertEqual(offered_suites(data[:5] + b"\x02" + data[6:]), ())

    @relaxed
    @given(st.binary(max_size=300), st.booleans())
    def test_any_bytes(self, data: bytes, begins_well: bool) -> None:
        """Nothing that a client sends is an error."""
        offered_suites(hello("AES128-SHA")[:50] + data if begins_well else data)

    def test_every_suite_of_ours_has_its_name(self) -> None:
        """Else the advice would not know it."""
        self.assertEqual(set(COMPATIBLE_CIPHERS.split(":")) - set(NAMES.values()), set())

    def test_names_and_numbers(self) -> None:
        """As OpenSSL has them."""
        context = client_context(ciphers=f"{COMPATIBLE_CIPHERS}:@SECLEVEL=0")
        known = {cipher["id"] & 0xFFFF: cipher["name"] for cipher in context.get_ciphers()}
        self.assertEqual({number: NAMES[number] for number in known}, known)


class AdviceTests(SynchronousTestCase):
    """What would help, in one line."""

    def advised(self, *names: str, in_force: str = MODERN_CIPHERS, ecdsa: bool = False) -> str:
        """The line for a client that offers these."""
        numbers = {name: number for number, name in NAMES.items()}
        suites = [numbers[name] for name in names]
        return advice(suites, compatible=COMPATIBLE_CIPHERS, in_force=in_force, ecdsa=ecdsa)

    def test_compatible_helps(self) -> None:
        """By the suite that it would agree on, which the server chooses."""
        self.assertEqual(
            self.advised("AES128-SHA", "RC4-SHA", "ECDHE-RSA-AES128-SHA"),
            "no cipher suite in common: the client offered AES128-SHA, RC4-SHA, ECDHE-RSA-AES128-SHA; "
            "ciphers: compatible would agree on ECDHE-RSA-AES128-SHA",
        )

    def test_compatible_helps_with_another_key(self) -> None:
        """Key exchange by RSA needs an RSA key, and ECDSA its own."""
        told = self.advised("AES128-SHA", ecdsa=True)
        self.assertTrue(told.endswith("compatible would agree on AES128-SHA, with a certificate that has an RSA key"))
        told = self.advised("ECDHE-ECDSA-AES128-SHA")
        self.assertTrue(told.endswith("AES128-SHA, with a certificate that has an ECDSA key"), told)

    def test_compatible_does_not_help(self) -> None:
        """RC4 is never spoken; what has no name here is told by its number."""
        told = advice([0x0005, 0xC0A1], compatible=COMPATIBLE_CIPHERS, in_force=MODERN_CIPHERS, ecdsa=False)
        self.assertEqual(
            told, "no cipher suite in common: the client offered RC4-SHA, 0xC0A1; ciphers: compatible would not help"
        )

    def test_compatible_is_in_force(self) -> None:
        """It is no advice."""
        told = self.advised("RC4-SHA", in_force=COMPATIBLE_CIPHERS)
        self.assertTrue(told.endswith("RC4-SHA; ciphers: compatible is in force"), told)

    def test_nothing_to_read(self) -> None:
        """The line says so."""
        self.assertIn("offered nothing that can be read;", self.advised())

    def test_all_cases_are_one_line(self) -> None:
        """However many a client offers."""
        for in_force, ecdsa in product((MODERN_CIPHERS, COMPATIBLE_CIPHERS), (True, False)):
            self.assertTrue(self.advised(*NAMES.values(), in_force=in_force, ecdsa=ecdsa).isprintable())
