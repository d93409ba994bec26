"""TYPE A in both directions (RFC 959 section 3.1.1.1; RFC 3659 sections 4 and 5)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.wire.ascii import FromNetwork, NetworkLength, NetworkPosition, ToNetwork, translated_length
from tests.cases import SynchronousTestCase
from tests.wire.strategies import cut, relaxed

_data = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\x1a", b"\xff"]), max_size=24).map(b"".join)
_cuts = st.lists(st.integers(0, 40), max_size=6)


def _sent(data: bytes) -> bytes:
    return ToNetwork().translate(data)


class ToNetworkTests(SynchronousTestCase):
    """Downloads."""

    def test_lf_becomes_crlf(self) -> None:
        """The line end of the network."""
        self.assertEqual(_sent(b"a\nb\n"), b"a\r\nb\r\n")

    def test_crlf_stays(self) -> None:
        """A file with CRLF goes out unchanged, never with CR CR LF."""
        self.assertEqual(_sent(b"a\r\n\nb"), b"a\r\n\r\nb")

    def test_a_bare_cr_stays(self) -> None:
        """No client wants CR NUL."""
        self.assertEqual(_sent(b"a\rb"), b"a\rb")

    def test_a_crlf_over_two_pieces_stays(self) -> None:
        """The octet before is remembered."""
        translation = ToNetwork()
        self.assertEqual(translation.translate(b"a\r") + translation.translate(b"\nb"), b"a\r\nb")

    def test_a_restart_behind_a_cr_sends_the_lf_alone(self) -> None:
        """The client has the CR already."""
        self.assertEqual(ToNetwork(previous_cr=True).translate(b"\n\n"), b"\n\r\n")

    def test_nothing_is_held_back(self) -> None:
        """A CR at the end has gone out."""
        translation = ToNetwork()
        translation.translate(b"\r")
        self.assertEqual(translation.finish(), b"")

    @relaxed
    @given(_data, _cuts)
    def test_cuts_make_no_difference(self, data: bytes, places: list[int]) -> None:
        """The same octets, however they are read."""
        translation = ToNetwork()
        pieces = [translation.translate(piece) for piece in cut(data, places)]
        self.assertEqual(b"".join(pieces) + translation.finish(), _sent(data))

    @relaxed
    @given(_data)
    def test_no_lf_goes_out_alone(self, data: bytes) -> None:
        """Each has a CR before it."""
        self.assertEqual(_sent(data).count(b"\n"), _sent(data).count(b"\r\n"))


class FromNetworkTests(SynchronousTestCase):
    """Uploads."""

    def test_crlf_becomes_lf(self) -> None:
        """The local line end."""
        self.assertEqual(FromNetwork().translate(b"a\r\nb\r\n"), b"a\nb\n")

    def test_bare_lf_and_bare_cr_stay(self) -> None:
        """Neither is a line end of the network."""
        self.assertEqual(FromNetwork().translate(b"a\nb\rc"), b"a\nb\rc")

    def test_a_crlf_over_two_pieces_becomes_lf(self) -> None:
        """CR and LF may come in different segments."""
        translation = FromNetwork()
        self.assertEqual(translation.translate(b"a\r") + translation.translate(b"\nb"), b"a\nb")

    def test_a_cr_at_the_very_end_is_kept(self) -> None:
        """It was held back for a LF that never came."""
        translation = FromNetwork()
        self.assertEqual((translation.translate(b"a\r"), translation.finish()), (b"a", b"\r"))

    def test_the_end_is_told_once(self) -> None:
        """A second finish gives nothing more."""
        translation = FromNetwork()
        translation.translate(b"\r")
        translation.finish()
        self.assertEqual(translation.finish(), b"")

    @relaxed
    @given(_data, _cuts)
    def test_cuts_make_no_difference(self, data: bytes, places: list[int]) -> None:
        """The same octets, however they arrive."""
        translation = FromNetwork()
        pieces = [translation.translate(piece) for piece in cut(data, places)]
        self.assertEqual(b"".join(pieces) + translation.finish(), data.replace(b"\r\n", b"\n"))

    @relaxed
    @given(_data.filter(lambda data: b"\r" not in data))
    def test_a_local_text_survives_the_round_trip(self, data: bytes) -> None:
        """Out and in again gives the same file, where it held no CR."""
        translation = FromNetwork()
        self.assertEqual(translation.translate(_sent(data)) + translation.finish(), data)


class LengthTests(SynchronousTestCase):
    """SIZE in TYPE A."""

    def test_a_lf_behind_a_cr_counts_once(self) -> None:
        """With the CR in an earlier piece."""
        self.assertEqual(translated_length(b"\n\n", previous_cr=True), 3)

    @relaxed
    @given(_data, _cuts)
    def test_the_count_is_what_goes_out(self, data: bytes, places: list[int]) -> None:
        """SIZE is exact (RFC 3659 section 4)."""
        length = NetworkLength()
        for piece in cut(data, places):
            length.feed(piece)
        self.assertEqual(length.octets, len(_sent(data)))


class PositionTests(SynchronousTestCase):
    """REST in TYPE A."""

    def test_zero_is_found_before_anything_is_read(self) -> None:
        """The start of the file."""
        self.assertTrue(NetworkPosition(0).found)

    def test_an_offset_behind_a_line_counts_its_cr(self) -> None:
        """``a LF`` goes out as three octets."""
        position = NetworkPosition(3)
        position.feed(b"a\nb\n")
        self.assertEqual((position.offset, position.previous_cr, position.inside_line_end), (2, False, False))

    def test_an_offset_between_cr_and_lf_lies_inside_a_line_end(self) -> None:
        """A download goes on with the LF alone; no upload can begin there."""
        position = NetworkPosition(2)
        position.feed(b"a\nb\n")
        self.assertEqual((position.offset, position.previous_cr, position.inside_line_end), (1, True, True))

    def test_an_offset_within_a_crlf_of_the_file_is_a_place_in_it(self) -> None:
        """The CR stands in the file, so an upload can begin behind it."""
        position = NetworkPosition(2)
        position.feed(b"a\r\nb")
        self.assertEqual((position.offset, position.previous_cr, position.inside_line_end), (2, True, False))

    def test_the_end_of_the_file_is_found(self) -> None:
        """Nothing is left to be sent then (RFC 3659 section 5.3)."""
        self.assertTrue(NetworkPosition(3).feed(b"a\n"))

    def test_an_offset_beyond_the_end_is_not_found(self) -> None:
        """One more than the converted length."""
        self.assertFalse(NetworkPosition(4).feed(b"a\n"))

    @relaxed
    @given(_data, _cuts, st.integers(0, 60))
    def test_what_is_sent_from_there_is_the_tail(self, data: bytes, places: list[int], wanted: int) -> None:
        """The octets from the offset on are those of an uninterrupted download (RFC 3659 section 5)."""
        position = NetworkPosition(min(wanted, len(_sent(data))))
        for piece in cut(data, places):
            position.feed(piece)
        tail = ToNetwork(previous_cr=position.previous_cr).translate(data[position.offset :])
        self.assertTrue(position.found)
        self.assertEqual(tail, _sent(data)[min(wanted, len(_sent(data))) :])

    @relaxed
    @given(_data, st.integers(0, 60))
    def test_a_place_for_an_upload_has_the_converted_length(self, data: bytes, wanted: int) -> None:
        """What stands before it becomes exactly as many octets as were asked for."""
        position = NetworkPosition(min(wanted, len(_sent(data))))
        position.feed(data)
        before = len(_sent(data[: position.offset]))
        self.assertEqual(before + position.inside_line_end, min(wanted, len(_sent(data))))
