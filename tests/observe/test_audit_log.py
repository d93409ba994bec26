"""The audit: which events it has, and what happens when it cannot be written."""

from __future__ import annotations

import json
from dataclasses import replace

from ftpd_service import events
from ftpd_service.observe.audit_log import REFUSAL, AuditLog
from ftpd_service.observe.json_lines import JsonLines
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Direction, SessionId
from tests.cases import SynchronousTestCase
from tests.observe.hostile_events import event_of

S1, PEER = SessionId("s1"), peer()
REMOVED = events.FileRemoved(session=S1, peer=PEER, account="alice", path="/f")
REFUSED = events.Refused(
    session=S1, peer=PEER, account="alice", verb="RETR", argument="f", code=550, reason="No such file"
)
LOGIN_FAILED = events.LoginFailed(session=S1, peer=PEER, name="bob", reason="wrong password")


class Queue:
    """Lines that nobody writes."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.over = False

    @property
    def waiting(self) -> int:
        return len(self.lines)

    def put(self, line: bytes, /) -> None:
        self.lines.append(line)


class AuditCase(SynchronousTestCase):
    """An audit of which two lines may wait."""

    def setUp(self) -> None:
        """One that has a place."""
        self.queue = Queue()
        self.ended: list[SessionId] = []
        self.told: list[str] = []
        self.audit = AuditLog(end_session=self.ended.append, tell=self.told.append, now=lambda: 0.0)
        self.audit.use(JsonLines(), self.queue, lines=2)

    def names(self) -> list[str]:
        """The events that were queued."""
        return [json.loads(line)["event"] for line in self.queue.lines]

    def fall_behind(self, lines: int) -> None:
        """Have so many lines wait, which are too many."""
        for _ in range(lines):
            self.audit.observe(REMOVED)
        self.queue.over = True


class ContentTests(AuditCase):
    """What is in it."""

    def test_a_change_of_a_file_is_in_it(self) -> None:
        """With all its fields."""
        self.audit.observe(REMOVED)
        line = json.loads(self.queue.lines[0])
        self.assertEqual((line["event"], line["account"], line["path"]), ("file_removed", "alice", "/f"))

    def test_a_refusal_that_the_log_leaves_out_is_in_it(self) -> None:
        """The audit is complete."""
        self.audit.observe(replace(REFUSED, untold=None))
        self.assertEqual(self.names(), ["refused"])

    def test_an_upload_is_in_it(self) -> None:
        """Complete or not."""
        event = event_of(events.TransferFinished, "aborted")
        self.audit.observe(event)
        self.assertEqual(self.names(), ["transfer_finished"])

    def test_a_download_is_not_in_it(self) -> None:
        """It changes nothing."""
        event = event_of(events.TransferFinished, "complete")
        assert isinstance(event, events.TransferFinished)
        self.audit.observe(replace(event, direction=Direction.DOWNLOAD))
        self.assertEqual(self.names(), [])

    def test_a_command_is_not_in_it(self) -> None:
        """That is what the level debug is for."""
        self.audit.observe(event_of(events.CommandFinished, "NOOP"))
        self.assertEqual((self.names(), self.audit.wants(events.CommandFinished)), ([], False))

    def test_without_a_place_nothing_is_wanted(self) -> None:
        """And everybody may log in."""
        self.audit.use(None, None, lines=2)
        self.audit.observe(REMOVED)
        self.assertEqual((self.names(), self.audit.wants(events.Renamed), self.audit.refusal()), ([], False, ""))


class BoundTests(AuditCase):
    """What happens while nobody writes it."""

    def test_within_its_bound_everybody_may_log_in(self) -> None:
        """At the bound, too."""
        self.audit.observe(REMOVED)
        self.audit.observe(REMOVED)
        self.assertEqual(self.audit.refusal(), "")

    def test_beyond_its_bound_nobody_logs_in(self) -> None:
        """The reason is for the log, which is told once."""
        self.fall_behind(3)
        self.assertEqual(self.audit.refusal(), f"{REFUSAL}: 3 lines wait")
        self.assertEqual(self.audit.refusal(), f"{REFUSAL}: 3 lines wait")
        self.assertEqual(self.told, [f"{REFUSAL}: 3 lines wait for its disk or reader (logging.audit)"])

    def test_beyond_its_bound_nothing_is_left_out(self) -> None:
        """Below twice the bound."""
        self.fall_behind(3)
        self.audit.observe(LOGIN_FAILED)
        self.assertEqual(self.names(), ["file_removed"] * 3 + ["login_failed"])

    def test_at_twice_the_bound_a_session_that_acts_is_ended(self) -> None:
        """Its act is recorded."""
        self.fall_behind(4)
        self.audit.observe(REMOVED)
        self.assertEqual((len(self.queue.lines), self.ended), (5, [S1]))

    def test_at_twice_the_bound_strangers_are_counted(self) -> None:
        """They could make any number of lines."""
        self.fall_behind(4)
        self.audit.observe(LOGIN_FAILED)
        self.audit.observe(replace(REFUSED, account=None))
        self.assertEqual((len(self.queue.lines), self.ended), (4, []))

    def test_what_was_counted_is_told_afterwards(self) -> None:
        """In the audit itself and in the log."""
        self.fall_behind(4)
        self.audit.observe(LOGIN_FAILED)
        self.queue.lines.clear()
        self.queue.over = False
        self.audit.observe(REMOVED)
        text = "1 refusals of clients without a login are missing here: the audit could not be written"
        self.assertEqual((json.loads(self.queue.lines[0])["message"], self.told[-1]), (text, text))
        self.assertEqual(self.names(), ["message", "file_removed"])

    def test_afterwards_everybody_may_log_in_again(self) -> None:
        """As soon as half of the queue is free."""
        self.fall_behind(3)
        self.assertNotEqual(self.audit.refusal(), "")
        self.queue.over = False
        self.assertEqual(self.audit.refusal(), "")
