"""Work that is repeated after a pause, and never runs twice at once."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.runtime.stepping import Work

_log = Logger(namespace="ftpd")


class Repeated:
    """Work that a service does again and again.

    :param work: makes the coroutine of one round.
    :param pause: returns the seconds between the end of a round and the next one.
    :param fault: the words of the log for a round that raised; the next round follows all the same.
    """

    def __init__(
        self, work: Callable[[], Work[None]], pause: Callable[[], float], *, clock: IReactorTime, fault: str
    ) -> None:
        self._work = work
        self._pause = pause
        self._clock = clock
        self._fault = fault
        self._timer: IDelayedCall | None = None
        self._running: Deferred[None] | None = None

    def start(self) -> None:
        """Begin the first round at once."""
        self._timer = None
        running = self._running = Deferred.fromCoroutine(self._round())
        running.addErrback(self._broken)

    def stop(self) -> None:
        """Cancel the round that runs, and begin no more."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        running, self._running = self._running, None
        if running is not None:
            running.cancel()

    async def _round(self) -> None:
        await self._work()
        self._wait()

    def _broken(self, failure: Failure) -> None:
        """Go on after a fault of the program; only `stop` cancels a round."""
        if not failure.check(CancelledError):
            _log.failure("{fault}", failure=failure, fault=self._fault)
            self._wait()

    def _wait(self) -> None:
        self._running = None
        self._timer = self._clock.callLater(self._pause(), self.start)
