"""How much may begin in a second: connections of a host, and commands of a session.  Pure: `now` is an argument.

Of `n` a second, `n` may begin at once, and then one more in each nth part of a second.  A single number says how much
of this is used up: the time at which nothing is used up any more (the generic cell rate algorithm).
"""

from __future__ import annotations

from collections import OrderedDict

from ftpd_service.errors import LimitReached
from ftpd_service.reasons import SessionRefusal
from ftpd_service.values import IPAddress

MOST_COUNTED = 10_000
"""The most hosts of which the connections of the last second are counted; the oldest are forgotten."""

_ROUNDING_SECONDS = 1e-6


def wait_seconds(unused_at: float, now: float, per_second: int) -> float:
    """Return how long the next beginning must wait; 0 if it need not wait.

    :param unused_at: the result of the last `used`, or 0.
    """
    seconds = used(unused_at, now, per_second) - now - 1.0
    return seconds if seconds > _ROUNDING_SECONDS else 0.0


def used(unused_at: float, now: float, per_second: int) -> float:
    """Count a beginning, and return the time at which nothing is used up any more."""
    return max(unused_at, now) + 1.0 / per_second


class ConnectionRate:
    """The counter of connections that begin, by host."""

    __slots__ = ("_most", "_per_second", "_unused_at")

    def __init__(self, per_second: int | None = None, *, most_counted: int = MOST_COUNTED) -> None:
        """Take how many connections of a host may begin in a second; None means no limit."""
        self._per_second = per_second
        self._most = most_counted
        self._unused_at: OrderedDict[IPAddress, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._unused_at)

    def change(self, per_second: int | None) -> None:
        """Change the limit for later connections."""
        self._per_second = per_second
        if per_second is None:
            self._unused_at.clear()

    def enter(self, host: IPAddress, now: float) -> None:
        """Count a connection that begins; `now` never goes back.

        :raises LimitReached: too many have begun, and this connection is not counted.
        """
        if self._per_second is None:
            return
        unused_at = self._unused_at.get(host, 0.0)
        if wait_seconds(unused_at, now, self._per_second):
            text = f"limits.connections_per_second: {self._per_second} of {host} have begun in a second"
            raise LimitReached(text, cause=SessionRefusal.CONNECTIONS_PER_SECOND)
        self._unused_at[host] = used(unused_at, now, self._per_second)
        self._unused_at.move_to_end(host)
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Forget hosts that have used up nothing, and the oldest if there are too many."""
        while self._unused_at:
            oldest = next(iter(self._unused_at))
            if self._unused_at[oldest] > now and len(self._unused_at) <= self._most:
                break
            del self._unused_at[oldest]


class CommandRate:
    """The limit on the commands of each session, which a reload changes for all sessions.

    :ivar per_second: the limit; None means no limit.
    """

    __slots__ = ("per_second",)

    def __init__(self, per_second: int | None = None) -> None:
        self.per_second = per_second
