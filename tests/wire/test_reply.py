"""Replies as bytes (RFC 959 section 4.2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.wire.names import encode as encode_name
from ftpd_service.wire.paths import tellable
from ftpd_service.wire.reply import After, Final, Preliminary, encode, interior_rows
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed, texts


class SingleLineTests(SynchronousTestCase):
    """Replies of one line."""

    def test_a_line_is_code_space_text(self) -> None:
        """``ddd SP text CRLF``."""
        self.assertEqual(encode(Final(code=200, lines=("OK",))), b"200 OK\r\n")

    def test_a_preliminary_looks_the_same(self) -> None:
        """1yz replies have the same form."""
        self.assertEqual(encode(Preliminary(code=150, lines=("Opening.",))), b"150 Opening.\r\n")

    def test_the_text_is_never_empty(self) -> None:
        """Clients look at the fifth byte of a line."""
        self.assertEqual(encode(Final(code=200, lines=("",))), b"200 .\r\n")

    def test_no_lines_at_all_still_make_a_reply(self) -> None:
        """Each command gets a reply, whatever was put into it."""
        self.assertEqual(encode(Final(code=200, lines=())), b"200 .\r\n")

    def test_control_characters_become_question_marks(self) -> None:
        """CR, LF, NUL and DEL of a name would cut the line in two."""
        self.assertEqual(encode(Final(code=550, lines=("a\r\n\0\x7fb",))), b"550 a????b\r\n")

    def test_tab_stays(self) -> None:
        """Of the control characters, tab alone is harmless."""
        self.assertEqual(encode(Final(code=250, lines=("a\tb",))), b"250 a\tb\r\n")

    def test_ff_is_doubled(self) -> None:
        """FF begins a Telnet command (RFC 854)."""
        self.assertEqual(encode(Final(code=257, lines=("\udcff",))), b"257 \xff\xff\r\n")

    def test_raw_bytes_go_out_as_they_came(self) -> None:
        """A name that is no UTF-8 must be usable by the client as shown."""
        self.assertEqual(encode(Final(code=257, lines=("\udce9",))), b"257 \xe9\r\n")


class MultiLineTests(SynchronousTestCase):
    """Replies of several lines."""

    def test_first_interior_and_last(self) -> None:
        """Hyphen at the start, one space before interior lines, the same code at the end."""
        encoded = encode(Final(code=211, lines=("Features:", "SIZE", "End")))
        self.assertEqual(encoded, b"211-Features:\r\n SIZE\r\n211 End\r\n")

    @relaxed
    @given(lines=st.lists(texts, max_size=5))
    def test_rows_are_interior_lines_that_were_made_before(self, lines: list[str]) -> None:
        """A listing's rows, by the same rules as all interior lines; those that no reply can hold are left out."""
        lines = [line.replace("\r", "").replace("\n", "") for line in lines]
        rows = interior_rows(encode_name("".join(f"{line}\r\n" for line in lines)))
        shown = [line for line in lines if tellable(line)]
        self.assertEqual(
            encode(Final(code=212, lines=("first", "last"), rows=rows)),
            encode(Final(code=212, lines=("first", *shown, "last"))),
        )

    def test_two_lines_have_no_interior(self) -> None:
        """First and last only."""
        self.assertEqual(encode(Final(code=212, lines=("Status:", "End"))), b"212-Status:\r\n212 End\r\n")

    def test_an_interior_line_that_begins_with_a_space_gets_one_more(self) -> None:
        """MLST without facts has two spaces before the path (RFC 3659 section 7.2)."""
        encoded = encode(Final(code=250, lines=("Listing /a", " /a", "End")))
        self.assertEqual(encoded, b"250-Listing /a\r\n  /a\r\n250 End\r\n")

    def test_an_interior_line_that_looks_like_an_end_is_none(self) -> None:
        """curl ends a reply at any line of three digits and a space."""
        self.assertIn(b"\r\n 226 x\r\n", encode(Final(code=211, lines=("a", "226 x", "End"))))

    @relaxed
    @given(st.lists(texts, min_size=1, max_size=6), st.integers(200, 599))
    def test_any_lines_make_one_reply(self, lines: list[str], code: int) -> None:
        """Whatever the lines hold, the end is found at the last line only, and no control byte is in between."""
        encoded = encode(Final(code=code, lines=tuple(lines)))
        rows = encoded.removesuffix(b"\r\n").split(b"\r\n")
        self.assertEqual(len(rows), len(lines))
        ends = [row for row in rows if row[:1].isdigit() and row[3:4] == b" "]
        self.assertEqual(ends, [rows[-1]])
        self.assertFalse(set(b"\r\n\0") & set(b"".join(rows)))

    @relaxed
    @given(texts)
    def test_every_ff_is_doubled(self, text: str) -> None:
        """No single FF leaves the server in a reply."""
        encoded = encode(Final(code=200, lines=(text,)))
        self.assertEqual(encoded.count(b"\xff"), 2 * encode_name(text).count(b"\xff"))


class ValueTests(SynchronousTestCase):
    """What may be a reply."""

    def test_a_final_goes_on_unless_told_otherwise(self) -> None:
        """Only QUIT, 421 and AUTH do something else."""
        self.assertIs(Final(code=200, lines=("OK",)).after, After.CONTINUE)

    def test_a_preliminary_code_is_no_final(self) -> None:
        """A 1yz reply does not complete a command (RFC 959 section 4.2)."""
        self.assertRaises(ValueError, Final, code=150, lines=("x",))

    def test_a_final_code_is_no_preliminary(self) -> None:
        """Only 1yz goes before a final reply."""
        self.assertRaises(ValueError, Preliminary, code=226, lines=("x",))
