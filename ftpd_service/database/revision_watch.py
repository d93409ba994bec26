"""The watch of the counter of changes, by which a running service sees that accounts or groups have changed.

One cheap query runs every two seconds, and never two at once.  The time varies a little, so that many servers with one
database do not ask at the same moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.runtime.repeated import Repeated

WATCH_SECONDS = 2.0
_VARIATION = 0.2

_log = Logger(namespace="ftpd.database")


class RevisionWatch:
    """Looks at the counter again and again.

    :ivar revision: the counter at the last look, or None before the first.
    :param look: asks the database for the counter.
    :param random: returns a number from 0 to 1.
    """

    def __init__(self, look: Callable[[], Awaitable[int]], clock: IReactorTime, random: Callable[[], float]) -> None:
        self._look = look
        self._random = random
        self._rounds = Repeated(
            self._once, self._pause, clock=clock, fault="the look at the revision of the accounts failed"
        )
        self._moved: Callable[[], object] = bool
        self._failing = False
        self.revision: int | None = None

    def start(self, moved: Callable[[], object]) -> None:
        """Begin to look.

        :param moved: is called whenever the counter has moved since the look before.
        """
        self._moved = moved
        self._rounds.start()

    def stop(self) -> None:
        """Look no more."""
        self._moved = bool
        self._rounds.stop()

    async def _once(self) -> None:
        before = self.revision
        try:
            self.revision = await self._look()
        except TemporarilyUnavailable as problem:
            if not self._failing:
                _log.warn("the database does not answer: {problem}", problem=str(problem))
            self._failing = True
        else:
            if self._failing:
                _log.info("the database answers again")
            self._failing = False
            if before is not None and self.revision != before:
                self._moved()

    def _pause(self) -> float:
        return WATCH_SECONDS * (1 + _VARIATION * (self._random() - 0.5))
