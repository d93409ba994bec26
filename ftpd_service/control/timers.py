"""The timers of one control connection: login, idle, and what is left to do once our side is closed."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Timers:
    """Three timers that end with the connection."""

    __slots__ = ("_clock", "_expired", "_idle", "_last", "_login", "_quiet", "_reaper", "idle_allowed")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._login: IDelayedCall | None = None
        self._idle: IDelayedCall | None = None
        self._reaper: IDelayedCall | None = None
        self._last = clock.seconds()
        self._quiet: Callable[[], object] = bool
        self._expired: Callable[[], object] = bool
        self.idle_allowed = 0.0

    def active(self) -> None:
        """Something happened: idleness begins anew."""
        self._last = self._clock.seconds()

    def watch_login(self, seconds: float, expired: Callable[[], None]) -> None:
        """Nobody is logged in, from connecting or from losing a login on; does nothing while it runs."""

        def fire() -> None:
            self._login = None
            expired()

        if self._login is None:
            self._login = self._clock.callLater(seconds, fire)

    def logged_in(self) -> None:
        """Somebody is."""
        login, self._login = self._login, None
        if login is not None:
            login.cancel()

    def watch_idle(self, allowed: float, *, quiet: Callable[[], bool], expired: Callable[[], None]) -> None:
        """Call `expired` once nothing has happened for so long, if it is `quiet` then; moved by `active` alone."""
        if self._idle is not None and self._idle.active():
            self._idle.cancel()
        self.idle_allowed = allowed
        # Kept here and not in a closure, which takes three times the memory in every idle session.
        self._quiet, self._expired = quiet, expired
        self._idle = self._clock.callLater(allowed, self._look)

    def _look(self) -> None:
        self._idle = None
        since = self._clock.seconds() - self._last if self._quiet() else 0.0
        if since >= self.idle_allowed:
            self._expired()
        else:
            self._idle = self._clock.callLater(self.idle_allowed - since, self._look)

    def reap(self, seconds: float, call: Callable[[], object]) -> None:
        """Do what is left, after so long, instead of what was to be done before."""
        if self._reaper is not None and self._reaper.active():
            self._reaper.cancel()
        self._reaper = self._clock.callLater(seconds, call)

    def end(self) -> None:
        """Stop all."""
        for timer in (self._login, self._idle, self._reaper):
            if timer is not None and timer.active():
                timer.cancel()
