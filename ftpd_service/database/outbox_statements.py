"""The changes of the outbox as statements in the words of a driver, which are compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import ClauseElement, bindparam, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.compiler import SQLCompiler

from ftpd_service.database.batches import Statements
from ftpd_service.database.outbox_changes import (
    DeadRow,
    DeliveredRow,
    ForgottenIntent,
    KeptEvent,
    MarkedRow,
    OutboxChange,
    OutboxState,
    PostponedRow,
    ReadyEvent,
    UnprovedIntent,
)
from ftpd_service.database.settings import SQLITE
from ftpd_service.database.tables import outbox

_INTENT, _READY, _DEAD = (state.value for state in OutboxState)

Values = dict[str, Any]  # Any: values of columns


def statements(changes: Sequence[OutboxChange], place: Mapping[str, str], dialect: str) -> Statements:
    """Return statements that make some changes, in their order.

    :param place: the node and the owner of new rows.
    """
    made = []
    for kind, some in groupby(changes, type):
        text, row = _compiled(kind, dialect)
        values = _VALUES[kind]
        more = place if kind in _NEW else {}
        made.append((text, [row({**values(change), **more}) for change in some]))
    return made


@cache
def _compiled(kind: type, dialect: str) -> tuple[str, Callable[[Values], Any]]:  # Any: a row for the driver
    """Return a statement, and the function that makes a row for the driver of the values of a change."""
    statement = _inserting(kind, dialect) if kind in _NEW else _STATEMENTS[kind]
    spoken = sqlite.dialect() if dialect == SQLITE else psycopg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    compiled = statement.compile(dialect=spoken, column_keys=_COLUMNS if kind in _NEW else None)
    assert isinstance(compiled, SQLCompiler)
    fixed, places = compiled.params, compiled.positiontup
    if places is None:
        return str(compiled), lambda values: {**fixed, **values}
    return str(compiled), lambda values: [values[name] if name in values else fixed[name] for name in places]


def _inserting(kind: type, dialect: str) -> ClauseElement:
    made = sqlite.insert(outbox) if dialect == SQLITE else postgresql.insert(outbox)
    unique = ["id", "rule"]
    if kind is KeptEvent:
        return made.on_conflict_do_nothing(index_elements=unique).inline()
    final = {"state": _READY, "event": made.excluded.event, "proof": None}
    return made.on_conflict_do_update(index_elements=unique, set_=final, where=outbox.c.state == _INTENT).inline()


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


_NEW = frozenset({KeptEvent, MarkedRow})
_COLUMNS = [column.name for column in outbox.c if column.name not in ("sequence", "failing_since")]
_INTENT_OF_EVENT = (outbox.c.id == bindparam("which"), outbox.c.state == _INTENT)
_ROW = outbox.c.sequence == bindparam("which")

_STATEMENTS: Mapping[type, ClauseElement] = {
    ReadyEvent: update(outbox).where(*_INTENT_OF_EVENT).values(state=_READY, proof=None),
    ForgottenIntent: delete(outbox).where(*_INTENT_OF_EVENT),
    UnprovedIntent: update(outbox).where(*_INTENT_OF_EVENT).values(state=_DEAD, reason=bindparam("why")),
    DeliveredRow: delete(outbox).where(_ROW),
    PostponedRow: update(outbox)
    .where(_ROW)
    .values(
        step=bindparam("at"),
        tries=bindparam("failed"),
        due=bindparam("next"),
        failing_since=bindparam("first"),
        reason=bindparam("why"),
    ),
    DeadRow: update(outbox).where(_ROW).values(state=_DEAD, reason=bindparam("why")),
}

_VALUES: Mapping[type, Callable[[Any], Values]] = {  # Any: the kind of change
    KeptEvent: _kept,
    MarkedRow: lambda change: _kept(change.row),
    ReadyEvent: lambda change: {"which": change.id},
    ForgottenIntent: lambda change: {"which": change.id},
    UnprovedIntent: lambda change: {"which": change.id, "why": change.reason},
    DeliveredRow: lambda change: {"which": change.sequence},
    PostponedRow: lambda change: {
        "which": change.sequence,
        "at": change.step,
        "failed": change.tries,
        "next": change.due,
        "first": change.failing_since,
        "why": change.reason,
    },
    DeadRow: lambda change: {"which": change.sequence, "why": change.reason},
}
