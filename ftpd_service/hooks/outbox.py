"""The outbox of a running service: events are kept before their change becomes visible, until they are delivered.

An upload waits for one transaction, which keeps its event as an intent, before its commit.  The mark that the commit
has happened is written behind the reply, but before, or together with, every later intent: so a start after a crash
finds at most the last change of each path open, and looks at the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer

from ftpd_service.database.outbox_changes import (
    DeadRow,
    DeliveredRow,
    ForgottenIntent,
    KeptEvent,
    MarkedRow,
    OutboxState,
    OutboxStore,
    PostponedRow,
)
from ftpd_service.errors import DatabaseFull, DatabaseUnavailable, StorageFull, TemporarilyUnavailable
from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hook_interfaces import IIntent, IntentProof, IOutbox, IOutboxRows, OutboxRow
from ftpd_service.hooks.dropped_events import DroppedEvents
from ftpd_service.hooks.event_json import event_of_stored, readable, stored_text
from ftpd_service.hooks.outbox_writer import OutboxWriter
from ftpd_service.hooks.settling import Settling
from ftpd_service.interfaces import Blocking

ROW_COUNT_SECONDS = 10.0
"""How often a full outbox counts its rows anew, as operators drop rows by another process."""

LONGEST_REASON = 1000
"""The most characters of a reason in the table, as a program's output may be one."""

_LONGEST_ACCOUNT = 255


