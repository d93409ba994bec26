"""The rows of the outbox in SQL: `ftpd_service.database.outbox_changes.OutboxStore` says what its methods do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

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
from ftpd_service.database.queries import Database
from ftpd_service.database.settings import SQLITE
from ftpd_service.database.tables import outbox

_INTENT, _READY, _DEAD = (state.value for state in OutboxState)

Values = dict[str, Any]  # Any: values of columns


class SqlOutbox:
    """The rows that the service on one node makes and delivers."""

    def __init__(self, database: Database, *, node: str, owner: str) -> None:
        self._database = database
        self._node = node
        self._owner = owner

    async def write(self, changes: Sequence[OutboxChange], *, durable: bool) -> None:
        """Make some changes."""
        place = {"node": self._node, "owner": self._owner}
        await self._database.write(partial(_write, place=place, changes=changes), lazily=not durable)

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


def _write(connection: Connection, *, place: Mapping[str, str], changes: Sequence[OutboxChange]) -> None:
    for kind, some in groupby(changes, type):
        make = _STATEMENTS[kind]
        statement, values = make(connection.dialect.name)
        more = place if kind in (KeptEvent, MarkedRow) else {}
        connection.execute(statement, [{**values(change), **more} for change in some])


def _inserting(dialect: str) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(outbox) if dialect == SQLITE else postgresql.insert(outbox)


def _keep(dialect: str) -> tuple[Executable, Callable[[Any], Values]]:  # Any: the kind of change
    return _inserting(dialect).on_conflict_do_nothing(index_elements=["id", "rule"]), _kept


def _mark(dialect: str) -> tuple[Executable, Callable[[Any], Values]]:  # Any: likewise
    made = _inserting(dialect)
    marked = made.on_conflict_do_update(
        index_elements=["id", "rule"],
        set_={"state": _READY, "event": made.excluded.event, "proof": None},
        where=outbox.c.state == _INTENT,
    )
    return marked, lambda change: _kept(change.row)


def _kept(change: KeptEvent) -> Values:
    return {
        "id": change.id,
        "rule": change.rule,
        "state": change.state.value,
        "account": change.account,
        "path": change.path,
        "event": change.event,
        "proof": change.proof,
        "step": 0,
        "tries": 0,
        "due": 0.0,
        "reason": "",
        "created": change.created,
    }


_INTENT_OF_EVENT = (outbox.c.id == bindparam("which"), outbox.c.state == _INTENT)
_ROW = outbox.c.sequence == bindparam("which")


def _fixed(statement: Executable, values: Callable[[Any], Values]) -> Callable[[str], tuple[Executable, Any]]:
    return lambda dialect: (statement, values)


_STATEMENTS: Mapping[type, Callable[[str], tuple[Executable, Callable[[Any], Values]]]] = {  # Any: likewise
    KeptEvent: _keep,
    MarkedRow: _mark,
    ReadyEvent: _fixed(
        update(outbox).where(*_INTENT_OF_EVENT).values(state=_READY, proof=None),
        lambda change: {"which": change.id},
    ),
    ForgottenIntent: _fixed(delete(outbox).where(*_INTENT_OF_EVENT), lambda change: {"which": change.id}),
    UnprovedIntent: _fixed(
        update(outbox).where(*_INTENT_OF_EVENT).values(state=_DEAD, reason=bindparam("why")),
        lambda change: {"which": change.id, "why": change.reason},
    ),
    DeliveredRow: _fixed(delete(outbox).where(_ROW), lambda change: {"which": change.sequence}),
    PostponedRow: _fixed(
        update(outbox)
        .where(_ROW)
        .values(
            step=bindparam("at"),
            tries=bindparam("failed"),
            due=bindparam("next"),
            failing_since=bindparam("first"),
            reason=bindparam("why"),
        ),
        lambda change: {
            "which": change.sequence,
            "at": change.step,
            "failed": change.tries,
            "next": change.due,
            "first": change.failing_since,
            "why": change.reason,
        },
    ),
    DeadRow: _fixed(
        update(outbox).where(_ROW).values(state=_DEAD, reason=bindparam("why")),
        lambda change: {"which": change.sequence, "why": change.reason},
    ),
}
