"""The delay of the reactor: the time by which its timed calls are late."""

from __future__ import annotations

import time
from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall

from ftpd_service.runtime.turns import Clock

EVERY_SECONDS = 0.5
"""The time between measurements; one takes some microseconds."""

RECENT_SECONDS = 10.0
"""The least time for which `ReactorDelay.worst` remembers a delay; the delay is forgotten after twice this time."""


class ReactorDelay:
    """Measures how late the reactor's timed calls are, in seconds.

    The system's time may be set while the service runs, so the measure uses a clock of its own.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        now: Callable[[], float] = time.monotonic,
        measured: Callable[[], object] = bool,
    ) -> None:
        """Measure nothing yet.

        :param now: returns the seconds of a clock that never goes back.
        :param measured: is called after each measurement.
        """
        self._clock = clock
        self._now = now
        self._measured = measured
        self._timer: IDelayedCall | None = None
        self._due = 0.0
        self._last = 0.0
        self._worst = 0.0
        self._worst_before = 0.0
        self._turned = 0.0

    @property
    def current(self) -> float:
        """Return the delay of the last timed call, or of the next call if that is overdue by more."""
        overdue = self._now() - self._due if self._timer is not None else 0.0
        return max(self._last, overdue)

    @property
    def worst(self) -> float:
        """Return the longest delay of the last `RECENT_SECONDS`, or a little more."""
        return max(self.current, self._worst, self._worst_before)

    def start(self) -> None:
        """Measure from now on."""
        self._turned = self._now()
        self._wait()

    def stop(self) -> None:
        """Measure no more; the last values stay."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _wait(self) -> None:
        self._due = self._now() + EVERY_SECONDS
        self._timer = self._clock.callLater(EVERY_SECONDS, self._come)

    def _come(self) -> None:
        now = self._now()
        self._last = max(0.0, now - self._due)
        if now - self._turned >= RECENT_SECONDS:
            self._worst_before, self._worst, self._turned = self._worst, 0.0, now
        self._worst = max(self._worst, self._last)
        self._wait()
        self._measured()
