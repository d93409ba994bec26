"""The record layer by itself: where records end, however the octets come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ftpd_service.data.records import Framing
from tests.wire.strategies import relaxed


def record(length: int) -> bytes:
    """A record of application data."""
    return b"\x17\x03\x03" + length.to_bytes(2, "big") + bytes(length)


class FramingTests(SynchronousTestCase):
    """A FIN is between records or within one."""

    def test_nothing_is_whole(self) -> None:
        """No record was begun."""
        self.assertTrue(Framing().whole)

    @relaxed
    @given(st.lists(st.integers(0, 300), min_size=1, max_size=20), st.data())
    def test_only_the_ends_of_records_are_whole(self, lengths: list[int], data: st.DataObject) -> None:
        """Any records in any cuts, up to any octet."""
        ends = [0]
        for length in lengths:
            ends.append(ends[-1] + 5 + length)
        stream = b"".join(record(length) for length in lengths)
        stop = data.draw(st.one_of(st.sampled_from(ends), st.integers(0, len(stream))))
        cuts = sorted(data.draw(st.lists(st.integers(0, stop), max_size=10)))
        framing = Framing()
        for start, end in zip([0, *cuts], [*cuts, stop], strict=True):
            if start < end:
                framing.add(memoryview(stream[start:end]))
        self.assertEqual(framing.whole, stop in ends)
