"""The place where each slice of a transfer runs: a single decision for all movers.

A slice moves bytes until the socket would block, until it has moved its most, or until its time is over.  So a slow
client never holds a thread, and a fast client does not hold the reactor.  A mover states three facts about its next
slice, and `placement_of` decides by them:

* at hand: the kernel says that the slice waits for no disk, no network and no other program;
* short: the slice takes less than a millisecond, so that a hop to a thread would cost more;
* patient: the slice may wait for the client, see `Patience`.

`Slices` carries out the decision.  A slice on the reactor runs in the turn of its client's host, as commands do.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Hashable
from types import TracebackType

from ftpd_service.data.traffic import Traffic
from ftpd_service.interfaces import Blocking
from ftpd_service.kernel.file_systems import in_memory
from ftpd_service.kernel.page_cache import is_cached
from ftpd_service.placed import Due, Placed, Placement
from ftpd_service.runtime.turns import Turns

SLICE_BYTES = {
    Placement.REACTOR: 1024 * 1024,  # A copy in memory of the length of a turn.
    Placement.FILES: 4 * 1024 * 1024,  # A hop to a thread costs more than moving a few pages.
    Placement.BUSY: 4 * 1024 * 1024,
    Placement.WAITING: 64 * 1024 * 1024,  # Such a slice ends by time.
}
"""The most that a slice of a plain transfer copies, by place."""

MOST_BYTES = max(SLICE_BYTES.values())
"""The most that any slice copies."""

WAITING_PIECE_BYTES = 8 * 1024 * 1024
"""The most that a slice that waits for its client moves by a single call."""

WAITING_SECONDS = 0.015
"""The most time that such a slice takes: less than the pool's ``BUSY_HUNG_SECONDS``, and soon enough for ABOR."""

PATIENCE_SECONDS = 0.002
"""The time that such a slice waits for its client; the reactor waits for slower clients."""

FOR_ROOM, FOR_BYTES = socket.SO_SNDTIMEO, socket.SO_RCVTIMEO
"""The socket options that bound a slice's wait for room and for bytes (socket(7))."""


def placement_of(*, at_hand: bool, short: bool = False, patient: bool = False) -> Placement:
    """Decide where a slice runs; the module's docstring explains the arguments."""
    if not at_hand:
        return Placement.FILES
    if patient:
        return Placement.WAITING
    return Placement.REACTOR if short else Placement.BUSY


class Load:
    """The number of transfers that run.  The service has one object.

    :ivar running: the number of transfers that run, listings included.
    :ivar traffic: the bytes of all transfers so far.
    :ivar turns: divides the reactor's time.
    """

    __slots__ = ("_processors", "running", "traffic", "turns")

    def __init__(self, turns: Turns, *, processors: int = 1) -> None:
        self._processors = processors
        self.running = 0
        self.traffic = Traffic()
        self.turns = turns

    @property
    def few(self) -> bool:
        """Whether no more transfers run than processors, so that each may have a thread that waits for its client."""
        return self.running <= self._processors

    def begin(self) -> None:
        """Count a transfer that begins."""
        self.running += 1

    def end(self) -> None:
        """Discount a transfer that has ended."""
        self.running -= 1


class Slices:
    """The slices of a session's transfers, run each in its place.

    :ivar load: the number of all transfers that run.
    """

    __slots__ = ("_blocking", "_host", "load")

    def __init__(self, blocking: Blocking, load: Load, host: Hashable = None) -> None:
        """Take the session's pool, and the client's host, which has turns on the reactor."""
        self._blocking = blocking
        self._host = host
        self.load = load

    async def run(self, slice_: Callable[[], None], place: Placement, *, file: int | None = None) -> None:
        """Run a slice.

        :param file: the descriptor that the slice reads or writes beside the connection.
        """
        if place is Placement.REACTOR:
            await self.load.turns.take(self._host, slice_)
        else:
            await self._blocking(Placed(slice_, file, Due.CONTINUES, placement=place))


class PageCache:
    """The bytes of a file that the kernel has in memory."""

    __slots__ = ("_descriptor", "_in_memory")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._in_memory: bool | None = None

    def holds(self, offset: int, count: int) -> bool:
        """Whether a slice of the file is at hand; False if the kernel cannot tell."""
        if self._in_memory:
            return True
        cached = is_cached(self._descriptor, offset, count)
        if cached is not None:
            return cached
        if self._in_memory is None:
            self._in_memory = in_memory(self._descriptor)
        return self._in_memory


class Patience:
    """Lets slices of a transfer wait, on their thread, for a client that is as fast as they are.

    The reactor hears of room in a full socket so late that such a client falls asleep meanwhile, and is then woken for
    every packet: a download took 1.5 times the CPU time that way, at two thirds of the rate (measured).  So the socket
    blocks while such a slice runs, because the kernel waits best; other code may use the socket then only with
    MSG_DONTWAIT.  The object is the context manager around a slice's calls.

    :ivar spent: whether the client kept a slice waiting for longer than `PATIENCE_SECONDS`.
    """

    __slots__ = ("_connection", "_timeout", "_until", "spent")

    def __init__(self, connection: socket.socket, timeout: int) -> None:
        """Wait at a connection for `FOR_ROOM` or `FOR_BYTES`."""
        self._connection = connection
        self._timeout = timeout
        self._until = 0.0
        self.spent = False

    def __enter__(self) -> None:
        self._until = time.monotonic() + WAITING_SECONDS
        patience = struct.pack("@ll", 0, int(PATIENCE_SECONDS * 1_000_000))
        self._connection.setsockopt(socket.SOL_SOCKET, self._timeout, patience)
        os.set_blocking(self._connection.fileno(), True)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.set_blocking(self._connection.fileno(), False)

    @property
    def over(self) -> bool:
        """Whether the slice has to end."""
        return self.spent or time.monotonic() >= self._until
