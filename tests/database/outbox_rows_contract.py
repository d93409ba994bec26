"""The contract of the outbox in a database, for each kind of database."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.database.outbox_changes import (
    DeadRow,
    DeliveredRow,
    ForgottenIntent,
    KeptEvent,
    MarkedRow,
    OpenIntent,
    OutboxChange,
    OutboxState,
    PostponedRow,
    ReadRow,
    ReadyEvent,
    UnprovedIntent,
)
from ftpd_service.database.outbox_rows import SqlOutbox
from ftpd_service.database.queries import open_database
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.errors import DatabaseUnavailable
from tests.cases import TestCase


def kept(key: str, rule: str = "r", state: OutboxState = OutboxState.READY, created: float = 1.0) -> KeptEvent:
    """A new row."""
    return KeptEvent(key, rule, state, "alice", "/in/a", f"event {key}", None, created)


class OutboxRowsContract(TestCase):
    """`SqlOutbox` with any database."""

    def made(self) -> DatabaseSettings:
        """An empty database with all tables."""
        raise NotImplementedError

    def setUp(self) -> None:
        assert isinstance(reactor, PosixReactorBase)
        database = self.database = open_database(self.made(), reactor)
        self.addCleanup(lambda: Deferred.fromCoroutine(database.close()))
        self.rows = self.of_process("me")

    def of_process(self, owner: str, node: str = "n") -> SqlOutbox:
        """The rows as another process sees them."""
        return SqlOutbox(self.database, node=node, owner=owner)

    async def write(self, *changes: OutboxChange) -> None:
        """Make changes."""
        await self.rows.write(changes, durable=False)

    async def keys(self, rule: str = "r") -> list[str]:
        """The events that wait."""
        return [row.event for row in await self.rows.ready(rule, 0, 100)]

    async def test_rows_wait_in_the_order_in_which_they_were_told(self) -> None:
        """Each rule has its own; a window begins behind a place."""
        await self.write(kept("a"), kept("b"), kept("a", "other"), kept("c"))
        rows = await self.rows.ready("r", 0, 2)
        self.assertEqual([row.event for row in rows], ["event a", "event b"])
        self.assertEqual([row.event for row in await self.rows.ready("r", rows[-1].sequence, 9)], ["event c"])
        self.assertEqual(sorted(await self.rows.rules()), ["other", "r"])
        self.assertEqual(await self.rows.count(), 4)

    async def test_an_event_is_kept_once_for_each_rule(self) -> None:
        """A transaction whose end was unknown is made again."""
        await self.write(kept("a"))
        await self.write(kept("a"), kept("b"))
        self.assertEqual(await self.keys(), ["event a", "event b"])

    async def test_an_intent_waits_until_it_has_happened(self) -> None:
        """Then it has the final event; one that failed is gone, and one that nobody can prove is a dead letter."""
        intents = [kept(key, state=OutboxState.INTENT) for key in ("a", "b", "c", "d")]
        await self.write(*intents)
        self.assertEqual(await self.keys(), [])
        await self.write(MarkedRow(replace(kept("a"), event="final")), ForgottenIntent("b"), UnprovedIntent("c", "why"))
        self.assertEqual((await self.keys(), await self.rows.count()), (["final"], 3))

    async def test_an_intent_of_a_dead_process_may_have_happened(self) -> None:
        """All its rows are ready then, as they were kept."""
        await self.of_process("older").write(
            [kept("a", rule, OutboxState.INTENT) for rule in ("r", "other")], durable=False
        )
        await self.write(ReadyEvent("a"))
        self.assertEqual((await self.keys(), await self.keys("other")), (["event a"], ["event a"]))

    async def test_a_mark_makes_a_row_that_is_gone(self) -> None:
        """The database may have lost the intent; a row that is ready or dead already is left alone."""
        await self.write(MarkedRow(kept("a")), kept("b"), kept("c"))
        await self.write(DeadRow((await self.rows.ready("r", 0, 3))[2].sequence, "why"))
        await self.write(*(MarkedRow(replace(kept(key), event="final")) for key in ("b", "c")))
        self.assertEqual(await self.keys(), ["event a", "event b"])

    async def test_a_delivered_or_dead_row_waits_no_more(self) -> None:
        """A dead letter still counts."""
        await self.write(kept("a"), kept("b"), kept("c"))
        first, second, _ = await self.rows.ready("r", 0, 9)
        await self.write(DeliveredRow(first.sequence, "a", "r"), DeadRow(second.sequence, "why"))
        self.assertEqual((await self.keys(), await self.rows.count()), (["event c"], 2))

    async def test_a_postponed_row_keeps_its_place(self) -> None:
        """It has another action, more tries and a time."""
        await self.write(kept("a"), kept("b"))
        sequence = (await self.rows.ready("r", 0, 1))[0].sequence
        await self.write(PostponedRow(sequence, 1, 2, 7.5, 6.5, "why"))
        self.assertEqual((await self.rows.ready("r", 0, 1))[0], ReadRow(sequence, "r", "event a", 1, 2, 7.5, 6.5))

    async def test_intents_of_other_processes_are_open(self) -> None:
        """Once for each event; those of this process, and of another node, are none of its business."""
        of_older = self.of_process("older")
        two = [kept("a", rule, OutboxState.INTENT) for rule in ("r", "s")]
        await of_older.write([*two, kept("b")], durable=True)
        await self.write(kept("c", state=OutboxState.INTENT))
        await self.of_process("older", "other node").write([kept("d", state=OutboxState.INTENT)], durable=False)
        self.assertEqual(await self.rows.open_intents(), [OpenIntent("a", "older", None)])

    async def test_each_node_delivers_its_own(self) -> None:
        """A database may serve several hosts."""
        await self.of_process("me", "other node").write([kept("a")], durable=False)
        self.assertEqual((await self.keys(), await self.rows.count(), list(await self.rows.rules())), ([], 0, []))

    async def test_the_age_of_the_oldest(self) -> None:
        """Dead letters and intents do not count."""
        self.assertIsNone(await self.rows.oldest())
        await self.write(
            kept("a", state=OutboxState.INTENT, created=1.0), kept("b", created=3.0), kept("c", created=2.0)
        )
        self.assertEqual(await self.rows.oldest(), 2.0)

    async def test_a_transaction_is_all_or_nothing(self) -> None:
        """A row that cannot be written takes the others with it."""
        with self.assertRaises(DatabaseUnavailable):
            await self.write(kept("a"), replace(kept("b"), event=None))  # type: ignore[arg-type]  # a column needs it
        self.assertEqual(await self.rows.count(), 0)