class MatchingRules(Protocol):
    """The rules of the configuration in force: `ftpd_service.policy.triggers.HookRules`."""

    def wants(self, *triggers: HookTrigger) -> bool:
        """Return whether any rule is about any of these kinds of events."""

    def matching(self, event: HookEvent) -> tuple[str, ...]:
        """Return the ids of the rules that an event fires."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLimits:
    """The limits of the outbox."""

    backlog: int = 100_000
    """The most rows."""
    refuses: bool = True
    """Whether changes are refused when their events cannot be kept; otherwise the events are dropped."""


@implementer(IOutbox, IOutboxRows)
class Outbox:
    """The events of one node.

    :param blocking: runs looks at files, for the intents of processes that have died.
    :param told: is called when rows have become ready.
    :param dropped: is told, from time to time, how many events were dropped, and why.
    :ivar rules: the rules in force.
    :ivar limits: the limits in force.
    :ivar waiting: the number of rows, with those that are not written yet.
    """

    def __init__(
        self,
        store: OutboxStore,
        rules: MatchingRules,
        clock: IReactorTime,
        *,
        blocking: Blocking,
        told: Callable[[], object],
        dropped: Callable[[int, str], object] = lambda count, reason: None,
    ) -> None:
        self.rules = rules
        self.limits = OutboxLimits()
        self.waiting = 0
        self._drops = DroppedEvents(clock, dropped)
        self._store = store
        self._clock = clock
        self._writer = OutboxWriter(store, clock, ready=told, lost=self._count_lost)
        self._settling = Settling(store, clock, blocking, counted=self._count, ready=told)
        self._counted = float("-inf")

    @property
    def dropped(self) -> int:
        """Return how many events were dropped so far."""
        return self._drops.total

    def use(self, rules: MatchingRules, limits: OutboxLimits) -> None:
        """Put other rules and limits into force, for the next events."""
        self.rules, self.limits = rules, limits

    def start(self) -> None:
        """Settle the intents of processes that have died, beside the work of the service."""
        self._settling.start()

    async def stop(self) -> None:
        """Write everything that was told."""
        self._settling.stop()
        self._drops.stop()
        await self._writer.stop()

    # IOutbox

    def wants(self, *triggers: HookTrigger) -> bool:
        return self.rules.wants(*triggers)

    async def intend(self, event: HookEvent, proof: IntentProof | None) -> IIntent | None:
        ids = self.rules.matching(event)
        if not ids:
            return None
        try:
            await self._settling.demand()
            await self._demand_room(len(ids))
            durable = proof is not None and proof.file.durable
            return await self._kept(event, _rows(event, ids, proof), durable=durable)
        except TemporarilyUnavailable as problem:
            self._refuse(problem)
            self._drops.drop(str(problem))
            return None

    def _refuse(self, problem: TemporarilyUnavailable) -> None:
        """Refuse a change, if changes are refused.

        :raises TemporarilyUnavailable: and StorageFull.
        """
        if self.limits.refuses:
            error = StorageFull if isinstance(problem, DatabaseFull) else TemporarilyUnavailable
            raise error(f"its event cannot be kept: {problem}") from problem

    async def _kept(self, event: HookEvent, rows: Sequence[KeptEvent], *, durable: bool) -> IIntent:
        self.waiting += len(rows)
        try:
            await self._writer.write(*rows, durable=durable)
        except DatabaseUnavailable:
            raise
        except BaseException:
            # The intent of a cancelled upload is written all the same.
            self._forget(event.id, len(rows))
            raise
        return _Intent(self, event, rows)

    async def flush(self) -> None:
        try:
            await self._settling.demand()
            await self._writer.flush()
        except TemporarilyUnavailable as problem:
            self._refuse(problem)

    def happened(self, event: HookEvent) -> None:
        rows = _rows(event, self.rules.matching(event), None, OutboxState.READY)
        if self.waiting + len(rows) > self.limits.backlog:
            self._drops.drop(self._full())
        elif rows:
            self.waiting += len(rows)
            self._writer.tell(*rows)

    # IOutboxRows

    async def ready(self, rule: str, after: int, most: int) -> tuple[OutboxRow, ...]:
        rows: list[OutboxRow] = []
        for row in await self._store.ready(rule, after, most):
            try:
                event = event_of_stored(row.event)
            except ValueError as problem:
                self._writer.tell(DeadRow(row.sequence, _reason(f"its event cannot be read: {problem}")))
                continue
            rows.append(
                OutboxRow(
                    sequence=row.sequence,
                    rule=row.rule,
                    event=event,
                    step=row.step,
                    tries=row.tries,
                    due=row.due,
                    failing_since=row.failing_since,
                )
            )
        return tuple(rows)

    async def rules_with_rows(self) -> frozenset[str]:
        return frozenset(await self._store.rules())

    async def oldest(self) -> float | None:
        """Return when the oldest row that waits for delivery was made, in seconds since 1970, or None.

        :raises DatabaseUnavailable:
        """
        return await self._store.oldest()

    async def delivered(self, row: OutboxRow) -> None:
        await self._writer.write(DeliveredRow(row.sequence, row.event.id, row.rule))
        self.waiting -= 1

    async def postponed(self, row: OutboxRow, reason: str) -> None:
        later = PostponedRow(row.sequence, row.step, row.tries, row.due, row.failing_since, _reason(reason))
        await self._writer.write(later)

    async def dead(self, row: OutboxRow, reason: str) -> None:
        await self._writer.write(DeadRow(row.sequence, _reason(reason)))

    # What intents tell

    def intent_happened(self, rows: Sequence[KeptEvent]) -> None:
        """Make the rows of an intent ready."""
        self._writer.tell(*map(MarkedRow, rows))

    def intent_failed(self, key: str, rows: int) -> None:
        """Forget the rows of an intent."""
        self._forget(key, rows)

    def _forget(self, key: str, rows: int) -> None:
        self.waiting -= rows
        self._writer.tell(ForgottenIntent(key))

    def _count(self, rows: int) -> None:
        self.waiting = rows + self._writer.unwritten

    def _count_lost(self, rows: int) -> None:
        self.waiting -= rows

    async def _demand_room(self, rows: int) -> None:
        """Refuse a change whose event has no room.

        :raises TemporarilyUnavailable:
        """
        if self.waiting + rows <= self.limits.backlog:
            return
        now = self._clock.seconds()
        if now - self._counted >= ROW_COUNT_SECONDS:
            self._counted = now
            self._count(await self._store.count())
            if self.waiting + rows <= self.limits.backlog:
                return
        raise TemporarilyUnavailable(self._full())

    def _full(self) -> str:
        return f"hooks.backlog: {self.limits.backlog} events wait"


@implementer(IIntent)
class _Intent:
    """An intent that is written."""

    __slots__ = ("_event", "_outbox", "_rows")

    def __init__(self, outbox: Outbox, event: HookEvent, rows: Sequence[KeptEvent]) -> None:
        self._outbox = outbox
        self._event = event
        self._rows = rows

    def happened(self, event: HookEvent) -> None:
        text = self._rows[0].event if event == self._event else stored_text(event)
        self._outbox.intent_happened(
            [replace(row, state=OutboxState.READY, event=text, proof=None) for row in self._rows]
        )

    def failed(self) -> None:
        self._outbox.intent_failed(self._event.id, len(self._rows))


def _rows(
    event: HookEvent, rules: Sequence[str], proof: IntentProof | None, state: OutboxState = OutboxState.INTENT
) -> list[KeptEvent]:
    text, proved = stored_text(event), None if proof is None else _proof_text(proof)
    path = None if event.path is None else _column(event.path)
    account = None if event.origin.account is None else _column(event.origin.account)[:_LONGEST_ACCOUNT]
    return [KeptEvent(event.id, rule, state, account, path, text, proved, event.time) for rule in rules]


def _column(text: str) -> str:
    """Return a text that each database takes: PostgreSQL refuses NUL, and a change that it refuses stops all others."""
    return readable(text).replace("\0", "\\x00")


def _reason(text: str) -> str:
    return _column(text)[:LONGEST_REASON]


def _proof_text(proof: IntentProof) -> str:
    return json.dumps([proof.kind.value, proof.file.path, proof.file.device, proof.file.inode])
