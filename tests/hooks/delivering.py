"""Rows, a table and actions in memory for tests of the delivery."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.hook_interfaces import ActionFailed, IAction, IOutboxRows, OutboxRow
from ftpd_service.hooks.action_runs import ActionRun, DeliveryParts
from ftpd_service.hooks.settings import ActionSettings
from ftpd_service.hooks.shared_action import SharedAction
from ftpd_service.values import VirtualPath

START = 1000.0
"""The time at which a test begins, in seconds since 1970."""


def event(
    name: str, path: str | None = None, *, account: str = "alice", host_path: str | None = None, from_path: str = ""
) -> HookEvent:
    """An upload; its id is its name."""
    return HookEvent(
        id=name,
        trigger=HookTrigger.UPLOADED,
        time=START,
        origin=HookOrigin(node="n", account=account),
        path=VirtualPath(f"/{name}" if path is None else path),
        host_path=host_path,
        from_path=VirtualPath(from_path) if from_path else None,
    )


@implementer(IOutboxRows)
class MemoryRows:
    """A table in memory.

    :ivar kept: the rows that wait, in their order.
    :ivar letters: the dead letters with their reasons.
    :ivar written: each change, in a word and the event's id.
    :ivar looks: how often rows were asked for.
    :ivar held: changes that wait for the test, if `holding`.
    """

    def __init__(self) -> None:
        self.kept: dict[int, OutboxRow] = {}
        self.letters: dict[str, str] = {}
        self.written: list[tuple[str, str]] = []
        self.looks = 0
        self.down = self.holding = False
        self.held: list[Deferred[None]] = []

    def put(self, *events: HookEvent, rule: str = "r") -> None:
        """Add rows that are ready."""
        for one in events:
            sequence = len(self.written) + len(self.kept) + len(self.letters) + 1
            while sequence in self.kept:
                sequence += 1
            self.kept[sequence] = OutboxRow(sequence=sequence, rule=rule, event=one)

    async def ready(self, rule: str, after: int, most: int) -> tuple[OutboxRow, ...]:
        """Return rows."""
        self.looks += 1
        self._demand()
        return tuple(row for number, row in sorted(self.kept.items()) if row.rule == rule and number > after)[:most]

    async def rules_with_rows(self) -> frozenset[str]:
        """Return the rules of all rows."""
        self._demand()
        return frozenset(row.rule for row in self.kept.values())

    async def delivered(self, row: OutboxRow) -> None:
        """Forget a row."""
        await self._change("delivered", row)
        del self.kept[row.sequence]

    async def postponed(self, row: OutboxRow, reason: str) -> None:
        """Keep a row."""
        await self._change("postponed", row)
        self.kept[row.sequence] = row

    async def dead(self, row: OutboxRow, reason: str) -> None:
        """Keep a dead letter."""
        await self._change("dead", row)
        del self.kept[row.sequence]
        self.letters[row.event.id] = reason

    async def _change(self, word: str, row: OutboxRow) -> None:
        self._demand()
        self.written.append((word, row.event.id))
        if self.holding:
            answer: Deferred[None] = Deferred()
            self.held.append(answer)
            await answer

    def _demand(self) -> None:
        if self.down:
            raise DatabaseUnavailable("down")


@implementer(IAction)
class ScriptedAction:
    """An action that a test ends, or that ends at once.

    :ivar tried: the ids of the events in the order of their tries, with the number of the try.
    :ivar running: the tries that the test ends, if `holding`.
    :ivar failures: the failure of each event that fails; the key ``*`` means all events.
    """

    def __init__(self, *, holding: bool = False) -> None:
        self.holding = holding
        self.tried: list[tuple[str, int]] = []
        self.running: dict[str, Deferred[None]] = {}
        self.failures: dict[str, Exception] = {}
        self.closed = False

    @property
    def names(self) -> list[str]:
        """The ids of the events, in the order of their tries."""
        return [name for name, _ in self.tried]

    async def run(self, event: HookEvent, attempt: int) -> None:
        """Begin a try."""
        self.tried.append((event.id, attempt))
        if self.holding:
            running = self.running[event.id] = Deferred()
            try:
                await running
            finally:
                del self.running[event.id]
        failure = self.failures.get("*") or self.failures.get(event.id)
        if failure is not None:
            raise failure

    async def close(self) -> None:
        """Note it."""
        self.closed = True


class Deliveries:
    """The parts of a delivery, with a clock that a test moves."""

    def __init__(self, *, concurrency: int = 4) -> None:
        self.clock = Clock()
        self.rows = MemoryRows()
        self.runs: list[ActionRun] = []
        self.concurrency = concurrency
        self.parts = DeliveryParts(
            rows=self.rows,
            clock=self.clock,
            now=lambda: START + self.clock.seconds(),
            chance=lambda: 1.0,
            finished=self.runs.append,
            concurrency=lambda: self.concurrency,
        )

    def advance(self, seconds: float) -> None:
        """Let time pass in steps, so that timers set timers."""
        self.clock.pump([0.25] * int(seconds * 4))


def shared(action: ScriptedAction, *, retry_seconds: float = 86400.0) -> SharedAction:
    """An action of a rule."""
    return SharedAction("act", ActionSettings(retry_seconds=retry_seconds), action)


def down(retry_after: float | None = None) -> ActionFailed:
    """The failure of a receiver that is down."""
    return ActionFailed("down", retry_after=retry_after)


def at_step(row: OutboxRow, step: int) -> OutboxRow:
    """A row whose first actions were carried out."""
    return replace(row, step=step)
