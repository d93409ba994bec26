"""Events that could not be kept: each is counted, and the log is told of many of them at once."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

TOLD_SECONDS = 10.0
"""The log is told at most once in this time."""


class DroppedEvents:
    """The events that were dropped.

    :param tell: gets the number of events that were dropped since it was told last, and the reason of the last.
    :ivar total: the number of all dropped events.
    """

    def __init__(self, clock: IReactorTime, tell: Callable[[int, str], object]) -> None:
        self.total = 0
        self._clock = clock
        self._tell = tell
        self._untold = 0
        self._reason = ""
        self._timer: IDelayedCall | None = None

    def drop(self, reason: str) -> None:
        """Count an event; the first is told at once."""
        self.total += 1
        self._untold += 1
        self._reason = reason
        if self._timer is None:
            self._say()

    def stop(self) -> None:
        """Tell the rest."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if self._untold:
            self._tell(self._untold, self._reason)
            self._untold = 0

    def _say(self) -> None:
        self._timer = None
        if self._untold:
            self._tell(self._untold, self._reason)
            self._untold = 0
            self._timer = self._clock.callLater(TOLD_SECONDS, self._say)
