"""The rows of the outbox as operators see and change them, of all nodes; each function gets a connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, select, update

from ftpd_service.database.outbox_changes import OutboxState
from ftpd_service.database.tables import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """The rows that a command is about; each fact that is given has to fit."""

    ids: tuple[str, ...] = ()
    state: OutboxState | None = None
    rule: str | None = None
    account: str | None = None


class ListedRow(NamedTuple):
    """A row for an operator."""

    sequence: int
    id: str
    rule: str
    node: str
    state: str
    account: str | None
    path: str | None
    event: str
    step: int
    tries: int
    due: float
    reason: str
    created: float


def listed_rows(connection: Connection, wanted: EventFilter, *, after: int, most: int) -> Sequence[ListedRow]:
    """Return the oldest rows behind a place in the order."""
    columns = (outbox.c[name] for name in ListedRow._fields)
    rows = select(*columns).where(*_conditions(wanted), outbox.c.sequence > after)
    return [ListedRow(*row) for row in connection.execute(rows.order_by(outbox.c.sequence).limit(most))]


def replay_rows(connection: Connection, wanted: EventFilter) -> int:
    """Have dead letters delivered from the action on that has failed; return their number."""
    again = {"state": OutboxState.READY.value, "tries": 0, "due": 0.0, "failing_since": None, "reason": ""}
    dead = outbox.c.state == OutboxState.DEAD.value
    return connection.execute(update(outbox).where(dead, *_conditions(wanted)).values(**again, proof=None)).rowcount


def drop_rows(connection: Connection, wanted: EventFilter) -> int:
    """Delete rows, but no intents, whose changes are about to happen; return their number."""
    known = outbox.c.state != OutboxState.INTENT.value
    return connection.execute(delete(outbox).where(known, *_conditions(wanted))).rowcount


def _conditions(wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.ids:
        conditions.append(outbox.c.id.in_(wanted.ids))
    if wanted.state is not None:
        conditions.append(outbox.c.state == wanted.state.value)
    if wanted.rule is not None:
        conditions.append(outbox.c.rule == wanted.rule)
    if wanted.account is not None:
        conditions.append(outbox.c.account == wanted.account)
    return conditions
