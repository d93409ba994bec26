"""The outbox of a running service."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.defer import Deferred

from ftpd_service.database.outbox_changes import (
    DeadRow,
    ForgottenIntent,
    KeptEvent,
    MarkedRow,
    OutboxState,
    ReadRow,
)
from ftpd_service.errors import DatabaseFull, DatabaseUnavailable, StorageFull, TemporarilyUnavailable
from ftpd_service.hook_events import HookTrigger
from ftpd_service.hook_interfaces import HostFile, IntentProof, OutboxRow, ProofKind
from ftpd_service.hooks.event_json import stored_text
from ftpd_service.hooks.outbox import LONGEST_REASON, ROW_COUNT_SECONDS, OutboxLimits
from ftpd_service.hooks.outbox_writer import MARK_SECONDS, OUTBOX_PAUSE_SECONDS, UNCERTAIN_SECONDS
from ftpd_service.policy.triggers import HookRules
from tests.hooks.outbox_case import OutboxCase, event


class IntentTests(OutboxCase):
    """Events of changes that are about to happen."""

    def test_an_intent_is_kept_before_the_change(self) -> None:
        """One row for each rule that matches."""
        self.store.holding = True
        waiting = self.intend("a")
        self.assertNoResult(waiting)
        self.store.held[0].callback(None)
        self.assertIsNotNone(self.successResultOf(waiting))
        rows = [(one.id, one.rule, one.state) for one in self.store.written[0] if isinstance(one, KeptEvent)]
        self.assertEqual(rows, [("a", "all", OutboxState.INTENT), ("a", "in", OutboxState.INTENT)])

    def test_no_row_is_written_without_a_rule_that_matches(self) -> None:
        """Such a change pays nothing."""
        self.outbox.use(HookRules(), OutboxLimits())
        self.assertIsNone(self.successResultOf(self.intend("a")))
        self.assertEqual((self.store.written, self.outbox.wants(HookTrigger.UPLOADED)), ([], False))

    def test_the_final_event_is_ready(self) -> None:
        """The change's facts at its end count, and the delivery is told."""
        final = replace(event("a"), size=7)
        self.intent("a").happened(final)
        self.later()
        marked = [(one.row.rule, one.row.event) for one in self.store.written[-1] if isinstance(one, MarkedRow)]
        self.assertEqual(marked, [("all", stored_text(final)), ("in", stored_text(final))])
        self.assertEqual(self.told, [MARK_SECONDS])

    def test_a_mark_waits_for_company(self) -> None:
        """The next intent takes it along: a client that sends many files pays one transaction for each."""
        self.intent("a").happened(event("a"))
        self.assertEqual(len(self.store.written), 1)
        self.intent("b")
        self.later()
        self.assertEqual(self.words()[1:], [["MarkedRow a", "MarkedRow a", "KeptEvent b", "KeptEvent b"]])

    def test_a_change_that_failed_is_forgotten(self) -> None:
        """Its rows count no more."""
        self.intent("a").failed()
        self.later()
        self.assertEqual((self.store.written[-1], self.outbox.waiting), ([ForgottenIntent("a")], 0))

    def test_changes_that_come_during_a_transaction_share_the_next_one(self) -> None:
        """In their order: the mark of one upload is there together with the intent of the next."""
        first = self.intent("a")
        self.store.holding = True
        waiting = self.intend("b", "/out")
        first.happened(event("a"))
        third = self.intend("c", "/out")
        self.store.held.pop().callback(None)
        self.successResultOf(waiting)
        self.store.held.pop().callback(None)
        self.successResultOf(third)
        self.assertEqual(self.words()[1:], [["KeptEvent b"], ["MarkedRow a", "MarkedRow a", "KeptEvent c"]])

    def test_a_cancelled_upload_forgets_its_intent(self) -> None:
        """Although the transaction with it goes on."""
        self.store.holding = True
        waiting = self.intend("a")
        waiting.addErrback(lambda failure: None)
        waiting.cancel()
        self.store.holding = False
        self.store.held.pop().callback(None)
        self.later()
        self.assertEqual((self.words()[-1], self.outbox.waiting), (["ForgottenIntent a"], 0))

    def test_durable_uploads_have_durable_events(self) -> None:
        """As the storage says of their files."""
        self.intent("a")
        proof = IntentProof(ProofKind.PRESENT, HostFile("/x", 1, 2, durable=True))
        self.successResultOf(Deferred.fromCoroutine(self.outbox.intend(event("b"), proof)))
        self.assertEqual(self.store.durable, [False, True])


