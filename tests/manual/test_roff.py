"""Text as roff: what the descriptions and the help contain is printed as it stands there."""

from __future__ import annotations

from ftpd_service.manual import roff
from tests.cases import SynchronousTestCase


class RoffTests(SynchronousTestCase):
    """Characters, fonts, paragraphs."""

    def test_dashes_and_backslashes_stay(self) -> None:
        """roff would make a hyphen of the dash, and a command of the backslash."""
        self.assertEqual(roff.escaped(r"--tls \:"), r"\-\-tls \e:")

    def test_literals_are_bold(self) -> None:
        """In one or two backquotes."""
        self.assertEqual(roff.inline("``-a`` or `b`."), r"\fB\-a\fR or \fBb\fR.")

    def test_emphasis_is_italic(self) -> None:
        """Between asterisks."""
        self.assertEqual(roff.inline("*size*; default"), r"\fIsize\fR; default")

    def test_asterisks_of_a_pattern_stay(self) -> None:
        """They are not emphasis inside a literal, nor with a space behind them."""
        self.assertEqual(roff.inline("``*.a`` 2 * 3 * 4"), r"\fB*.a\fR 2 * 3 * 4")

    def test_no_line_of_text_is_a_request(self) -> None:
        """A dot at the margin would be read by roff."""
        self.assertEqual(list(roff.filled(".profile is a file")), [r"\&.profile is a file"])

    def test_a_list_has_an_entry_for_each_dash(self) -> None:
        """And the lines of an entry are one paragraph."""
        self.assertEqual(
            list(roff.blocks("- one\n  more\n- two")), ['.IP "\\(bu" 2', "one more", '.IP "\\(bu" 2', "two"]
        )

    def test_an_indented_paragraph_keeps_its_lines(self) -> None:
        """It is an example."""
        lines = ["Do", ".PP", ".RS 4", ".nf", "a", "  b", r"\&.c", ".fi", ".RE", ".PP", "Then"]
        self.assertEqual(list(roff.blocks("Do\n\n  a\n    b\n  .c\n\nThen")), lines)
