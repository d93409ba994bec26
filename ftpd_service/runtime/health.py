"""Whether the process is sound: the reactor's timed calls come in time, and the pool has threads for its calls.

The watchdog of systemd, the metrics, ``status`` and ``/readyz`` all ask the same object, so that they agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from twisted.logger import Logger

from ftpd_service.runtime.lane import LaneState
from ftpd_service.runtime.reactor_delay import ReactorDelay
from ftpd_service.runtime.turns import Clock

_log = Logger(namespace="ftpd")


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthLimits:
    """The values beyond which the process is unsound."""

    reactor_delay_seconds: float = 5.0
    pool_wait_seconds: float = 30.0


class Pool(Protocol):
    """The part of `ftpd_service.runtime.pool.BlockingPool` that is watched."""

    def states(self) -> Mapping[str, LaneState]:
        """Return the state of each lane by its name."""


class Health:
    """The health of the process; the service has a single object.

    :ivar delay: the measure of the reactor's delay.
    """

    def __init__(
        self, pool: Pool, limits: HealthLimits, clock: Clock, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Watch nothing yet.

        :param now: returns the seconds of a clock that never goes back.
        """
        self.delay = ReactorDelay(clock, now=now, measured=self._look)
        self._pool = pool
        self._limits = limits
        self._unsound = False

    def use(self, limits: HealthLimits) -> None:
        """Put other limits into force."""
        self._limits = limits

    def start(self) -> None:
        """Watch, and log when the process becomes unsound, and sound again."""
        self.delay.start()

    def stop(self) -> None:
        """Watch no more."""
        self.delay.stop()

    def lanes(self) -> Mapping[str, LaneState]:
        """Return the state of each lane of the pool by its name."""
        return self._pool.states()

    def problems(self) -> tuple[str, ...]:
        """Return the reasons why the process is unsound now, without text of clients; a sound process has none."""
        limits = self._limits
        found = []
        delay = self.delay.current
        if delay > limits.reactor_delay_seconds:
            found.append(
                f"the reactor is {delay:.1f} s late"
                f" (service.watchdog.reactor_delay is {limits.reactor_delay_seconds:g} s)"
            )
        found += [
            f"a call has waited {lane.oldest_seconds:.0f} s for a thread of the lane {name}, whose {lane.threads}"
            f" threads have begun no call for {lane.stalled_seconds:.0f} s"
            f" (service.watchdog.pool_wait is {limits.pool_wait_seconds:g} s)"
            for name, lane in self.lanes().items()
            if lane.stalled_seconds > limits.pool_wait_seconds
        ]
        return tuple(found)

    def _look(self) -> None:
        problems = self.problems()
        if bool(problems) == self._unsound:
            return
        self._unsound = bool(problems)
        if problems:
            _log.warn("the service is unsound: {problems}", problems="; ".join(problems))
        else:
            _log.info("the service is sound again")
