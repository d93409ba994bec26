"""Uploads by splice: from the socket through a pipe into the file, never through Python.

A slice empties its pipe, so a pipe for each thread serves all transfers.  A pipe that could not be emptied is closed
and never used again.
"""

from __future__ import annotations

import socket
from contextlib import suppress

from twisted.internet.defer import CancelledError

from ftpd_service.data.connection.descriptor import broken, translated_breaks
from ftpd_service.data.movers import chunks
from ftpd_service.data.movers.route import Route, allotted
from ftpd_service.data.placement import FOR_BYTES, MOST_BYTES, SLICE_BYTES, Patience, placement_of
from ftpd_service.errnos import error_for
from ftpd_service.errors import QuotaExceeded
from ftpd_service.interfaces import IWriteDescriptor
from ftpd_service.kernel.file_systems import IN_MEMORY, LOCAL, type_of
from ftpd_service.kernel.zero_copy import UNSUPPORTED, Pipe, drop_pipe_of_thread, pipe_of_thread
from ftpd_service.placed import Placement

WHOLE_BYTES = 64 * 1024
"""Up to so many bytes pass through Python, if no more follow.

They are read by a single call and written with the commit, which saves a small file a hop to the pool.
"""


async def receive_file(route: Route, handle: IWriteDescriptor) -> None:
    """Receive into a handle's descriptor until the client's end.  A reset is never an end."""
    if not await _bytes_came(route):
        return None
    count = route.connection.bytes_to_the_end()
    # A byte more than was counted: more may follow after all, behind urgent bytes.
    if 0 < count <= WHOLE_BYTES and await route.allowed(count) == count and await _read(route, handle, count + 1):
        return None
    descriptor = await handle.descriptor()
    file_system = type_of(descriptor)
    patience, started = Patience(route.connection.socket, FOR_BYTES), False
    while room := await allotted(handle, MOST_BYTES):
        # Copying keeps a processor busy: after the first slice, or when many upload, all processors share the work.
        short = file_system in IN_MEMORY and not route.slices.load.turns.over
        willing = patience if started and room == MOST_BYTES else None
        slice_, place = await _next(route, descriptor, willing, at_hand=file_system in LOCAL, short=short, room=room)
        await _run(route, handle, slice_, place)
        started = True
        if slice_.refused:
            # The bytes in the pipe belong before all later bytes.
            route.moved(len(slice_.refused))
            await handle.write(slice_.refused)
            return await chunks.receive_file(route, handle, None)
        if slice_.problem is not None:
            raise slice_.problem
        if slice_.unsupported:
            return await chunks.receive_file(route, handle, None)
        if slice_.stopped and await _is_over(route, handle):
            return None
        await route.connection.readable()
    # The handle refuses the next byte, unless the end comes instead.
    return await chunks.receive_file(route, handle, None)


async def _bytes_came(route: Route) -> bool:
    """Wait for the next byte; return False if the end comes first.

    Asking for the descriptor truncates a file in place, so this must not happen before there is a byte.
    """
    while True:
        try:
            with translated_breaks:
                return bool(route.connection.socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            await route.connection.readable()


async def _next(
    route: Route, descriptor: int, patience: Patience | None, *, at_hand: bool, short: bool, room: int
) -> tuple[_Slice, Placement]:
    """Return the next slice and its place.  A slice of a throttled transfer does not wait for the client."""
    connection = route.connection.socket.fileno()
    willing = patience is not None and not patience.spent
    place = placement_of(at_hand=at_hand, short=short, patient=willing)
    allowed = await route.allowed(min(SLICE_BYTES[place], room))
    if place is Placement.WAITING and allowed == SLICE_BYTES[place]:
        return _Slice(connection, descriptor, allowed, patience), place
    place = placement_of(at_hand=at_hand, short=short)
    return _Slice(connection, descriptor, min(allowed, SLICE_BYTES[place]), None), place


async def _is_over(route: Route, handle: IWriteDescriptor) -> bool:
    """Whether the end stopped splice; an urgent byte, which stops it too, is passed by reading."""
    return not await _bytes_came(route) or await _read(route, handle, await route.allowed(chunks.PIECE_BYTES))


async def _read(route: Route, handle: IWriteDescriptor, most: int) -> bool:
    """Receive the bytes that have come, up to `most`, through Python; return whether the end is behind them."""
    data, problem, ended = chunks.piece_from(route.connection, most)
    route.moved(len(data))
    if data:
        await handle.write(data)
    if problem is not None:
        raise broken(problem) from problem
    return ended


async def _run(route: Route, handle: IWriteDescriptor, slice_: _Slice, place: Placement) -> None:
    """Run a slice and report the bytes that it wrote, also when the transfer was cancelled meanwhile."""
    try:
        await route.slices.run(slice_, place, file=slice_.file)
    except CancelledError:
        with suppress(QuotaExceeded):
            _tell(route, handle, slice_.written)
        raise
    _tell(route, handle, slice_.written)


def _tell(route: Route, handle: IWriteDescriptor, count: int) -> None:
    route.moved(count)
    if count:
        handle.written(count)


class _Slice:
    """A slice that receives until the socket is empty or its count is moved; it runs on any thread and never raises.

    :ivar written: the number of bytes that reached the file.
    :ivar ended: whether the client's end came.
    :ivar unsupported: whether nothing can be spliced from this socket.
    :ivar refused: bytes taken from the socket that cannot be spliced into this file.
    :ivar problem: any other failure, translated.
    """

    __slots__ = ("_most", "_patience", "_socket", "ended", "file", "problem", "refused", "unsupported", "written")

    def __init__(self, socket: int, file: int, most: int, patience: Patience | None) -> None:
        self._socket = socket
        self.file = file
        self._most = most
        self._patience = patience
        self.written = 0
        self.ended = False
        self.unsupported = False
        self.refused = b""
        self.problem: Exception | None = None

    @property
    def stopped(self) -> bool:
        """Whether splice cannot go on, because of the end or an urgent byte, which splice never passes.

        Behind an urgent byte splice reports that it has nothing now, and after the FIN that the end has come.
        """
        return self.ended or not (self.written or self._patience)

    def __call__(self) -> None:
        try:
            pipe = pipe_of_thread()
        except OSError as problem:
            self.problem = error_for(problem)
            return
        if self._patience is None:
            self._move(pipe)
        else:
            with self._patience:
                self._move(pipe)

    def _move(self, pipe: Pipe) -> None:
        while self.written < self._most and (held := self._take(pipe)):
            if not self._give(pipe, held):
                drop_pipe_of_thread()
                return
            if self._patience is not None and self._patience.over:
                return

    def _take(self, pipe: Pipe) -> int:
        """Fill the pipe from the socket; return 0 if there is nothing now, or no more."""
        try:
            count = pipe.fill(self._socket, self._most - self.written)
        except BlockingIOError:
            if self._patience is not None:
                self._patience.spent = True
            return 0
        except OSError as problem:
            if problem.errno in UNSUPPORTED:
                self.unsupported = True
            else:
                self.problem = broken(problem)
            return 0
        self.ended = count == 0
        return count

    def _give(self, pipe: Pipe, held: int) -> bool:
        """Empty the pipe into the file; return False if it could not be emptied."""
        while held:
            try:
                count = pipe.empty(self.file, held)
            except OSError as problem:
                if problem.errno in UNSUPPORTED:
                    self.refused = pipe.take(held)
                else:
                    self.problem = error_for(problem)
                return False
            held -= count
            self.written += count
        return True
