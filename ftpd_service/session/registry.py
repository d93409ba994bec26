"""The live sessions, for gauges and the drain at shutdown."""

from __future__ import annotations

from collections.abc import Iterator

from ftpd_service.session.session import Session
from ftpd_service.values import SessionId


class Sessions:
    """The open sessions, by id."""

    __slots__ = ("_live", "_made")

    def __init__(self) -> None:
        self._live: dict[SessionId, Session] = {}
        self._made = 0

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._live.values()))

    def new_id(self) -> SessionId:
        """Return an id that no other session of this process has."""
        self._made += 1
        return SessionId(f"s{self._made}")

    def add(self, session: Session) -> None:
        """Add a session that was accepted."""
        self._live[session.id] = session

    def remove(self, session: Session) -> None:
        """Remove a session; a second call does nothing."""
        self._live.pop(session.id, None)
