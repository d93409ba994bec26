"""The timers of one control connection: login, idle, and what is left to do once our side is closed.

All are one delayed call, as the reactor's heap is costly for sessions of a second: the call comes when the earliest of
them may be due, looks which is, and is made again for the rest.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Timers:
    """The timers that end with the connection.

    :ivar idle_allowed: the seconds of `watch_idle`.
    """

    __slots__ = (
        "_call",
        "_clock",
        "_ending",
        "_idle_over",
        "_last",
        "_login_ends",
        "_login_over",
        "_quiet",
        "idle_allowed",
    )

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._call: IDelayedCall | None = None
        self._ending = False
        self._last = clock.seconds()
        self._login_ends: float | None = None
        self._login_over: Callable[[], object] = bool
        self._quiet: Callable[[], object] = bool
        self._idle_over: Callable[[], object] = bool
        self.idle_allowed = 0.0

    def active(self) -> None:
        """Something happened: idleness begins anew."""
        self._last = self._clock.seconds()

    def watch_login(self, seconds: float, expired: Callable[[], object]) -> None:
        """Nobody is logged in, from connecting or from losing a login on: call `expired` when that lasts so long."""
        self._login_over = expired
        self._login_ends = self._clock.seconds() + seconds
        self._look_in(seconds)

    def logged_in(self) -> None:
        """Somebody is."""
        self._login_ends = None

    def watch_idle(self, allowed: float, *, quiet: Callable[[], bool], expired: Callable[[], object]) -> None:
        """Call `expired` once nothing has happened for so long, if it is `quiet` then; moved by `active` alone."""
        self.idle_allowed = allowed
        self._quiet, self._idle_over = quiet, expired
        self._look_in(allowed)

    def _look_in(self, seconds: float) -> None:
        """Look which timer is due in so many seconds, unless that is done earlier."""
        if self._ending:
            return
        call = self._call
        if call is not None and call.active():
            if call.getTime() <= self._clock.seconds() + seconds:
                return
            # Not reset: for that the reactor searches all of its calls.
            call.cancel()
        self._call = self._clock.callLater(seconds, self._look)

    def _look(self) -> None:
        now = self._clock.seconds()
        if self._login_ends is not None:
            if self._login_ends <= now:
                self._login_ends = None
                self._login_over()
            else:
                self._look_in(self._login_ends - now)
        since = now - self._last if self._quiet() else 0.0
        if since >= self.idle_allowed:
            self._idle_over()
        else:
            self._look_in(self.idle_allowed - since)

    def reap(self, seconds: float, call: Callable[[], object]) -> None:
        """Do what is left, after so long; all other timers are over, and so is what was to be done before."""
        self.end()
        self._ending = True
        self._call = self._clock.callLater(seconds, call)

    def end(self) -> None:
        """Stop all."""
        if self._call is not None and self._call.active():
            self._call.cancel()
