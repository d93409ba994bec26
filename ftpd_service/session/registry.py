"""The live sessions, and how each of them is ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ftpd_service.account import LiveAccount
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.session import Session
from ftpd_service.values import SessionId
from ftpd_service.wire import replies
from ftpd_service.wire.reply import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """One open session."""

    session: Session
    end: Callable[[Final], None]
    """Aborts what the session does and closes it, after a last reply."""


class Sessions:
    """The open sessions, by id."""

    __slots__ = ("_live", "_made")

    def __init__(self) -> None:
        self._live: dict[SessionId, LiveSession] = {}
        self._made = 0

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[LiveSession]:
        return iter(list(self._live.values()))

    def new_id(self) -> SessionId:
        """Return an id that no other session of this process has."""
        self._made += 1
        return SessionId(f"s{self._made}")

    def add(self, session: Session, end: Callable[[Final], None]) -> None:
        """Add a session that was accepted.

        :param end: aborts what the session does and closes it, after a last reply.
        """
        self._live[session.id] = LiveSession(session=session, end=end)

    def end_account(self, live: LiveAccount) -> int:
        """End the sessions of an account that is gone, and return their number."""
        ended = 0
        for one in self:
            login = one.session.login
            if isinstance(login, LoggedIn) and login.live is live:
                one.end(replies.account_ended())
                ended += 1
        return ended

    def remove(self, session: Session) -> None:
        """Remove a session; a second call does nothing."""
        self._live.pop(session.id, None)
