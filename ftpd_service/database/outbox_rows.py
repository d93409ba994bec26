"""The rows of the outbox in SQL: `ftpd_service.database.outbox_changes.OutboxStore` says what its methods do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import ColumnElement, Connection, func, select

from ftpd_service.database.batches import commit_batch
from ftpd_service.database.outbox_changes import OpenIntent, OutboxChange, OutboxState, ReadRow
from ftpd_service.database.outbox_statements import statements
from ftpd_service.database.queries import Database
from ftpd_service.database.tables import outbox

_INTENT, _READY = OutboxState.INTENT.value, OutboxState.READY.value


class SqlOutbox:
    """The rows that the service on one node makes and delivers."""

    def __init__(self, database: Database, *, node: str, owner: str) -> None:
        self._database = database
        self._node = node
        self._owner = owner

    async def write(self, changes: Sequence[OutboxChange], *, durable: bool) -> bool:
        """Make some changes."""
        place = {"node": self._node, "owner": self._owner}
        return await self._database.batch(partial(_write, place=place, changes=changes, lazily=not durable))

    async def ready(self, rule: str, after: int, most: int) -> Sequence[ReadRow]:
        """Return rows that wait for delivery."""
        own = (*self._waiting(), outbox.c.rule == rule, outbox.c.sequence > after)
        columns = (outbox.c[name] for name in ReadRow._fields)
        rows = select(*columns).where(*own).order_by(outbox.c.sequence).limit(most)
        return await self._database.read(lambda connection: [ReadRow(*row) for row in connection.execute(rows)])

    async def open_intents(self) -> Sequence[OpenIntent]:
        """Return the intents of other processes; an event has one of each rule, which are alike."""
        others = (outbox.c.node == self._node, outbox.c.state == _INTENT, outbox.c.owner != self._owner)
        columns = (outbox.c[name] for name in OpenIntent._fields)
        rows = select(*columns).where(*others).order_by(outbox.c.sequence)
        found = await self._database.read(lambda connection: [OpenIntent(*row) for row in connection.execute(rows)])
        return list({intent.id: intent for intent in found}.values())

    async def rules(self) -> Sequence[str]:
        """Return the rules with rows that wait."""
        rules = select(outbox.c.rule).where(*self._waiting()).distinct()
        return await self._database.read(lambda connection: list(connection.execute(rules).scalars()))

    async def count(self) -> int:
        """Return the number of rows."""
        rows = select(func.count()).select_from(outbox).where(outbox.c.node == self._node)
        return await self._database.read(lambda connection: int(connection.execute(rows).scalar_one()))

    async def oldest(self) -> float | None:
        """Return when the oldest row that waits was made."""
        first = select(func.min(outbox.c.created)).where(*self._waiting())
        return await self._database.read(lambda connection: connection.execute(first).scalar())

    def _waiting(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return outbox.c.node == self._node, outbox.c.state == _READY


def _write(connection: Connection, *, place: Mapping[str, str], changes: Sequence[OutboxChange], lazily: bool) -> bool:
    return commit_batch(connection, statements(changes, place, connection.dialect.name), lazily=lazily)
