"""TYPE A: line ends both ways, and SIZE and REST counted as they go over the connection."""

from __future__ import annotations

from ftpd_service.commands import ascii_offsets
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in


def with_lines(content: bytes = b"ab\ncd\n") -> Dialogue:
    """A session in TYPE A with a file; its six octets are eight on the connection."""
    dialogue = logged_in()
    dialogue.memory.put("/f", content)
    return dialogue


class DownloadTests(SynchronousTestCase):
    """RETR."""

    def test_lf_becomes_crlf(self) -> None:
        """RFC 959 section 3.1.1.1."""
        self.assertEqual(with_lines().download("RETR f"), b"ab\r\ncd\r\n")

    def test_crlf_stays(self) -> None:
        """No CR CR LF."""
        self.assertEqual(with_lines(b"ab\r\ncd\n").download("RETR f"), b"ab\r\ncd\r\n")

    def test_a_line_end_across_pieces_stays_one(self) -> None:
        """What opening reads ends between CR and LF."""
        content = b"x" * 65535 + b"\r\n"
        self.assertEqual(with_lines(content).download("RETR f"), content)

    def test_150_has_no_count(self) -> None:
        """Curl fails a transfer whose count is wrong."""
        dialogue = with_lines()
        dialogue.say("EPSV", 229)
        self.assertEqual(dialogue.say("RETR f", 150, 226)[0], "150 Opening ASCII mode data connection.")

    def test_rest_counts_converted_bytes(self) -> None:
        """RFC 3659 section 5.3: what the client has already."""
        dialogue = with_lines()
        dialogue.say("REST 4", 350)
        self.assertEqual(dialogue.download("RETR f"), b"cd\r\n")

    def test_rest_within_a_line_end_goes_on_with_lf(self) -> None:
        """The CR is with the client."""
        dialogue = with_lines()
        dialogue.say("REST 3", 350)
        self.assertEqual(dialogue.download("RETR f"), b"\ncd\r\n")

    def test_rest_at_the_converted_end_sends_nothing(self) -> None:
        """The client has the file whole."""
        dialogue = with_lines()
        dialogue.say("REST 8", 350)
        self.assertEqual(dialogue.download("RETR f"), b"")

    def test_rest_behind_the_converted_end_is_554(self) -> None:
        """On the transfer, without a 150."""
        dialogue = with_lines()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 9", 350)
        dialogue.say("RETR f", 554)


class UploadTests(SynchronousTestCase):
    """STOR and APPE."""

    def test_crlf_becomes_lf(self) -> None:
        """RFC 959 section 3.1.1.1."""
        dialogue = with_lines()
        dialogue.upload("STOR g", b"ab\r\ncd\r\n")
        self.assertEqual(dialogue.memory.content("/g"), b"ab\ncd\n")

    def test_a_line_end_in_two_pieces_becomes_lf(self) -> None:
        """The fake channel hands over two halves: here CR ends the first one."""
        dialogue = with_lines()
        dialogue.upload("STOR g", b"a\r\nb")
        self.assertEqual(dialogue.memory.content("/g"), b"a\nb")

    def test_bare_cr_and_lf_stay(self) -> None:
        """Also a CR at the very end."""
        dialogue = with_lines()
        dialogue.upload("STOR g", b"a\rb\nc\r")
        self.assertEqual(dialogue.memory.content("/g"), b"a\rb\nc\r")

    def test_appe_converts_too(self) -> None:
        """The same representation."""
        dialogue = with_lines()
        dialogue.upload("APPE f", b"ef\r\n")
        self.assertEqual(dialogue.memory.content("/f"), b"ab\ncd\nef\n")

    def test_rest_finds_the_local_byte(self) -> None:
        """Four converted octets are three local ones."""
        dialogue = with_lines()
        dialogue.say("REST 4", 350)
        dialogue.upload("STOR f", b"xy\r\n")
        self.assertEqual(dialogue.memory.content("/f"), b"ab\nxy\n")

    def test_rest_within_a_line_end_is_554(self) -> None:
        """No upload can begin there."""
        dialogue = with_lines()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 3", 350)
        dialogue.say("STOR f", 554)

    def test_rest_for_a_missing_file_is_554(self) -> None:
        """As in TYPE I."""
        dialogue = with_lines()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 3", 350)
        dialogue.say("STOR missing", 554)


class SizeTests(SynchronousTestCase):
    """SIZE: the octets that a RETR would send now (RFC 3659 section 4)."""

    def test_in_type_i_it_is_the_files_own(self) -> None:
        """Nothing is converted."""
        dialogue = with_lines()
        dialogue.say("TYPE I", 200)
        self.assertEqual(dialogue.say("SIZE f", 213), ["213 6"])

    def test_in_type_a_it_is_the_converted_one(self) -> None:
        """Never an estimate."""
        self.assertEqual(with_lines().say("SIZE f", 213), ["213 8"])

    def test_it_is_what_retr_sends_across_pieces(self) -> None:
        """The state at the end of one piece counts for the next."""
        dialogue = with_lines(b"x" * 65535 + b"\r\n" + b"\n" * 70_000)
        sent = dialogue.download("RETR f")
        self.assertEqual(dialogue.say("SIZE f", 213), [f"213 {len(sent)}"])

    def test_a_file_at_the_limit_is_counted(self) -> None:
        """The largest one."""
        self.patch(ascii_offsets, "LARGEST", 6)
        with_lines().say("SIZE f", 213)

    def test_a_file_above_the_limit_is_550(self) -> None:
        """Converting it only to count it would cost too much."""
        self.patch(ascii_offsets, "LARGEST", 5)
        self.assertEqual(with_lines().say("SIZE f", 550), ["550 SIZE not allowed in ASCII mode for this file."])

    def test_rest_above_the_limit_is_554(self) -> None:
        """The place is not guessed at."""
        self.patch(ascii_offsets, "LARGEST", 5)
        dialogue = with_lines()
        dialogue.say("EPSV", 229)
        dialogue.say("REST 1", 350)
        dialogue.say("RETR f", 554)
