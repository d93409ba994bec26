"""The levels of the log: of the whole server, and of its parts; a reload changes them in place."""

from __future__ import annotations

from collections.abc import Mapping

from ftpd_service.events import Event
from ftpd_service.observe.event_table import EVENT_TABLE, LEVELS, PARTS, Telling

_RANKS = {name: rank for rank, name in enumerate(LEVELS)}


class Levels:
    """The lowest level that each part logs.

    :ivar rows: the rows of the table of events that are logged, by class.
    """

    def __init__(self, level: str = "info", parts: Mapping[str, str] | None = None) -> None:
        self.rows: Mapping[type[Event], Telling]
        self._least: Mapping[str, int]
        self.change(level, {} if parts is None else parts)

    def change(self, level: str, parts: Mapping[str, str]) -> None:
        """Log at other levels from now on.

        :param parts: the levels of parts that have levels of their own.
        """
        self._least = {part: _RANKS[parts.get(part, level)] for part in PARTS}
        self.rows = {kind: row for kind, row in EVENT_TABLE.items() if self.logs(row.part, row.level)}

    def logs(self, part: str, level: str) -> bool:
        """Return whether a part logs lines of a level."""
        return _RANKS.get(level, 0) >= self._least[part]
