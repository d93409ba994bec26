"""How a control connection is closed: our side first, and the rest when the client has closed its own.

Closing with unread input would reset the connection and destroy the last reply on its way.
"""

from __future__ import annotations

from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.switch import TlsSwitch
from ftpd_service.control.timers import Timers
from ftpd_service.control.transport import ControlTransport, end_output

_DROP_SECONDS = 1.0
"""What a session gets at the deadline of a drain to end what it runs, and to say so."""


class Farewell:
    """The end of one control connection, whose transport nobody writes to any more."""

    __slots__ = ("_hurried", "_settings", "_switch", "_timers", "_transport")

    def __init__(self, transport: ControlTransport, timers: Timers, settings: ControlSettings) -> None:
        self._transport = transport
        self._timers = timers
        self._settings = settings
        self._switch: TlsSwitch | None = None
        self._hurried = False

    def begin(self, switch: TlsSwitch | None, *, client_ended: bool) -> None:
        """Close our side, and the rest when the client has closed its own or takes too long."""
        self._switch = switch
        if switch is not None:
            switch.close(self._transport)
        elif client_ended:
            self._finish()
            return
        else:
            end_output(self._transport)
        if self._hurried:
            # What ran has ended later than `hurry` was called.
            self.hurry()
        else:
            self._timers.reap(self._settings.reap_seconds, self._finish)

    def _finish(self) -> None:
        """Close the rest; a client that never takes its last replies is cut off in the end."""
        if self._switch is not None:
            self._switch.finish()
        else:
            self._transport.loseConnection()
        self._timers.reap(self._settings.login_seconds, self._transport.abortConnection)

    def hurry(self) -> None:
        """Cut the client off soon, whatever comes."""
        self._hurried = True
        self._timers.reap(_DROP_SECONDS, self._transport.abortConnection)
