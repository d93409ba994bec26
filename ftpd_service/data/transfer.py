"""One transfer: picks a mover, counts, watches for a stall and for the client's reset, and can be stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall

from ftpd_service.data.descriptor import Input
from ftpd_service.data.movers import chunks, sendfile, splice
from ftpd_service.data.movers.route import Route
from ftpd_service.data.reactor import Clock, Work
from ftpd_service.errors import TransferAborted
from ftpd_service.interfaces import IReadDescriptor, IReadHandle, IWriteDescriptor, IWriteHandle, Translation
from ftpd_service.values import Direction, Progress

T = TypeVar("T")


class Transfer:
    """Runs the coroutine of a transfer, from opening the connection to its last octet.

    :ivar octets: on the data connection so far.
    """

    __slots__ = (
        "_clock",
        "_direction",
        "_moved_at",
        "_reason",
        "_stall",
        "_stall_seconds",
        "_total",
        "_work",
        "octets",
    )

    def __init__(self, *, clock: Clock, stall_seconds: float, direction: Direction, total: int | None = None) -> None:
        self._clock = clock
        self._stall_seconds = stall_seconds
        self._direction = direction
        self._total = total
        self._work: Deferred[None] | None = None
        self._stall: IDelayedCall | None = None
        self._moved_at = 0.0
        self._reason: str | None = None
        self.octets = 0

    async def run(self, work: Work) -> int:
        """Carry out a transfer; the octets moved.  Cancelling it cancels the work.

        :raises TransferAborted: it was stopped.
        """
        self._work = Deferred.fromCoroutine(work)
        try:
            await self._work
        except CancelledError as cancelled:
            if self._reason is None:
                raise
            raise TransferAborted(self._reason) from cancelled
        finally:
            self._work = None
            if self._stall is not None and self._stall.active():
                self._stall.cancel()
        return self.octets

    def begin(self) -> None:
        """The connection is there: watch for a stall from now on."""
        self._moved_at = self._clock.seconds()
        self._stall = self._clock.callLater(self._stall_seconds, self._look_for_stall)

    def moved(self, octets: int) -> None:
        """Count octets that went over the connection."""
        self.octets += octets
        self._moved_at = self._clock.seconds()

    def input_seen(self, what: Input) -> None:
        """Something came on a download: octets are a sign of life, an end is none of our business, a reset ends it."""
        if what is Input.RESET:
            self.stop("the client reset the data connection")
        else:
            self._moved_at = self._clock.seconds()

    def stop(self, reason: str) -> None:
        """End the transfer with TransferAborted, once its last call on the pool has returned."""
        if self._work is not None and self._reason is None:
            self._reason = reason
            self._work.cancel()

    async def over(self) -> None:
        """Wait until the work has ended."""
        if self._work is not None:
            waiter: Deferred[None] = Deferred()
            self._work.addBoth(_waking, waiter)
            await waiter

    def progress(self) -> Progress:
        """Where it stands."""
        return Progress(direction=self._direction, octets=self.octets, total=self._total)

    def _look_for_stall(self) -> None:
        """Looked at once in a while instead of moving a timer with every slice."""
        left = self._moved_at + self._stall_seconds - self._clock.seconds()
        if left <= 0:
            self.stop(f"no octet moved for {self._stall_seconds:g} s")
        else:
            self._stall = self._clock.callLater(left, self._look_for_stall)


def _waking(result: T, waiter: Deferred[None]) -> T:
    waiter.callback(None)
    return result


async def send_file(route: Route, handle: IReadHandle, translation: Translation | None) -> None:
    """Send a file by the cheapest mover that can."""
    readable = IReadDescriptor(handle, None)
    if readable is not None and translation is None and sendfile.AVAILABLE:
        await sendfile.send_file(route, readable)
    else:
        await chunks.send_file(route, handle, translation)


async def send_pages(route: Route, pages: AsyncIterator[bytes]) -> None:
    """Send the pages of a listing."""
    await chunks.send_pages(route, pages)


async def receive_file(route: Route, handle: IWriteHandle, translation: Translation | None) -> None:
    """Receive a file by the cheapest mover that can."""
    writable = IWriteDescriptor(handle, None)
    if writable is not None and translation is None and splice.AVAILABLE:
        await splice.receive_file(route, writable)
    else:
        await chunks.receive_file(route, handle, translation)