class FlushTests(OutboxCase):
    """Changes that are no events, but take away the proof of an earlier one."""

    def flush(self) -> Deferred[None]:
        """Wait for what was told."""
        return Deferred.fromCoroutine(self.outbox.flush())

    def test_nothing_waits_where_nothing_was_told(self) -> None:
        """Without a transaction."""
        self.successResultOf(self.flush())
        self.assertEqual(self.store.written, [])

    def test_an_earlier_mark_is_waited_for(self) -> None:
        """Also one that is in no transaction yet."""
        first, second = self.intent("a"), self.intent("b")
        self.store.holding = True
        first.happened(event("a"))
        self.later()
        second.happened(event("b"))
        flushed = self.flush()
        self.store.held.pop().callback(None)
        self.assertNoResult(flushed)
        self.store.held.pop().callback(None)
        self.successResultOf(flushed)

    def test_a_mark_that_cannot_be_written_refuses_the_change(self) -> None:
        """As an intent does."""
        first = self.intent("a")
        self.store.down = True
        first.happened(event("a"))
        self.failureResultOf(self.flush(), TemporarilyUnavailable)


class FailureTests(OutboxCase):
    """A database that cannot be written."""

    def test_changes_are_refused(self) -> None:
        """With 450, and the transaction may have been committed, so the intent is forgotten later."""
        self.intent("a")
        self.store.down = True
        self.failureResultOf(self.intend("b"), TemporarilyUnavailable)
        self.assertEqual(self.outbox.waiting, 2)
        self.store.down = False
        self.clock.advance(OUTBOX_PAUSE_SECONDS)
        self.assertEqual(self.words()[-1], ["ForgottenIntent b"])

    def test_changes_that_wait_for_their_turn_are_refused_too(self) -> None:
        """Otherwise they would wait behind everything that is written again and again."""
        self.intent("a")
        self.store.holding = True
        first, second = self.intend("b"), self.intend("c")
        self.store.held.pop().errback(DatabaseUnavailable("down"))
        self.failureResultOf(first, TemporarilyUnavailable)
        self.failureResultOf(second, TemporarilyUnavailable)
        self.assertEqual(self.outbox.waiting, 2)

    def test_a_cancelled_upload_is_counted_once(self) -> None:
        """Also if its transaction fails then."""
        self.store.holding = True
        waiting = self.intend("a")
        waiting.addErrback(lambda failure: None)
        waiting.cancel()
        self.store.held.pop().errback(DatabaseUnavailable("down"))
        self.assertEqual(self.outbox.waiting, 0)

    def test_a_full_disk_is_told_as_such(self) -> None:
        """With 452."""
        self.intent("a")
        self.store.holding = True
        waiting = self.intend("b")
        self.store.held.pop().errback(DatabaseFull("database or disk is full"))
        self.failureResultOf(waiting, StorageFull)

    def test_with_drop_they_go_on(self) -> None:
        """Their events are counted."""
        self.limit(refuses=False)
        self.intent("a")
        self.store.down = True
        self.assertIsNone(self.successResultOf(self.intend("b")))
        self.assertEqual((self.outbox.dropped, len(self.drops)), (1, 1))

    def test_a_mark_is_written_again_and_again(self) -> None:
        """Until the database takes it, after a pause each time."""
        intent = self.intent("a")
        self.store.down = True
        intent.happened(event("a"))
        self.clock.pump([OUTBOX_PAUSE_SECONDS] * 3)
        self.assertEqual(len(self.store.written), 1)
        self.store.down = False
        self.clock.advance(OUTBOX_PAUSE_SECONDS)
        self.assertEqual((self.words()[-1], self.told), (["MarkedRow a", "MarkedRow a"], [OUTBOX_PAUSE_SECONDS * 4]))

    def test_rows_of_the_last_seconds_are_written_again(self) -> None:
        """A crash of PostgreSQL may have undone them; but not those that are delivered."""
        self.outbox.start()
        self.outbox.happened(event("old", "/out"))
        self.later()
        self.clock.advance(UNCERTAIN_SECONDS)
        self.outbox.happened(event("delivered", "/out"))
        self.outbox.happened(event("recent", "/out"))
        row = OutboxRow(sequence=1, rule="all", event=event("delivered"))
        delivered = Deferred.fromCoroutine(self.outbox.delivered(row))
        self.later()
        self.successResultOf(delivered)
        self.store.reconnected = True
        self.intent("a")
        self.later()
        self.assertEqual(self.words()[-1], ["MarkedRow recent"])

    def test_the_end_writes_what_was_told(self) -> None:
        """Even if a transaction runs."""
        first = self.intent("a")
        self.store.holding = True
        first.happened(event("a"))
        self.later()
        self.outbox.happened(event("b", "/out"))
        stopped = Deferred.fromCoroutine(self.outbox.stop())
        self.store.held.pop().callback(None)
        self.assertNoResult(stopped)
        self.store.held.pop().callback(None)
        self.successResultOf(stopped)
        self.assertEqual(self.words()[1:], [["MarkedRow a", "MarkedRow a"], ["KeptEvent b"]])

    def test_the_end_does_not_wait_for_a_database_that_is_down(self) -> None:
        """One try."""
        first = self.intent("a")
        self.store.down = True
        first.happened(event("a"))
        self.successResultOf(Deferred.fromCoroutine(self.outbox.stop()))
        self.assertEqual(self.clock.getDelayedCalls(), [])


