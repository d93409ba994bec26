"""The lines of the transfer log, and which events have lines."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.events import FileRemoved, LoginSucceeded, TransferFinished, TreeRemoved
from ftpd_service.observe.xferlog import TransferLog, removal_line, transfer_line
from ftpd_service.testing.fakes import peer
from ftpd_service.values import ANONYMOUS, Direction, SessionId
from tests.cases import SynchronousTestCase

SEPTEMBER = 1756982108.0
"""Thursday, 2025-09-04 10:35:08 UTC."""
S1, PEER = SessionId("s1"), peer()
UPLOAD = TransferFinished(
    session=S1,
    peer=PEER,
    account="alice",
    verb="STOR",
    direction=Direction.UPLOAD,
    path="/in/report.pdf",
    octets=182044,
    seconds=3.4,
    outcome="complete",
)
REMOVAL = FileRemoved(session=S1, peer=PEER, account="alice", path="/in/old report.pdf")

TREE = TreeRemoved(
    session=S1, peer=PEER, account="alice", verb="RMDA", path="/in/old", files=3, directories=1, whole=True
)


class LineTests(SynchronousTestCase):
    """The form of lines, at UTC."""

    def setUp(self) -> None:
        """Set the time zone of the process, and set it back at the end."""
        former = os.environ.get("TZ")
        self.addCleanup(self.use_zone, former)
        self.use_zone("UTC")

    def use_zone(self, name: str | None) -> None:
        """Set the time zone."""
        if name is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = name
        time.tzset()

    def line(self, **changes: Any) -> str:  # Any: the values of all fields
        """The line of an upload with some facts changed."""
        return transfer_line(replace(UPLOAD, **changes), SEPTEMBER).decode()

    def test_an_upload(self) -> None:
        """The day has two places, and the seconds are whole."""
        self.assertEqual(
            self.line(),
            f"Thu Sep  4 10:35:08 2025 3 {PEER.address} 182044 /in/report.pdf b _ i r alice ftp 0 * c\n",
        )

    def test_a_download(self) -> None:
        """It goes out."""
        self.assertIn(" b _ o r alice ", self.line(direction=Direction.DOWNLOAD))

    def test_type_a(self) -> None:
        """The bytes are those on the connection."""
        self.assertIn(" a _ i r alice ", self.line(ascii=True))

    def test_an_incomplete_transfer(self) -> None:
        """Whatever the reason is: an upload in the quarantine is not under the path of its line."""
        ends = {self.line(outcome=outcome)[-4:] for outcome in ("aborted", "UploadUnproved", "quarantined")}
        self.assertEqual(ends, {"* i\n"})

    def test_anonymous(self) -> None:
        """The access mode tells it."""
        self.assertIn(" i a anonymous ftp ", self.line(account=ANONYMOUS))

    def test_a_fast_transfer_takes_a_second(self) -> None:
        """Readers divide by the time."""
        self.assertIn(" 2025 1 ", self.line(seconds=0.001))

    def test_a_tree(self) -> None:
        """Its only line is that of the directory; it is incomplete if something stays."""
        lines = [removal_line(replace(TREE, whole=whole), SEPTEMBER).decode() for whole in (True, False)]
        start = "Thu Sep  4 10:35:08 2025 0 192.0.2.1 0 /in/old b _ d r alice ftp 0 *"
        self.assertEqual(lines, [f"{start} c\n", f"{start} i\n"])

    def test_a_deletion(self) -> None:
        """The form is that of ProFTPD, and spaces are replaced."""
        self.assertEqual(
            removal_line(REMOVAL, SEPTEMBER).decode(),
            f"Thu Sep  4 10:35:08 2025 0 {PEER.address} 0 /in/old_report.pdf b _ d r alice ftp 0 * c\n",
        )

    @given(st.text(st.characters(codec=None), max_size=30), st.text(st.characters(codec=None), max_size=30))
    def test_no_text_forges_a_field_or_a_line(self, path: str, account: str) -> None:
        """Each line has 18 words and one line end, whatever the names are; the day has a second space before it."""
        line = self.line(path=f"/{path}", account=account)
        self.assertEqual((len(line.split()), len(line.split(" ")), len(line.splitlines())), (18, 19, 1))


class EventTests(SynchronousTestCase):
    """The observer."""

    def setUp(self) -> None:
        """Make an observer that has a place."""
        self.lines: list[bytes] = []
        self.log = TransferLog(now=lambda: SEPTEMBER)
        self.log.put = self.lines.append

    def test_transfers_and_deletions_have_lines(self) -> None:
        """Other events have no line."""
        login = LoginSucceeded(session=S1, peer=PEER, account="alice")
        for event in (login, UPLOAD, REMOVAL, TREE):
            self.log.observe(event)
        lines = [transfer_line(UPLOAD, SEPTEMBER), *(removal_line(one, SEPTEMBER) for one in (REMOVAL, TREE))]
        self.assertEqual(self.lines, lines)

    def test_a_listing_has_no_line(self) -> None:
        """The form knows downloads, uploads and deletions only."""
        self.log.observe(replace(UPLOAD, direction=Direction.LISTING, verb="LIST"))
        self.assertEqual(self.lines, [])

    def test_wanted_events(self) -> None:
        """Those that have lines."""
        wanted = [self.log.wants(kind) for kind in (LoginSucceeded, TransferFinished, FileRemoved)]
        self.assertEqual(wanted, [False, True, True])

    def test_without_a_place_no_event_is_wanted(self) -> None:
        """And none has a line."""
        self.log.put = None
        self.log.observe(UPLOAD)
        self.assertEqual((self.log.wants(TransferFinished), self.lines), (False, []))
