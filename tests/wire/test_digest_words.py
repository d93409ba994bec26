"""The words of digests and ranges."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.values import ByteRange
from ftpd_service.wire.digest_words import (
    HASH_NAMES,
    DigestArgument,
    digest_argument,
    hash_algorithm,
    octet_range,
    path_list,
    shown_range,
)
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, texts

LARGEST = 2**63 - 1


class OctetRangeTests(SynchronousTestCase):
    """The argument of RANG."""

    def test_two_numbers(self) -> None:
        """Both bytes belong to the range; the order is the verb's concern."""
        self.assertEqual([octet_range("10 19"), octet_range(" 1  0 ")], [(10, 19), (1, 0)])

    def test_the_largest_numbers(self) -> None:
        """63 bits."""
        self.assertEqual(octet_range(f"{LARGEST} {LARGEST}"), (LARGEST, LARGEST))
        self.assertRaises(BadArgument, octet_range, f"0 {LARGEST + 1}")
        self.assertRaises(BadArgument, octet_range, f"{'9' * 5000} 0")

    def test_anything_else(self) -> None:
        """No signs, no fractions, no other digits than those of ASCII, no third number."""
        for wrong in ("", "1", "1 2 3", "-1 2", "1 -2", "+1 2", "1.0 2", "0x1 2", "1 \u0662", "1,2", "a b"):
            self.assertRaises(BadArgument, octet_range, wrong)


class DigestArgumentTests(SynchronousTestCase):
    """The argument of XCRC and its kin."""

    def test_quotes_within_quotes(self) -> None:
        """They are doubled."""
        self.assertEqual(digest_argument('"a""b" 3').path, 'a"b')

    def test_quotes_later(self) -> None:
        """They are the name's."""
        self.assertEqual(digest_argument('a "b"'), DigestArgument(path='a "b"'))

    def test_what_follows_the_quotes(self) -> None:
        """Up to two numbers behind a space."""
        self.assertEqual(digest_argument('"a b"  1 2').part, ByteRange(start=1, stop=2))
        for wrong in ('"a"1', '"a" b', '"a" 1 b', '"a" -1', '"a', '"', '""'):
            self.assertRaises(BadArgument, digest_argument, wrong)

    def test_trailing_numbers(self) -> None:
        """They may be a range, or belong to the name."""
        argument = digest_argument("a b 3 9")
        self.assertEqual((argument.path, argument.part), ("a b 3 9", ByteRange(start=0)))
        shorter = argument.without_numbers()
        self.assertEqual((shorter.path, shorter.part), ("a b", ByteRange(start=3, stop=9)))

    def test_one_trailing_number(self) -> None:
        """Where the range begins."""
        shorter = digest_argument("a b 3").without_numbers()
        self.assertEqual((shorter.path, shorter.part), ("a b", ByteRange(start=3)))

    def test_three_trailing_numbers(self) -> None:
        """The first belongs to the name."""
        self.assertEqual(digest_argument("a 1 2 3").shorter, "a 1")

    def test_numbers_alone(self) -> None:
        """The first is the name."""
        self.assertEqual([digest_argument("1").shorter, digest_argument("1 2").shorter], [None, "1"])

    def test_a_number_too_large(self) -> None:
        """It is refused only if it is no part of the name."""
        self.assertRaises(BadArgument, digest_argument(f"a {LARGEST + 1}").without_numbers)

    def test_an_empty_range(self) -> None:
        """It ends where it begins; one byte earlier is none."""
        self.assertEqual(digest_argument("a 5 5").without_numbers().part, ByteRange(start=5, stop=5))
        self.assertRaises(BadArgument, digest_argument("a 5 4").without_numbers)

    @relaxed
    @given(texts.filter(bool), st.integers(0, LARGEST))
    def test_every_name_can_be_quoted(self, name: str, start: int) -> None:
        """Whatever is in it."""
        doubled = name.replace('"', '""')
        argument = digest_argument(f'"{doubled}" {start}')
        self.assertEqual((argument.path, argument.part), (name, ByteRange(start=start)))


class OtherTests(SynchronousTestCase):
    """Lists, algorithms, and ranges in replies."""

    def test_paths_with_commas_between(self) -> None:
        """Spaces beside the commas do not count."""
        self.assertEqual(path_list("a, b c ,d"), ("a", "b c", "d"))
        for wrong in ("", ",", "a,,b", "a, "):
            self.assertRaises(BadArgument, path_list, wrong)

    def test_algorithms(self) -> None:
        """Those of the configuration only."""
        self.assertEqual([hash_algorithm(name, tuple(HASH_NAMES)) for name in HASH_NAMES.values()], list(HASH_NAMES))
        self.assertRaises(UnsupportedParameter, hash_algorithm, "MD5", ("sha1",))
        self.assertRaises(UnsupportedParameter, hash_algorithm, "md4", ("md5",))

    def test_ranges_in_replies(self) -> None:
        """With the last byte."""
        self.assertEqual([shown_range(0, 1), shown_range(3, 10), shown_range(0, 0)], ["0-0", "3-9", "0-0"])
