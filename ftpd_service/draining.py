"""The end of all sessions of a service: in order until a deadline, then at once."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ftpd_service.control.factory import ControlFactory

_log = Logger(namespace="ftpd")

CUT_OFF_SECONDS = 2.0
"""The time in which sessions that were cut off at the deadline may end."""


class Draining:
    """Ends the sessions of the listeners.

    :param factories: returns the factories of all sessions.
    """

    def __init__(self, factories: Callable[[], list[ControlFactory]], clock: IReactorTime) -> None:
        self._factories = factories
        self._clock = clock
        self._timers: tuple[IDelayedCall, ...] = ()
        self._until = 0.0
        self._over: Deferred[None] | None = None
        self._waiting: list[Deferred[None]] = []

    @property
    def over(self) -> bool:
        """Whether a drain has ended all sessions."""
        return self._over is not None and self._over.called

    @property
    def seconds_left(self) -> float:
        """The time until a drain is over at the latest; zero before a drain and after it."""
        return max(0.0, self._until - self._clock.seconds()) if self._timers else 0.0

    def begin(self, seconds: float, deadline: str) -> Deferred[None]:
        """Send 421 to idle sessions and to new clients, and let running commands and transfers end until the deadline.

        A second call replaces the deadline.

        :param deadline: the log's words for the deadline.
        :return: fires when no session is left.
        """
        waiter: Deferred[None] = Deferred()
        self._waiting.append(waiter)
        self._stop_timers()
        self._until = self._clock.seconds() + seconds + CUT_OFF_SECONDS
        self._timers = (
            self._clock.callLater(seconds, self.cut_off, deadline),
            self._clock.callLater(seconds + CUT_OFF_SECONDS, self._leave_behind),
        )
        if self._over is None:
            self._over = Deferred()
            self._over.addBoth(self._ended)
            DeferredList([factory.drain() for factory in self._factories()]).addBoth(self._fire)
        elif self.over:
            self._ended(None)
        return waiter

    def _fire(self, result: object) -> None:
        if self._over is not None and not self.over:
            self._over.callback(None)

    def _ended(self, result: object) -> None:
        self._stop_timers()
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            waiter.callback(None)

    def _stop_timers(self) -> None:
        timers, self._timers = self._timers, ()
        for timer in timers:
            if timer.active():
                timer.cancel()

    def cut_off(self, reason: str) -> None:
        """End all sessions at once, and log how many were at work.

        Their uploads are lost, or incomplete if they are in place.
        """
        factories = self._factories()
        _log.warn(
            "{reason}: {sessions} sessions are cut off, {uploads} uploads among them",
            reason=reason,
            sessions=sum(factory.at_work for factory in factories),
            uploads=sum(factory.uploads for factory in factories),
        )
        for factory in factories:
            factory.drop_all()

    def _leave_behind(self) -> None:
        """Stop waiting for sessions whose call on a disk hangs: their threads end with the process."""
        count = sum(len(factory) for factory in self._factories())
        _log.warn("{count} sessions abandoned: their disk does not answer", count=count)
        self._fire(None)
