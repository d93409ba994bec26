"""Downloads by sendfile: from the page cache to the socket, never through Python."""

from __future__ import annotations

import os

from ftpd_service.data.connection.descriptor import CONNECTION_ERRORS, broken
from ftpd_service.data.movers import chunks
from ftpd_service.data.movers.route import Route
from ftpd_service.data.placement import (
    FOR_ROOM,
    SLICE_BYTES,
    WAITING_PIECE_BYTES,
    PageCache,
    Patience,
    placement_of,
)
from ftpd_service.errnos import error_for
from ftpd_service.interfaces import IReadDescriptor
from ftpd_service.kernel.page_cache import prefetch
from ftpd_service.kernel.zero_copy import UNSUPPORTED
from ftpd_service.placed import Placement

SENDFILE_BYTES = SLICE_BYTES[Placement.FILES]
"""The most that a slice sends, also on the reactor: no byte is copied, so that it takes less than a millisecond.

With a quarter of it the socket of a fast client is never full, and the client is woken for every packet, which costs up
to twice the CPU time (measured).
"""


async def send_file(route: Route, handle: IReadDescriptor) -> None:
    """Send the content of a handle's descriptor, behind the bytes that were read while opening.

    :raises StorageFailed: the file was truncated meanwhile.
    """
    left = handle.range()
    first = handle.first()
    empty = left.stop is not None and left.start >= left.stop
    await chunks.send_bytes(route, first, more_follows=not empty)
    sent = 0 if empty else await _send_range(route, handle, left.start, left.stop)
    if sent is None:
        await chunks.send_rest(route, handle, None)
    else:
        route.file_ended(len(first) + sent)


async def _send_range(route: Route, handle: IReadDescriptor, start: int, stop: int | None) -> int | None:
    """Send a range of the file; return the bytes that it had, or None if its file system does not support sendfile."""
    offset = start
    descriptor = handle.descriptor()
    cache, patience = PageCache(descriptor), Patience(route.connection.socket, FOR_ROOM)
    started = False
    route.connection.fill_packets()
    while stop is None or offset < stop:
        willing = started and not patience.spent and route.slices.load.few
        most = SLICE_BYTES[Placement.WAITING] if willing else SENDFILE_BYTES
        most = most if stop is None else min(most, stop - offset)
        allowed = await route.allowed(most)
        count = min(allowed, SENDFILE_BYTES)
        cached = cache.holds(offset, count)
        # A slice of a throttled transfer does not wait for the client.
        place = placement_of(at_hand=cached, short=True, patient=willing and allowed == most)
        slice_ = _Slice(route.connection.socket.fileno(), descriptor, offset, count, fetch=not cached)
        if place is Placement.WAITING:
            slice_.wait(patience, allowed)
        try:
            await route.slices.run(slice_, place, file=descriptor)
        finally:
            route.moved(slice_.sent)
        offset += slice_.sent
        if slice_.problem is not None:
            if slice_.problem.errno in UNSUPPORTED and not started and not slice_.sent:
                return None
            raise _error(slice_.problem) from slice_.problem
        if slice_.ended:
            break
        started = True
        if stop is None or offset < stop:
            await route.connection.writable()
    return offset - start


def _error(problem: OSError) -> Exception:
    return broken(problem) if problem.errno in CONNECTION_ERRORS else error_for(problem)


class _Slice:
    """A slice that sends until the socket is full or its count is sent; it runs on any thread and never raises.

    Its attributes hold the result, so that it also counts when the transfer is cancelled meanwhile.
    """

    __slots__ = ("_count", "_fetch", "_file", "_offset", "_patience", "_socket", "ended", "problem", "sent")

    def __init__(self, socket: int, file: int, offset: int, count: int, *, fetch: bool) -> None:
        self._socket = socket
        self._file = file
        self._offset = offset
        self._count = count
        self._fetch = fetch
        self.sent = 0
        self.ended = False
        self._patience: Patience | None = None
        self.problem: OSError | None = None

    def wait(self, patience: Patience, count: int) -> None:
        """Let the slice wait for the client, and set its count."""
        self._patience = patience
        self._count = count

    def __call__(self) -> None:
        try:
            if self._fetch:
                # The range is that of two slices: the disk works on while the client takes the first.
                prefetch(self._file, self._offset, 2 * self._count)
            if self._patience is None:
                self._send(self._count)
            else:
                self._send_patiently(self._patience)
        except OSError as problem:
            self.problem = problem

    def _send_patiently(self, patience: Patience) -> None:
        with patience:
            while self.sent < self._count and not (self.ended or patience.over):
                patience.spent = not self._send(min(WAITING_PIECE_BYTES, self._count - self.sent))

    def _send(self, count: int) -> bool:
        """Send up to a count, less if the socket is full or the file ends; return whether all was sent."""
        try:
            sent = os.sendfile(self._socket, self._file, self._offset + self.sent, count)
        except BlockingIOError:
            return False
        self.ended = sent == 0
        self.sent += sent
        return sent == count
