"""The sessions of a process that has been replaced: they go on until they end by themselves."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

_log = Logger(namespace="ftpd")

COUNT_AGAIN_SECONDS = 1.0
"""The time between two looks at the number of sessions."""

ACCEPTED_SECONDS = 5.0
"""The time that a replaced process stays at least: a connection that it has accepted may wait for its PROXY header."""


class LastSessions:
    """Waits for the end of the sessions.

    :param count: returns the number of sessions.
    :param over: is called once, when no session is left or the time is over.
    """

    def __init__(self, count: Callable[[], int], over: Callable[[], object], clock: IReactorTime) -> None:
        self._count = count
        self._over = over
        self._clock = clock
        self._timer: IDelayedCall | None = None

    def wait(self, seconds: float) -> None:
        """Begin to wait, for some seconds at most."""
        self._timer = self._clock.callLater(ACCEPTED_SECONDS, self._look, self._clock.seconds() + seconds)

    def stop(self) -> None:
        """Wait no longer."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _look(self, until: float) -> None:
        self._timer = None
        count = self._count()
        if count and self._clock.seconds() < until:
            self._timer = self._clock.callLater(COUNT_AGAIN_SECONDS, self._look, until)
            return
        if count:
            _log.warn("limits.upgrade_drain_timeout is over: {count} sessions are drained", count=count)
        self._over()