class BacklogTests(OutboxCase):
    """The bound of the rows."""

    def test_beyond_it_changes_are_refused(self) -> None:
        """Rows are counted for each rule."""
        self.limit(3)
        self.intent("a")
        self.store.counted = 2
        self.failureResultOf(self.intend("b"), TemporarilyUnavailable)
        self.assertIsNotNone(self.successResultOf(self.intend("c", "/out")))

    def test_rows_that_an_operator_has_dropped_make_room(self) -> None:
        """They are counted anew, but not for each upload."""
        self.limit(2)
        self.intent("a")
        self.store.counted = 2
        self.failureResultOf(self.intend("b"), TemporarilyUnavailable)
        self.store.counted = 0
        self.failureResultOf(self.intend("b"), TemporarilyUnavailable)
        self.clock.advance(ROW_COUNT_SECONDS)
        self.assertIsNotNone(self.successResultOf(self.intend("b")))

    def test_events_that_nobody_waits_for_are_dropped(self) -> None:
        """And counted, and the log is told why."""
        self.limit(1)
        self.outbox.happened(event("a"))
        self.assertEqual((self.store.written, self.outbox.dropped), ([], 1))
        self.assertEqual(self.drops, [(1, "hooks.backlog: 1 events wait")])


class DeliveryTests(OutboxCase):
    """The rows as the delivery sees them."""

    def test_rows_have_their_events(self) -> None:
        """As they were told."""
        self.store.rows = [ReadRow(1, "all", stored_text(event("a")), 1, 2, 3.0, 4.0)]
        row = self.successResultOf(Deferred.fromCoroutine(self.outbox.ready("all", 0, 9)))[0]
        self.assertEqual((row.event, row.step, row.tries, row.due, row.failing_since), (event("a"), 1, 2, 3.0, 4.0))

    def test_a_row_that_cannot_be_read_is_a_dead_letter(self) -> None:
        """The others are delivered."""
        self.store.rows = [
            ReadRow(number, "all", text, 0, 0, 0.0, None)
            for number, text in enumerate(("{}", stored_text(event("a"))), 1)
        ]
        rows = self.successResultOf(Deferred.fromCoroutine(self.outbox.ready("all", 0, 9)))
        self.later()
        self.assertEqual([row.sequence for row in rows], [2])
        self.assertIsInstance(self.store.written[0][0], DeadRow)

    def test_a_reason_fits_into_the_table(self) -> None:
        """PostgreSQL takes no NUL, and a program may write a lot."""
        row = OutboxRow(sequence=1, rule="all", event=event("a"))
        dead = Deferred.fromCoroutine(self.outbox.dead(row, "\0\udc80" + "x" * LONGEST_REASON))
        self.later()
        self.successResultOf(dead)
        reason = "\\x00\\x80" + "x" * (LONGEST_REASON - 8)
        self.assertEqual(self.store.written, [[DeadRow(1, reason)]])
