"""The timers of a control connection: login, idle, and the closing after our side is closed.

A single delayed call serves all, because the reactor's heap is costly for sessions of a second.  The call comes when
the earliest timer may be due, looks which timer is, and is made again for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Watched(Protocol):
    """The connection as its timers see it, so that no idle session holds closures for them."""

    def quiet(self) -> bool:
        """Return whether the session is idle."""

    def login_missed(self) -> None:
        """End a session without a login, whose time is over."""

    def idled(self) -> None:
        """End a session that was idle for too long."""


class Timers:
    """The timers of a connection, which end with it.

    :ivar idle_allowed: the seconds of `watch_idle`.
    """

    __slots__ = (
        "_call",
        "_clock",
        "_ending",
        "_last",
        "_logged_in",
        "_login_ends",
        "_watched",
        "idle_allowed",
    )

    def __init__(self, clock: IReactorTime, watched: Watched) -> None:
        self._clock = clock
        self._watched = watched
        self._call: IDelayedCall | None = None
        self._ending = False
        self._last = clock.seconds()
        self._logged_in = False
        self._login_ends: float | None = None
        self.idle_allowed = 0.0

    def active(self) -> None:
        """Note activity: idle time begins anew."""
        self._last = self._clock.seconds()

    def watch_login(self, seconds: float) -> None:
        """Call `Watched.login_missed` after this time without a login, counted from now."""
        self._login_ends = self._clock.seconds() + seconds
        self._look_in(seconds)

    def follow(self, *, login_seconds: float | None, idle_seconds: float) -> None:
        """Follow the state of the session after a reply.

        :param login_seconds: the time that a session gets that is not logged in any more; None means a login.
        :param idle_seconds: see `watch_idle`.
        """
        logged_in = login_seconds is None
        if logged_in is not self._logged_in:
            self._logged_in = logged_in
            self._login_ends = None
            if login_seconds is not None:
                self.watch_login(login_seconds)
        if idle_seconds != self.idle_allowed:
            self.watch_idle(idle_seconds)

    def watch_idle(self, allowed: float) -> None:
        """Call `Watched.idled` after this time without `active`, if the session is `quiet` then."""
        self.idle_allowed = allowed
        self._look_in(allowed)

    def _look_in(self, seconds: float) -> None:
        """Look which timer is due after this time, unless a look comes earlier."""
        if self._ending:
            return
        call = self._call
        if call is not None and call.active():
            if call.getTime() <= self._clock.seconds() + seconds:
                return
            # Not reset(), for which the reactor searches all of its calls.
            call.cancel()
        self._call = self._clock.callLater(seconds, self._look)

    def _look(self) -> None:
        now = self._clock.seconds()
        if self._login_ends is not None:
            if self._login_ends <= now:
                self._login_ends = None
                self._watched.login_missed()
            else:
                self._look_in(self._login_ends - now)
        since = now - self._last if self._watched.quiet() else 0.0
        if since >= self.idle_allowed:
            self._watched.idled()
        else:
            self._look_in(self.idle_allowed - since)

    def reap(self, seconds: float, call: Callable[[], object]) -> None:
        """Call a function after this time, in place of an earlier `reap` and of all other timers."""
        self.end()
        self._ending = True
        self._call = self._clock.callLater(seconds, call)

    def end(self) -> None:
        """Stop all timers."""
        if self._call is not None and self._call.active():
            self._call.cancel()
