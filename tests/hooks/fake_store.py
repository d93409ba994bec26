"""A table of the outbox in memory, whose answers a test gives."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed

from ftpd_service.database.outbox_changes import OpenIntent, OutboxChange, ReadRow
from ftpd_service.errors import DatabaseUnavailable


class FakeStore:
    """Provides `ftpd_service.database.outbox_changes.OutboxStore`.

    :ivar written: the changes of each transaction.
    :ivar held: transactions that wait for an answer, if `holding`.
    """

    def __init__(self) -> None:
        self.written: list[list[OutboxChange]] = []
        self.held: list[Deferred[None]] = []
        self.holding = False
        self.down = self.reconnected = False
        self.rows: list[ReadRow] = []
        self.intents: list[OpenIntent] = []
        self.counted = 0
        self.durable: list[bool] = []

    async def write(self, changes: Sequence[OutboxChange], *, durable: bool) -> bool:
        """Write, now or when the test says so."""
        self._demand()
        answer: Deferred[None] = succeed(None)
        if self.holding:
            answer = Deferred()
            self.held.append(answer)
        await answer
        self.durable.append(durable)
        self.written.append(list(changes))
        new, self.reconnected = self.reconnected, False
        return new

    async def ready(self, rule: str, after: int, most: int) -> Sequence[ReadRow]:
        """Return the rows of the test."""
        self._demand()
        return [row for row in self.rows if row.rule == rule and row.sequence > after][:most]

    async def open_intents(self) -> Sequence[OpenIntent]:
        """Return the intents of the test."""
        self._demand()
        return self.intents

    async def rules(self) -> Sequence[str]:
        """Return the rules of the rows."""
        self._demand()
        return sorted({row.rule for row in self.rows})

    async def count(self) -> int:
        """Return what the test says."""
        self._demand()
        return self.counted

    async def oldest(self) -> float | None:
        """Return none."""
        self._demand()
        return None

    def _demand(self) -> None:
        if self.down:
            raise DatabaseUnavailable("down")
