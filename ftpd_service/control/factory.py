"""The Factory of control connections: begins a session for each client that the caps let in, and drains at the end."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import Factory

from ftpd_service.control.connection import ControlConnection
from ftpd_service.control.shared import Shared
from ftpd_service.errors import LimitReached
from ftpd_service.events import SessionRefused
from ftpd_service.reasons import SessionRefusal
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.parts import Renew, SessionParts
from ftpd_service.values import Direction, Peer, unmapped


class ControlFactory(Factory):
    """Makes the control connections of a listener.

    :param open_session: builds the parts of a session for a peer.
    :param renew: moves the parts of a session without a login to a new configuration.
    :param listener: the listener's name in events.
    :param implicit: whether clients begin with TLS, so that no reply in clear is sent to them.
    """

    noisy = False

    def __init__(
        self,
        shared: Shared,
        open_session: Callable[[Peer], SessionParts],
        *,
        listener: str,
        renew: Renew,
        implicit: Callable[[], bool] = bool,
    ) -> None:
        self._shared = shared
        self._open_session = open_session
        self._listener = listener
        self._renew = renew
        self._implicit = implicit
        self._live: dict[ControlConnection, SessionParts] = {}
        self._empty: list[Deferred[None]] = []
        self._draining = False

    def buildProtocol(self, addr: IAddress | None) -> ControlConnection:
        """Return a connection; the caps are asked once its transport is there and both addresses are known."""
        return ControlConnection(self._shared, self._admit, self._gone, renew=self._renew, implicit=self._implicit)

    def _admit(self, connection: ControlConnection) -> SessionParts | None:
        """Return the parts of a new session, or None if the client is refused."""
        peer = self._peer_of(connection)
        try:
            if self._draining:
                raise LimitReached("the service stops", cause=SessionRefusal.DRAINING)
            self._shared.entrance.enter(peer, self._shared.clock.seconds())
        except LimitReached as error:
            self._tell_refused(peer, error)
            return None
        parts = self._open_session(peer)
        self._shared.sessions.add(parts, connection)
        self._live[connection] = parts
        return parts

    def _tell_refused(self, peer: Peer, error: LimitReached) -> None:
        reason = str(error)
        untold = self._shared.entrance.untold(peer, reason, self._shared.clock.seconds())
        self._shared.emit(SessionRefused(peer=peer, reason=reason, cause=error.cause, untold=untold))

    def _peer_of(self, connection: ControlConnection) -> Peer:
        there, here = connection.transport.getPeer(), connection.transport.getHost()
        return Peer(
            address=unmapped(there.host),
            port=there.port,
            local_address=unmapped(here.host),
            local_port=here.port,
            listener=self._listener,
            ipv6_prefix=self._shared.settings.ipv6_prefix,
        )

    def _gone(self, connection: ControlConnection) -> None:
        session = connection.session
        self._live.pop(connection, None)
        self._shared.sessions.remove(session)
        self._shared.entrance.leave(session.peer)
        if not self._live:
            waiting, self._empty = self._empty, []
            for deferred in waiting:
                deferred.callback(None)

    def use(self, shared: Shared) -> None:
        """Share other parts from now on; open connections keep theirs, except for later logins."""
        self._shared = shared
        for parts in self._live.values():
            if not isinstance(parts.session.login, LoggedIn):
                self._renew(parts)

    def drain(self) -> Deferred[None]:
        """Send 421 to idle sessions, and let other sessions end their commands; fires when no session is left."""
        self._draining = True
        done: Deferred[None] = Deferred()
        self._empty.append(done)
        for connection in list(self._live):
            connection.drain()
        if not self._live and self._empty:
            self._empty.remove(done)
            done.callback(None)
        return done

    def __len__(self) -> int:
        return len(self._live)

    @property
    def uploads(self) -> int:
        """The number of sessions that receive a file."""
        running = [parts.data.progress() for parts in self._live.values()]
        return sum(progress is not None and progress.direction is Direction.UPLOAD for progress in running)

    @property
    def at_work(self) -> int:
        """The number of sessions whose commands run or wait; the others are idle, or have got their last reply."""
        return sum(connection.at_work for connection in self._live)

    def drop_all(self) -> None:
        """End all sessions that are left, at once."""
        for connection in list(self._live):
            connection.drop()
