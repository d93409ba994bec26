"""The waiting of throttled transfers for ``policy/bandwidth.py``: by the reactor's clock, never on a thread."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from ftpd_service.data.reactor import Clock
from ftpd_service.policy.bandwidth import Flow
from ftpd_service.policy.throttles import SessionThrottle, Throttles, ThrottleSettings
from ftpd_service.values import Direction

_SOONEST_SECONDS = 0.005
"""The shortest time between two wake-ups, so that many transfers share them; no rate suffers."""


class Pacing:
    """The transfers that wait for their rates, and a timer for them all.  The service has one object."""

    __slots__ = ("_clock", "_throttles", "_timer", "_turns", "_waiting")

    def __init__(self, throttles: Throttles, clock: Clock) -> None:
        self._throttles = throttles
        self._turns = throttles.turns
        self._clock = clock
        self._waiting: dict[Flow, Deferred[int]] = {}
        self._timer: IDelayedCall | None = None

    def change(self, settings: ThrottleSettings) -> None:
        """Set other rates, and wake the transfers that these let go on."""
        now = self._clock.seconds()
        self._throttles.change(settings, now)
        self._wake(self._turns.changed(now))

    def replace_session(self, session: SessionThrottle, direction: Direction, rate: int | None) -> None:
        """Replace a session's own rate until the session ends or `restore` is called."""
        now = self._clock.seconds()
        session.replace(rate, upload=direction is Direction.UPLOAD, now=now)
        self._wake(self._turns.changed(now))

    def replace_account(self, account: str, direction: Direction, rate: int | None) -> None:
        """Replace the rate of all sessions of an account together until `restore` is called."""
        now = self._clock.seconds()
        self._throttles.replace_account(account, rate, upload=direction is Direction.UPLOAD, now=now)
        self._wake(self._turns.changed(now))

    def restore(self) -> None:
        """Put the configured rates into force again."""
        now = self._clock.seconds()
        self._throttles.restore(now)
        self._wake(self._turns.changed(now))

    def session(self, listener: str) -> SessionThrottle:
        """Return the throttles of a session that begins on a listener."""
        return self._throttles.session(listener)

    def flow(self, session: SessionThrottle, account: str, direction: Direction) -> Flow:
        """Return the flow of a transfer that begins, for the other methods; `leave` is called at its end."""
        return session.flow(account, direction, self._clock.seconds())

    def at_once(self, flow: Flow, wanted: int) -> int:
        """Return how many bytes a flow may move now; after 0 the caller awaits `later` or calls `leave`."""
        count = self._turns.ask(flow, wanted, self._clock.seconds())
        if not count:
            self._set_timer()
        return count

    async def later(self, flow: Flow) -> int:
        """Wait for a flow's turn, and return how many bytes it may move.  A caller that cancels this calls `leave`."""
        waiter: Deferred[int] = Deferred()
        self._waiting[flow] = waiter
        try:
            return await waiter
        finally:
            self._waiting.pop(flow, None)

    def moved(self, flow: Flow, count: int) -> None:
        """Settle the bytes that a flow was allowed last."""
        self._turns.moved(flow, count, self._clock.seconds())
        if self._waiting:
            self._set_timer()

    def leave(self, flow: Flow) -> None:
        """Note that the transfer of a flow has ended."""
        self._turns.leave(flow, self._clock.seconds())
        self._set_timer()

    def _on_time(self) -> None:
        self._timer = None
        self._wake(self._turns.serve(self._clock.seconds()))

    def _wake(self, served: list[tuple[Flow, int]]) -> None:
        for flow, count in served:
            # A transfer that was woken before may have ended this flow's transfer.
            waiter = self._waiting.pop(flow, None)
            if waiter is not None:
                waiter.callback(count)
        self._set_timer()

    def _set_timer(self) -> None:
        due = self._turns.next()
        timer = self._timer
        if due is None:
            if timer is not None:
                timer.cancel()
                self._timer = None
            return
        at = max(due, self._clock.seconds() + _SOONEST_SECONDS)
        if timer is None:
            self._timer = self._clock.callLater(at - self._clock.seconds(), self._on_time)
        elif at < timer.getTime():
            timer.cancel()
            self._timer = self._clock.callLater(at - self._clock.seconds(), self._on_time)
