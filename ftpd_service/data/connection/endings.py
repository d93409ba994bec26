"""The connections of a session that end after its replies."""

from __future__ import annotations

from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall
from twisted.python.failure import Failure

from ftpd_service.data.connection.opened import Opened
from ftpd_service.data.reactor import Clock, Work
from ftpd_service.runtime.stepping import started

T = TypeVar("T")

MOMENT_SECONDS = 0.02
"""Most small transfers finish within this time, so watchers and timers are deferred until then."""


class Endings:
    """Ends connections in the background, and can wait until all have ended.

    :param seconds: the timeout of an end in order, see `ConnectionDescriptor.end`.
    """

    __slots__ = ("_clock", "_hurried", "_moment", "_put_off", "_seconds", "_waiting")

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._hurried = False
        self._moment: IDelayedCall | None = None
        self._put_off: list[Opened] = []
        self._waiting: list[Deferred[None]] = []

    def end(self, opened: Opened) -> None:
        """End a connection in order."""
        self.carry_out(opened.end(self._clock, self._seconds))

    def put_off(self, opened: Opened) -> None:
        """End a connection in order, a moment later; its FIN is sent, and only the client's end is awaited.

        That end has mostly come by then, so that the reactor need not watch for it, which speeds up small files.
        """
        self._put_off.append(opened)
        if self._moment is None:
            self._moment = self._clock.callLater(MOMENT_SECONDS, self._begin)

    def _begin(self) -> None:
        self._moment = None
        put_off, self._put_off = self._put_off, []
        for opened in put_off:
            self.end(opened)

    def carry_out(self, ending: Work) -> None:
        """Run a coroutine that ends a connection."""
        waiting = started(ending)
        if waiting is not None:
            self.keep(waiting)

    def keep(self, ending: Deferred[None]) -> None:
        """Remember an ending for which `over` has to wait."""
        self._waiting.append(ending)
        ending.addBoth(self._forget, ending)

    async def over(self) -> None:
        """Wait until all connections have ended."""
        if self._moment is not None:
            self._moment.cancel()
            self._begin()
        while self._waiting:
            await DeferredList(list(self._waiting))

    def hurry(self) -> None:
        """Stop waiting for clients, even for those that still send or receive."""
        self._seconds = 0.0
        self._hurried = True
        for ending in list(self._waiting):
            ending.cancel()

    def _forget(self, result: T | Failure, ending: Deferred[None]) -> T | Failure | None:
        self._waiting.remove(ending)
        if self._hurried and isinstance(result, Failure):
            result.trap(CancelledError)
            return None
        return result
