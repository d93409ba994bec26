"""Text that a client may have chosen, as the log shows it."""

from __future__ import annotations

from ftpd_service.observe.escapes import escaped, quoted
from tests.cases import SynchronousTestCase


class QuotedTests(SynchronousTestCase):
    """Names."""

    def test_an_ordinary_name_stands_as_it_is(self) -> None:
        """Spaces and letters of all scripts too."""
        self.assertEqual(quoted("/My files/\u00fcber \u65e5\u672c"), '"/My files/\u00fcber \u65e5\u672c"')

    def test_an_empty_name_can_be_seen(self) -> None:
        """As two quotes."""
        self.assertEqual(quoted(""), '""')

    def test_quotes_and_backslashes_are_escaped(self) -> None:
        """The first quote without a backslash before it ends the name."""
        self.assertEqual(quoted('a"b\\c'), '"a\\"b\\\\c"')

    def test_control_characters_are_escaped(self) -> None:
        """C0 and DEL by two digits, C1 by four: two from 80 on are a byte."""
        self.assertEqual(quoted("\0\t\n\r\x1b\x7f\x85\x9b"), '"\\x00\\x09\\x0a\\x0d\\x1b\\x7f\\u0085\\u009b"')

    def test_line_separators_are_escaped(self) -> None:
        """Some readers take them for line ends."""
        self.assertEqual(quoted("a\u2028b\u2029c"), '"a\\u2028b\\u2029c"')

    def test_controls_of_bidirectional_text_are_escaped(self) -> None:
        """They show a line in another order than it has."""
        self.assertEqual(quoted("\u202a\u202e\u2066\u2069\u200e\u061c"), '"\\u202a\\u202e\\u2066\\u2069\\u200e\\u061c"')

    def test_bytes_that_are_no_utf8_are_bytes(self) -> None:
        """Of two digits, as they are on the disk."""
        self.assertEqual(quoted("na\udcefve"), '"na\\xefve"')

    def test_another_lone_surrogate_is_a_character(self) -> None:
        """It cannot be encoded either."""
        self.assertEqual(quoted("\ud800"), '"\\ud800"')

    def test_a_character_that_unicode_does_not_have_is_escaped(self) -> None:
        """Beyond the basic plane by eight digits."""
        self.assertEqual(quoted("\U000e0001"), '"\\U000e0001"')


class EscapedTests(SynchronousTestCase):
    """Texts."""

    def test_quotes_stay(self) -> None:
        """There are none around the text."""
        self.assertEqual(escaped('a "b" \\ c'), 'a "b" \\ c')

    def test_what_is_kept_stays(self) -> None:
        """A traceback has lines."""
        self.assertEqual(escaped("a\n\tb\x1b", kept="\n\t"), "a\n\tb\\x1b")
