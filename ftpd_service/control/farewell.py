"""How a control connection is closed: our side first, and the rest when the client has closed its own.

Closing with unread input would reset the connection and destroy the last reply on its way.
"""

from __future__ import annotations

from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.timers import Timers
from ftpd_service.control.transport import ControlTransport, end_output

_DROP_SECONDS = 1.0
"""What a session gets at the deadline of a drain to end what it runs, and to say so."""


class Farewell:
    """The end of one control connection, whose transport nobody writes to any more."""

    __slots__ = ("_hurried", "_released", "_settings", "_timers", "_transport")

    def __init__(self, transport: ControlTransport, timers: Timers, settings: ControlSettings) -> None:
        self._transport = transport
        self._timers = timers
        self._settings = settings
        self._released = False
        self._hurried = False

    def begin(self, *, client_ended: bool) -> None:
        """Close our side, and the rest when the client has closed its own or takes too long."""
        self._release()
        if client_ended:
            self._finish()
            return
        end_output(self._transport)
        if self._hurried:
            # What ran has ended later than `hurry` was called.
            self.hurry()
        else:
            self._timers.reap(self._settings.reap_seconds, self._finish)

    def lose(self) -> None:
        """Close all, behind what is written: the client has ended its side, or is not understood."""
        self._release()
        self._transport.loseConnection()
        self._timers.reap(self._settings.reap_seconds, self._transport.abortConnection)

    def _finish(self) -> None:
        """Close the rest; a client that never takes its last replies is cut off in the end."""
        self._transport.loseConnection()
        self._timers.reap(self._settings.login_seconds, self._transport.abortConnection)

    def hurry(self) -> None:
        """Cut the client off soon, whatever comes."""
        self._hurried = True
        self._timers.reap(_DROP_SECONDS, self._transport.abortConnection)

    def _release(self) -> None:
        """Have the transport close without a word from its producer; safe to call twice."""
        if not self._released:
            self._released = True
            self._transport.unregisterProducer()
