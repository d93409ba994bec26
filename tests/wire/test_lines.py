"""From bytes to lines: line ends, Telnet, the cap, and the stop behind verbs that switch TLS."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.wire.lines import Item, Line, LineSplitter, LineTooLong, TelnetAnswer
from tests.cases import SynchronousTestCase
from tests.wire.strategies import cut, relaxed

_STOPS = frozenset({b"AUTH"})

_stream = st.lists(
    st.sampled_from(
        [b"\r\n", b"\n", b"\r", b"\0", b"\r\0", b"a", b"bcd ", b"AUTH", b"auth TLS\r\n"]
        + [bytes([byte]) for byte in (0xFF, 0xFA, 0xF0, 0xFB, 0xFD, 0xFE, 0xF4, 0xF2, 0x01)]
    ),
    max_size=40,
).map(b"".join)
_cuts = st.lists(st.integers(0, 120), max_size=10)


def _split(data: bytes, *, strict: bool = False) -> list[Item]:
    return LineSplitter(strict=strict).feed(data)


def _with_resumes(splitter: LineSplitter, items: list[Item]) -> list[Item]:
    """What comes when each stop verb is answered at once."""
    gathered = list(items)
    while splitter.stopped:
        gathered += splitter.resume()
    return gathered


class LineEndTests(SynchronousTestCase):
    """What ends a line."""

    def test_crlf_ends_a_line(self) -> None:
        """RFC 959 section 5.3."""
        self.assertEqual(_split(b"NOOP\r\nQUIT\r\n"), [Line(b"NOOP"), Line(b"QUIT")])

    def test_a_bare_lf_ends_a_line(self) -> None:
        """Clients that send only LF exist."""
        self.assertEqual(_split(b"NOOP\nQUIT\n"), [Line(b"NOOP"), Line(b"QUIT")])

    def test_an_empty_line_is_handed_over(self) -> None:
        """The request parser knows what it means."""
        self.assertEqual(_split(b"\r\n"), [Line(b"")])

    def test_cr_nul_is_a_cr_of_the_text(self) -> None:
        """RFC 2640 section 3.1."""
        self.assertEqual(_split(b"STOR a\r\0b\r\n"), [Line(b"STOR a\rb")])

    def test_cr_nul_lf_ends_no_line(self) -> None:
        """The three bytes are CR and LF of a name."""
        self.assertEqual(_split(b"DELE a\r\0\nb\r\n"), [Line(b"DELE a\r\nb")])

    def test_a_bare_cr_is_a_byte_of_the_text(self) -> None:
        """Also right before the end of the line."""
        self.assertEqual(_split(b"a\rb\r\r\n"), [Line(b"a\rb\r")])

    def test_another_nul_is_left_for_the_request(self) -> None:
        """It is refused there, with 501."""
        self.assertEqual(_split(b"a\0\n"), [Line(b"a\0")])

    def test_strictly_a_bare_lf_is_a_byte_of_the_text(self) -> None:
        """The switch for strict line ends."""
        self.assertEqual(_split(b"a\nb\r\n", strict=True), [Line(b"a\nb")])

    def test_an_unfinished_line_is_held(self) -> None:
        """Only a complete line is acted on."""
        splitter = LineSplitter()
        self.assertEqual((splitter.feed(b"NOOP\r"), splitter.held), ([], True))

    def test_nothing_is_held_behind_a_whole_line(self) -> None:
        """All bytes have been handed over."""
        splitter = LineSplitter()
        splitter.feed(b"NOOP\r\n")
        self.assertFalse(splitter.held)

    @relaxed
    @given(st.binary(max_size=60).filter(lambda text: b"\n" not in text), _cuts)
    def test_any_text_comes_through(self, text: bytes, places: list[int]) -> None:
        """A name of any bytes but LF arrives as it was, encoded as Telnet and RFC 2640 want it."""
        splitter = LineSplitter()
        wire = text.replace(b"\r", b"\r\0").replace(b"\xff", b"\xff\xff") + b"\r\n"
        items = [item for piece in cut(wire, places) for item in splitter.feed(piece)]
        self.assertEqual(items, [Line(text)])


class LimitTests(SynchronousTestCase):
    """Lines that are too long."""

    def test_a_line_at_the_limit_is_whole(self) -> None:
        """The end of the line does not count."""
        self.assertEqual(LineSplitter(limit=4).feed(b"abcd\r\n"), [Line(b"abcd")])

    def test_a_line_above_the_limit_is_told_once(self) -> None:
        """And the next line is as any other."""
        self.assertEqual(LineSplitter(limit=4).feed(b"abcde\r\nf\r\n"), [LineTooLong(), Line(b"f")])

    def test_it_is_told_when_the_limit_is_passed(self) -> None:
        """Not only when the line ends, which may be never."""
        splitter = LineSplitter(limit=4)
        splitter.feed(b"abcd")
        self.assertEqual(splitter.feed(b"e"), [LineTooLong()])

    def test_what_is_dropped_is_not_held(self) -> None:
        """The rest of the line goes nowhere."""
        splitter = LineSplitter(limit=4)
        splitter.feed(b"abcdefgh")
        self.assertFalse(splitter.held)

    def test_cr_nul_lf_does_not_end_a_dropped_line(self) -> None:
        """The same rule as in a line that is kept."""
        self.assertEqual(LineSplitter(limit=2).feed(b"abc\r\0\nd\r\ne\r\n"), [LineTooLong(), Line(b"e")])

    def test_a_megabyte_without_a_line_end_is_told_once(self) -> None:
        """And the session goes on behind it."""
        splitter = LineSplitter()
        items = splitter.feed(b"a" * 1_048_576) + splitter.feed(b"a\r\nNOOP\r\n")
        self.assertEqual(items, [LineTooLong(), Line(b"NOOP")])


class TelnetTests(SynchronousTestCase):
    """The Telnet layer (RFC 854; RFC 1123 section 4.1.2.12)."""

    def test_do_is_answered_wont(self) -> None:
        """The option is refused."""
        self.assertEqual(_split(b"\xff\xfd\x01NOOP\r\n"), [TelnetAnswer(b"\xff\xfc\x01"), Line(b"NOOP")])

    def test_will_is_answered_dont(self) -> None:
        """Likewise."""
        self.assertEqual(_split(b"\xff\xfb\x01NOOP\r\n"), [TelnetAnswer(b"\xff\xfe\x01"), Line(b"NOOP")])

    def test_an_option_is_refused_once(self) -> None:
        """Two sides that answer answers would never end."""
        self.assertEqual(_split(b"\xff\xfd\x01" * 3), [TelnetAnswer(b"\xff\xfc\x01")])

    def test_wont_and_dont_are_swallowed(self) -> None:
        """They agree with us."""
        self.assertEqual(_split(b"\xff\xfc\x01\xff\xfe\x01NOOP\r\n"), [Line(b"NOOP")])

    def test_commands_of_two_bytes_are_swallowed(self) -> None:
        """Interrupt Process and Data Mark come before ABOR."""
        self.assertEqual(_split(b"\xff\xf4\xff\xf2ABOR\r\n"), [Line(b"ABOR")])

    def test_a_doubled_ff_is_one_byte_of_a_name(self) -> None:
        """IAC IAC."""
        self.assertEqual(_split(b"RETR \xff\xff\r\n"), [Line(b"RETR \xff")])

    def test_a_single_ff_is_a_byte_of_a_name(self) -> None:
        """Clients that do not double it send it so."""
        self.assertEqual(_split(b"RETR \xffa\r\n"), [Line(b"RETR \xffa")])

    def test_a_single_ff_does_not_hide_the_line_end(self) -> None:
        """The byte behind it is read as ever."""
        self.assertEqual(_split(b"RETR \xff\nNOOP\n"), [Line(b"RETR \xff"), Line(b"NOOP")])

    def test_a_subnegotiation_is_swallowed(self) -> None:
        """Whatever it holds, a line end and a doubled FF too."""
        self.assertEqual(_split(b"\xff\xfa\x01\n\xff\xff\xf0\xff\xf0NOOP\r\n"), [Line(b"NOOP")])

    def test_an_endless_subnegotiation_ends(self) -> None:
        """It cannot swallow a session."""
        self.assertEqual(_split(b"\xff\xfa" + b"x" * 512 + b"NOOP\r\n"), [Line(b"NOOP")])

    def test_half_a_sequence_before_a_whole_line(self) -> None:
        """The line is in one piece, and its first byte belongs to what came before it."""
        splitter = LineSplitter()
        splitter.feed(b"\xff\xfd")
        self.assertEqual(splitter.feed(b"\x01NOOP\r\n"), [TelnetAnswer(b"\xff\xfc\x01"), Line(b"NOOP")])

    def test_half_a_sequence_is_held(self) -> None:
        """What it means is not known yet."""
        splitter = LineSplitter()
        splitter.feed(b"\xff")
        self.assertTrue(splitter.held)


class StopTests(SynchronousTestCase):
    """The stop behind a verb that switches TLS."""

    def test_nothing_is_handed_over_behind_the_verb(self) -> None:
        """What a man in the middle put there must not be carried out under TLS."""
        splitter = LineSplitter(stop_verbs=_STOPS)
        items = splitter.feed(b"AUTH TLS\r\nNOOP\r\n")
        self.assertEqual((items, splitter.stopped, splitter.held), ([Line(b"AUTH TLS")], True, True))

    def test_the_verb_is_known_in_any_case_of_letters(self) -> None:
        """And behind remnants of Telnet."""
        splitter = LineSplitter(stop_verbs=_STOPS)
        splitter.feed(b"\xf2auth tls\r\n")
        self.assertTrue(splitter.stopped)

    def test_a_longer_verb_does_not_stop(self) -> None:
        """The whole verb counts."""
        splitter = LineSplitter(stop_verbs=_STOPS)
        splitter.feed(b"AUTHX\r\n")
        self.assertFalse(splitter.stopped)

    def test_nothing_held_means_nothing_came(self) -> None:
        """TLS can start."""
        splitter = LineSplitter(stop_verbs=_STOPS)
        splitter.feed(b"AUTH TLS\r\n")
        self.assertFalse(splitter.held)

    def test_bytes_that_come_while_stopped_are_held(self) -> None:
        """They wait for the answer."""
        splitter = LineSplitter(stop_verbs=_STOPS)
        splitter.feed(b"AUTH TLS\r\n")
        self.assertEqual((splitter.feed(b"NOOP\r\n"), splitter.held), ([], True))

    def test_resume_hands_over_what_waited(self) -> None:
        """An AUTH that is refused switches nothing."""
        splitter = LineSplitter(stop_verbs=_STOPS)
        splitter.feed(b"AUTH X\r\nNOOP\r\nPW")
        items = splitter.resume() + splitter.feed(b"D\r\n")
        self.assertEqual((items, splitter.held), ([Line(b"NOOP"), Line(b"PWD")], False))

    def test_resume_stops_at_the_next_one(self) -> None:
        """Each is answered before anything goes on."""
        splitter = LineSplitter(stop_verbs=_STOPS)
        splitter.feed(b"AUTH X\r\nAUTH Y\r\nNOOP\r\n")
        self.assertEqual((splitter.resume(), splitter.stopped), ([Line(b"AUTH Y")], True))


class CutTests(SynchronousTestCase):
    """TCP segments carry no meaning (RFC 1123 section 4.1.2)."""

    @relaxed
    @given(_stream, _cuts, st.integers(1, 12), st.booleans())
    def test_any_cuts_give_the_same_items(self, data: bytes, places: list[int], limit: int, strict: bool) -> None:
        """Lines, over-long lines, answers and stops, in the same order."""
        whole = LineSplitter(limit=limit, strict=strict, stop_verbs=_STOPS)
        pieces = LineSplitter(limit=limit, strict=strict, stop_verbs=_STOPS)
        wanted = _with_resumes(whole, whole.feed(data))
        got = [item for piece in cut(data, places) for item in _with_resumes(pieces, pieces.feed(piece))]
        self.assertEqual((got, pieces.held), (wanted, whole.held))

    @relaxed
    @given(_stream)
    def test_late_resumes_give_the_same_items(self, data: bytes) -> None:
        """However long a stop lasts, and byte by byte."""
        whole = LineSplitter(limit=9, stop_verbs=_STOPS)
        slow = LineSplitter(limit=9, stop_verbs=_STOPS)
        wanted = _with_resumes(whole, whole.feed(data))
        got = [item for piece in cut(data, [*range(len(data))]) for item in slow.feed(piece)]
        self.assertEqual(_with_resumes(slow, got), wanted)

    @relaxed
    @given(_stream, st.integers(1, 12))
    def test_no_line_is_longer_than_the_limit(self, data: bytes, limit: int) -> None:
        """The cap holds for all bytes."""
        items = LineSplitter(limit=limit).feed(data)
        self.assertTrue(all(len(item.text) <= limit for item in items if isinstance(item, Line)))
