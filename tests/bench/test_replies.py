"""Replies as the measuring client reads them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ftpd_bench.replies import BadReply, Reply, ReplySplitter, epsv_port, pasv_port
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed

DIALOGUE = b"220-Welcome\r\n 221 not the end\r\n220-\r\n220 ready\r\n150 ok\r\n226 done\r\n"


class SplittingTests(SynchronousTestCase):
    """Bytes become replies."""

    def test_a_reply_of_one_line(self) -> None:
        """Code and text (RFC 959 section 4.2)."""
        self.assertEqual(ReplySplitter().feed(b"200 fine\r\n"), [Reply(200, "fine")])

    def test_a_reply_of_many_lines_ends_with_its_code_and_a_blank(self) -> None:
        """Lines between may look like anything else."""
        self.assertEqual(ReplySplitter().feed(DIALOGUE), [Reply(220, "ready"), Reply(150, "ok"), Reply(226, "done")])

    @relaxed
    @given(st.lists(st.integers(min_value=0, max_value=len(DIALOGUE)), max_size=10))
    def test_however_they_are_cut(self, cuts: list[int]) -> None:
        """The same bytes give the same replies."""
        places = [0, *sorted(cuts), len(DIALOGUE)]
        splitter = ReplySplitter()
        found = [reply for start, end in pairwise(places) for reply in splitter.feed(DIALOGUE[start:end])]
        self.assertEqual(found, ReplySplitter().feed(DIALOGUE))

    def test_what_is_no_reply_is_refused(self) -> None:
        """Another protocol answers there."""
        self.assertRaises(BadReply, ReplySplitter().feed, b"SSH-2.0-other\r\n")


class PortTests(SynchronousTestCase):
    """Where the data connection goes."""

    def test_epsv(self) -> None:
        """RFC 2428 section 3."""
        self.assertEqual(epsv_port("Entering (|||6446|)"), 6446)

    def test_epsv_without_a_port(self) -> None:
        """Refused, not guessed."""
        self.assertRaises(BadReply, epsv_port, "Entering extended passive mode")

    def test_pasv(self) -> None:
        """With or without brackets (RFC 1123 section 4.1.2.6)."""
        self.assertEqual(pasv_port("Entering Passive Mode 127,0,0,1,25,46"), 25 * 256 + 46)

    def test_pasv_without_a_port(self) -> None:
        """Refused, not guessed."""
        self.assertRaises(BadReply, pasv_port, "Entering Passive Mode")
