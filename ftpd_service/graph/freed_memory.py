"""Returns memory to the system, on the pool, after crowds of sessions and runs of hashes."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from ftpd_service.interfaces import Blocking
from ftpd_service.kernel.allocator import trim
from ftpd_service.observe.memory import give_back

BEHIND_SECONDS = 1.0
"""The delay before memory is returned after half of a crowd left, because the other half mostly leaves soon."""


class FreedMemory:
    """Memory that is free in this process and shall be free in the system.

    :param blocking: returns the threads of the service.
    """

    def __init__(self, clock: IReactorTime, blocking: Callable[[], Blocking]) -> None:
        self._clock = clock
        self._blocking = blocking
        self._trimming: IDelayedCall | None = None

    def rested(self) -> None:
        """Return the memory of hashes, unless more hashes follow soon."""
        if self._trimming is None or not self._trimming.active():
            self._trimming = self._clock.callLater(BEHIND_SECONDS, self._call, trim)

    def left(self) -> IDelayedCall:
        """Return the memory of a crowd of sessions."""
        return self._clock.callLater(BEHIND_SECONDS, self._call, give_back)

    def _call(self, call: Callable[[], object]) -> None:
        Deferred.fromCoroutine(self._blocking()(call))
