"""The closing of a control connection: our side first, and the rest when the client has closed its own.

Closing with unread input would reset the connection and destroy the last reply in flight.
"""

from __future__ import annotations

from twisted.internet.protocol import connectionDone

from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.timers import Timers
from ftpd_service.control.transport import ControlTransport, Outgoing

_DROP_SECONDS = 1.0
"""The time that a session gets at the deadline of a drain to end its command and send the reply."""


class Farewell:
    """The end of a control connection, to which nothing is written any more."""

    __slots__ = ("_hurried", "_outgoing", "_released", "_settings", "_timers", "_transport")

    def __init__(
        self, transport: ControlTransport, outgoing: Outgoing, timers: Timers, settings: ControlSettings
    ) -> None:
        self._transport = transport
        self._outgoing = outgoing
        self._timers = timers
        self._settings = settings
        self._released = False
        self._hurried = False

    def begin(self, *, client_ended: bool) -> None:
        """Close our side, and the rest when the client has closed its own or the timeout is over."""
        self._release()
        if client_ended:
            self._finish()
            return
        self._outgoing.end()
        if self._hurried:
            # `hurry` was called while the last command was still running.
            self._cut_off_in(_DROP_SECONDS)
        else:
            self._timers.reap(self._settings.reap_seconds, self._finish)

    def client_ended(self) -> None:
        """Close the rest, now that the client has closed its side behind ours."""
        if self._outgoing.ended:
            self._transport.connectionLost(connectionDone)
        else:
            self._transport.loseConnection()

    def lose(self) -> None:
        """Close all, after the written bytes: the client has closed its side, or cannot be understood."""
        self._release()
        self._transport.loseConnection()
        self._cut_off_in(self._settings.reap_seconds)

    def _finish(self) -> None:
        """Close the rest; a client that never takes its last replies is cut off after a timeout."""
        self._transport.loseConnection()
        self._cut_off_in(self._settings.login_seconds)

    def hurry(self) -> None:
        """Cut the client off soon, in any case."""
        self._hurried = True
        self._cut_off_in(_DROP_SECONDS)

    def _cut_off_in(self, seconds: float) -> None:
        """Cut the client off after these seconds, or after `_DROP_SECONDS` if `hurry` was called before."""
        seconds = min(seconds, _DROP_SECONDS) if self._hurried else seconds
        self._timers.reap(seconds, self._transport.abortConnection)

    def _release(self) -> None:
        """Unregister the producer, so that the transport can close; safe to call again."""
        if not self._released:
            self._released = True
            self._transport.unregisterProducer()
