"""The end of the sessions of accounts that expire, at the midnight that ends their last day.

The look comes at each midnight, and once a minute, because the clock of the host may be set.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ftpd_service.accounts.live import LiveAccounts

LONGEST_LOOK_SECONDS = 60.0
_DAY_SECONDS = 86400.0
_AFTER_SECONDS = 0.1
"""How long after a midnight the look comes, so that it is the next day for certain."""


class Expiry:
    """Looks for accounts that have expired.

    :param local: returns the local time of the server.
    """

    def __init__(
        self, live: LiveAccounts, clock: IReactorTime, *, local: Callable[[], datetime] = datetime.now
    ) -> None:
        self._live = live
        self._clock = clock
        self._local = local
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """Begin to look."""
        self._timer = self._clock.callLater(_wait(self._local()), self._look)

    def stop(self) -> None:
        """Look no more."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _look(self) -> None:
        self._live.end_expired(self._local())
        self.start()


def _wait(local: datetime) -> float:
    today = local.hour * 3600.0 + local.minute * 60.0 + local.second + local.microsecond / 1e6
    return min(LONGEST_LOOK_SECONDS, _DAY_SECONDS - today + _AFTER_SECONDS)
