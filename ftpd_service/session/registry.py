"""The live sessions: what each of them does, how it is ended, and how its dialogue is followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ftpd_service.account import LiveAccount
from ftpd_service.interfaces import IDataChannel
from ftpd_service.policy.throttles import SessionThrottle
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.session import Session
from ftpd_service.session.tracing import Tracer
from ftpd_service.values import SessionId, VirtualPath
from ftpd_service.wire import replies
from ftpd_service.wire.reply import Final


class RunningVerb(Protocol):
    """A verb that runs, as other parts of the service see it."""

    @property
    def verb(self) -> str:
        """Return the verb."""

    @property
    def path(self) -> VirtualPath | None:
        """Return the path that its argument was last resolved to, or None for a verb without a path."""


class LiveConnection(Protocol):
    """A control connection, as other parts of the service see it."""

    @property
    def running(self) -> RunningVerb | None:
        """Return the verb that runs, or None while the session waits for a command."""

    def end_with(self, final: Final) -> None:
        """Abort what the session does and close it, after a last reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSession:
    """One open session."""

    session: Session
    data: IDataChannel
    """Its data connection, which tells the progress of a transfer."""
    throttle: SessionThrottle | None
    """The rates of its transfers."""
    connection: LiveConnection

    def end(self, final: Final) -> None:
        """Abort what the session does and close it, after a last reply."""
        self.connection.end_with(final)

    def trace(self, tracer: Tracer) -> None:
        """Tell a tracer the commands and replies from now on, until `untrace` or the end of the session."""
        self.session.tracers = (*self.session.tracers, tracer)

    def untrace(self, tracer: Tracer) -> None:
        """Tell a tracer nothing more; a second call does nothing."""
        self.session.tracers = tuple(other for other in self.session.tracers if other is not tracer)


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

    def get(self, session: SessionId) -> LiveSession | None:
        """Return an open session, or None if there is none with this id."""
        return self._live.get(session)

    def new_id(self) -> SessionId:
        """Return an id that no other session of this process has."""
        self._made += 1
        return SessionId(f"s{self._made}")

    def add(self, parts: SessionParts, connection: LiveConnection) -> None:
        """Add a session that was accepted."""
        self._live[parts.session.id] = LiveSession(
            session=parts.session, data=parts.data, throttle=parts.throttle, connection=connection
        )

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
        """Remove a session, and tell its tracers; a second call does nothing."""
        self._live.pop(session.id, None)
        tracers, session.tracers = session.tracers, ()
        for tracer in tracers:
            tracer.ended()
