"""The states of the service as systemd is told them: ready, reloading, draining, and the line of ``systemctl status``.

The line is looked at every few seconds and sent only if it has changed.  Its figures are rounded, so that they change
seldom.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer

from ftpd_service.running_service import IServiceWatcher, ReloadResult, ServiceState
from ftpd_service.systemd import Notifier, Watchdog

STATUS_SECONDS = 5.0
"""The time between two looks at the line."""

SPARE_SECONDS = 15.0
"""The time, beside that for running transfers, in which the service may end after systemd has asked for its end."""

SHOWN_CHARACTERS = 300
"""The most characters of a mistake in the line; the log has all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFigures:
    """The figures of a running service."""

    sessions: int
    transfers: int
    reactor_delay_seconds: float
    drain_seconds: float
    """The time until a drain is over at the latest; zero without a drain."""


@implementer(IServiceWatcher)
class SystemdStates:
    """Tells systemd the states of a service, and that it lives.

    :param figures: returns the figures of the service now.
    :param problems: returns the reasons why the process is unsound.
    :param monotonic_ns: returns the nanoseconds of the clock by which systemd compares reloads (CLOCK_MONOTONIC).
    """

    def __init__(
        self,
        notifier: Notifier,
        clock: IReactorTime,
        *,
        figures: Callable[[], ServiceFigures],
        problems: Callable[[], Collection[str]],
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._notifier = notifier
        self._clock = clock
        self._figures = figures
        self._monotonic_ns = monotonic_ns
        self._watchdog = Watchdog(notifier, problems, clock)
        self._state = ServiceState.STARTING
        self._mistakes: tuple[str, ...] = ()
        self._sent = ""
        self._timer: IDelayedCall | None = None

    def state_changed(self, state: ServiceState) -> None:
        """Tell that the service serves, or drains."""
        if not self._notifier.heard:
            return
        self._state = state
        if state is ServiceState.SERVING:
            self._send(ready="1")
            self._watchdog.start()
        elif state is ServiceState.DRAINING:
            self._send(stopping="1")
        if self._timer is None:
            self._wait()

    def reload_began(self) -> None:
        """Tell that a reload runs, and when it began: systemd waits for a later beginning than that of its request."""
        self._send(reloading="1", monotonic_usec=str(self._monotonic_ns() // 1000))

    def reload_ended(self, result: ReloadResult) -> None:
        """Tell that the reload is over; the line has its first mistake until a later reload succeeds."""
        self._mistakes = result.mistakes
        if self._state is ServiceState.DRAINING:
            self._send()
        else:
            self._send(ready="1")

    def stop(self) -> None:
        """Tell nothing more."""
        self._watchdog.stop()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _wait(self) -> None:
        self._timer = self._clock.callLater(STATUS_SECONDS, self._look)

    def _look(self) -> None:
        figures = self._figures()
        line = self._line(figures)
        if figures.drain_seconds > 0:
            # TimeoutStopSec of the unit need not follow limits.drain_timeout: systemd allows what is asked for.
            asked = round((figures.drain_seconds + SPARE_SECONDS) * 1_000_000)
            self._notifier.send(extend_timeout_usec=str(asked), status=line)
        elif line != self._sent:
            self._notifier.send(status=line)
        self._sent = line
        self._wait()

    def _send(self, **states: str) -> None:
        self._sent = self._line(self._figures())
        self._notifier.send(**states, status=self._sent)

    def _line(self, figures: ServiceFigures) -> str:
        delay = figures.reactor_delay_seconds
        shown = "below 0.1 s" if delay < 0.1 else f"{delay:.1f} s"
        line = f"{self._state.value}: {figures.sessions} sessions, {figures.transfers} transfers, reactor delay {shown}"
        if not self._mistakes:
            return line
        first = self._mistakes[0]
        if len(first) > SHOWN_CHARACTERS:
            first = f"{first[: SHOWN_CHARACTERS - 3]}..."
        more = f" (and {len(self._mistakes) - 1} more, in the log)" if len(self._mistakes) > 1 else ""
        return f"{line}; the last reload has changed nothing: {first}{more}"
