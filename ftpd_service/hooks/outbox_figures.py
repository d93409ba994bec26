"""The figures of the outbox for the metrics: how many rows there are, and since when the oldest waits.

The table is asked only when the metrics are.  A database that does not answer delays them for a moment; the figures are
the last ones then, so the age of the oldest row goes on to grow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from ftpd_service.errors import DatabaseUnavailable

T = TypeVar("T")

OLDEST_ROW_SECONDS = 1.0
"""How long the metrics wait for the table."""


class OldestRow:
    """The oldest row that waits for delivery.

    :param ask: returns when it was made, in seconds since 1970, or None if there is none.
    """

    def __init__(self, ask: Callable[[], Awaitable[float | None]], clock: IReactorTime) -> None:
        self._ask = ask
        self._clock = clock
        self._made: float | None = None
        self._asking: Deferred[None] | None = None

    def seconds(self, now: float) -> float:
        """Return its age, or 0 if there is none.

        :param now: seconds since 1970.
        """
        return 0.0 if self._made is None else max(0.0, now - self._made)

    async def refresh(self) -> None:
        """Ask anew, and wait for `OLDEST_ROW_SECONDS` at most; a later answer counts for the next time."""
        if self._asking is None or self._asking.called:
            self._asking = Deferred.fromCoroutine(self._renew())
        over: Deferred[None] = Deferred()
        timer = self._clock.callLater(OLDEST_ROW_SECONDS, over.callback, None)

        def answered(result: T) -> T:
            if timer.active():
                timer.cancel()
                over.callback(None)
            return result

        self._asking.addBoth(answered)
        await over

    async def _renew(self) -> None:
        # An outbox that does not answer has told the log already, as its rows cannot be written.
        with suppress(DatabaseUnavailable):
            self._made = await self._ask()
