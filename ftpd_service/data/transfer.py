"""A transfer: picks a mover, counts bytes, watches for a stall and for the client's reset, and can be stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall

from ftpd_service.data.connection.descriptor import InputKind
from ftpd_service.data.movers import chunks, sendfile, splice, tls_batches, tls_uploads
from ftpd_service.data.movers.route import Route
from ftpd_service.data.pace import Pacing
from ftpd_service.data.reactor import Clock, Work
from ftpd_service.data.traffic import Amount
from ftpd_service.errors import TransferAborted
from ftpd_service.interfaces import IReadDescriptor, IReadHandle, IWriteDescriptor, IWriteHandle, Translation
from ftpd_service.kernel import zero_copy
from ftpd_service.policy.bandwidth import Flow
from ftpd_service.runtime.stepping import started
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.values import Direction, Progress

T = TypeVar("T")

RESET = "the client reset the data connection"

_LOOK_SECONDS = 0.5
"""The interval at which a throttled upload looks for a reset, of which the reactor tells only while it reads."""


class Transfer:
    """The coroutine of a transfer, from the opening of the connection to the last byte.

    :ivar amount: counts the bytes of all transfers of its direction and protection.
    :ivar byte_count: the number of bytes on the data connection so far.
    :ivar direction: the direction of the bytes.
    """

    __slots__ = (
        "_began_at",
        "_clock",
        "_flow",
        "_look",
        "_moved_at",
        "_pacing",
        "_reason",
        "_reset",
        "_stall",
        "_stall_seconds",
        "_throttled_at",
        "_total",
        "_waits",
        "_watch",
        "_work",
        "amount",
        "byte_count",
        "direction",
    )

    def __init__(
        self,
        *,
        clock: Clock,
        stall_seconds: float,
        direction: Direction,
        total: int | None,
        pacing: Pacing,
        flow: Flow,
    ) -> None:
        self._clock = clock
        self._stall_seconds = stall_seconds
        self.direction = direction
        self._total = total
        self._pacing = pacing
        self._flow = flow
        self._reset: Callable[[], bool] | None = None
        self._watch: Callable[[], None] | None = None
        self._waits = False
        self._look: IDelayedCall | None = None
        self._throttled_at: float | None = None
        self._work: Deferred[None] | None = None
        self._stall: IDelayedCall | None = None
        self._began_at: float | None = None
        self._moved_at = 0.0
        self._reason: str | None = None
        self.amount = Amount()
        self.byte_count = 0

    async def run(self, work: Work) -> int:
        """Carry out a transfer and return the number of bytes moved.  Cancelling this cancels the work.

        :raises TransferAborted: the transfer was stopped.
        """
        try:
            self._work = started(work)
            if self._work is not None:
                self._waits = True
                self._begin_watching()
                await self._work
        except CancelledError as cancelled:
            if self._reason is None:
                raise
            raise TransferAborted(self._reason) from cancelled
        finally:
            self._work = None
            if self._stall is not None and self._stall.active():
                self._stall.cancel()
            self._pacing.leave(self._flow)
        return self.byte_count

    def begin(self, watch: Callable[[], None] | None = None, reset: Callable[[], bool] | None = None) -> None:
        """Note that the connection is open, and watch for a stall; not at all if the transfer never has to wait.

        :param watch: of a download: called with the first wait, to watch the client's input meanwhile.
        :param reset: of an upload: returns whether the client has reset the connection, also behind unread bytes.
        """
        self._reset = reset
        self._watch = watch
        self._began_at = self._moved_at = self._clock.seconds()
        if self._waits:
            self._begin_watching()

    def _begin_watching(self) -> None:
        if self._began_at is None:
            # The client has not connected yet.
            return
        self._stall = self._clock.callLater(self._stall_seconds, self._look_for_stall)
        if self._watch is not None:
            self._watch()

    async def allowed(self, wanted: int) -> int:
        """See `Route.allowed`.  The time that this takes is no stall.

        :raises TransferAborted: the connection of an upload was reset.
        """
        count = self._pacing.at_once(self._flow, wanted)
        if count:
            return count
        if self._reset is not None and self._reset():
            raise TransferAborted(RESET)
        since = self._throttled_at = self._clock.seconds()
        self._look = None if self._reset is None else self._clock.callLater(_LOOK_SECONDS, self._look_for_reset)
        try:
            return await self._pacing.later(self._flow)
        finally:
            self._moved_at += self._clock.seconds() - since
            self._throttled_at = None
            if self._look is not None and self._look.active():
                self._look.cancel()

    def moved(self, count: int) -> None:
        """See `Route.moved`."""
        self._pacing.moved(self._flow, count)
        if count:
            self.byte_count += count
            self.amount.byte_count += count
            self._moved_at = self._clock.seconds()

    def input_seen(self, what: InputKind) -> None:
        """Note input on a download: bytes are a sign of life, an end changes nothing, a reset ends the transfer."""
        if what is InputKind.RESET:
            self.stop(RESET)
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
        """Return the transfer's progress."""
        seconds = 0.0 if self._began_at is None else self._clock.seconds() - self._began_at
        return Progress(direction=self.direction, octets=self.byte_count, total=self._total, seconds=seconds)

    def _look_for_stall(self) -> None:
        """Look for a stall; this timer runs rarely, so that a slice need not move a timer."""
        now = self._clock.seconds() if self._throttled_at is None else self._throttled_at
        left = self._moved_at + self._stall_seconds - now
        if left <= 0:
            self.stop(f"no byte moved for {self._stall_seconds:g} s")
        else:
            self._stall = self._clock.callLater(left, self._look_for_stall)

    def _look_for_reset(self) -> None:
        if self._reset is not None and self._reset():
            self.stop(RESET)
        else:
            self._look = self._clock.callLater(_LOOK_SECONDS, self._look_for_reset)


def _waking(result: T, waiter: Deferred[None]) -> T:
    waiter.callback(None)
    return result


async def send_file(route: Route, handle: IReadHandle, translation: Translation | None) -> None:
    """Send a file by the cheapest mover that can."""
    readable = IReadDescriptor(handle, None)
    if route.records is not None:
        await tls_batches.send_file(route, route.records, handle, translation)
    elif readable is not None and translation is None and zero_copy.SENDFILE:
        await sendfile.send_file(route, readable)
    else:
        await chunks.send_file(route, handle, translation)


async def send_pages(route: Route, pages: AsyncIterator[bytes]) -> None:
    """Send the pages of a listing."""
    if route.records is not None:
        await tls_batches.send_pages(route, route.records, pages)
    else:
        await chunks.send_pages(route, pages)


async def receive_file(
    route: Route, handle: IWriteHandle, translation: Translation | None, taken: TakenBytes | None = None
) -> None:
    """Receive a file by the cheapest mover that can.

    :param taken: takes the bytes that the handle gets; it gets none if the kernel moves them.
    """
    writable = IWriteDescriptor(handle, None)
    if route.records is not None:
        await tls_uploads.receive_file(route, route.records, handle, translation, taken)
    elif writable is not None and translation is None and zero_copy.SPLICE:
        await splice.receive_file(route, writable)
    else:
        await chunks.receive_file(route, handle, translation, taken)
