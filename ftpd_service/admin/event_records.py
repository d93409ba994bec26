"""The events of the database, for the sub-command ``events``, which gets them from ``database_of_file.py``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ftpd_service.admin.connected import connected
from ftpd_service.database.kept_events import EventFilter, ListedRow, drop_rows, listed_rows, replay_rows
from ftpd_service.database.outbox_changes import OutboxState
from ftpd_service.hooks.event_json import event_facts, event_of_stored, facts_without_event, rfc3339

_AT_ONCE = 2000
"""The rows that are read together."""


class EventRecords:
    """The events in the database of a configuration file."""

    def __init__(self, config: str) -> None:
        self._config = config

    def told(self, *, state: str | None = None, **given: Any) -> Iterator[dict[str, object]]:  # Any: see `_wanted`
        """Yield the rows for a reader, the oldest first; the options are the fields of `EventFilter`."""
        after, wanted = 0, _wanted(state, given)
        while rows := self._rows(wanted, after):
            yield from map(_told, rows)
            after = rows[-1].sequence

    def _rows(self, wanted: EventFilter, after: int) -> Sequence[ListedRow]:
        # A reader may wait at a pager, where an open look would keep SQLite from shortening its log.
        with connected(self._config, change=False) as connection:
            return listed_rows(connection, wanted, after=after, most=_AT_ONCE)

    def replay(self, *, state: str | None = None, **given: Any) -> int:  # Any: see `_wanted`
        """Have dead letters delivered; return their number."""
        with connected(self._config, change=True) as connection:
            return replay_rows(connection, _wanted(state, given))

    def drop(self, *, state: str | None = None, **given: Any) -> int:  # Any: see `_wanted`
        """Delete rows; return their number."""
        with connected(self._config, change=True) as connection:
            return drop_rows(connection, _wanted(state, given))


def _wanted(state: str | None, given: Mapping[str, Any]) -> EventFilter:  # Any: click's values
    return EventFilter(state=None if state is None else OutboxState(state), **given)


def _told(row: ListedRow) -> dict[str, object]:
    return {
        **_facts(row),
        "rule": row.rule,
        "state": row.state,
        "action": row.step + 1,
        "tries": row.tries,
        "next_try": rfc3339(row.due) if row.due else None,
        "reason": row.reason,
    }


def _facts(row: ListedRow) -> Mapping[str, object]:
    """Return the keys of the event; the table has some of them for an event that cannot be read."""
    try:
        return event_facts(event_of_stored(row.event), row.tries + 1)
    except ValueError:
        known = {"id": row.id, "time": rfc3339(row.created), "node": row.node, "account": row.account, "path": row.path}
        return {**facts_without_event(), **known, "try": row.tries + 1}
