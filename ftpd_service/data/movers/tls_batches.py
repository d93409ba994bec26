"""The mover of protected downloads, from every handle: batches of 256 KiB between the handle, OpenSSL and the kernel.

Batches run on the pool, where OpenSSL works without the interpreter's lock, so that transfers use every core; small
batches run on the reactor, because a hop costs more.  A slice ends when the socket would block, so a slow client holds
no thread.

A download ends with close_notify before its FIN.  Bytes that its client sends meanwhile are not read, and a
close_notify neither.  ``tls_uploads.py`` has the other direction.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from time import monotonic

from ftpd_service.data.movers.chunks import PIECE_BYTES
from ftpd_service.data.movers.route import Route
from ftpd_service.data.placement import PageCache, placement_of
from ftpd_service.data.socket_records import BATCH_BYTES, SocketRecords, plain_room
from ftpd_service.errnos import translated
from ftpd_service.errors import FtpdError
from ftpd_service.interfaces import IReadDescriptor, IReadHandle, Translation

INLINE_BYTES = 64 * 1024
"""The most that is encrypted or decrypted on the reactor at once: some 50 us."""

TLS_SLICE_BYTES = 16 * 1024 * 1024
"""The most that a slice moves on the pool."""

SLICE_SECONDS = 0.006
"""The time that a slice takes: a hop to a thread takes a fiftieth of it, and others have their turn."""


async def send_file(route: Route, records: SocketRecords, handle: IReadHandle, translation: Translation | None) -> None:
    """Send the content of a handle, to its end, and close_notify."""
    readable = IReadDescriptor(handle, None) if translation is None else None
    if readable is not None:
        await _send_descriptor(route, records, readable)
    else:
        first = handle.first()
        await _send_bytes(route, records, translation.translate(first) if translation else first)
        await _send_rest(route, records, handle, translation)
    # A truncated file raises before this: close_notify would call it whole.
    await finish(route, records)


async def send_pages(route: Route, records: SocketRecords, pages: AsyncIterator[bytes]) -> None:
    """Send pages as they are made, and close_notify."""
    async for page in pages:
        await _send_bytes(route, records, page)
    await finish(route, records)


async def finish(route: Route, records: SocketRecords) -> None:
    """Send the records that wait, and close_notify."""
    records.close()
    while not records.flush(0):
        await route.connection.writable()


async def _send_descriptor(route: Route, records: SocketRecords, handle: IReadDescriptor) -> None:
    left = handle.range()
    follows = left.stop is None or left.start < left.stop
    first = handle.first()
    await _send(route, records, _Bytes(first, last=not follows and route.is_all(len(first))), short=True)
    given = len(first)
    if follows:
        route.connection.fill_packets()
        rest = _FileRange(handle.descriptor(), left.start, left.stop)
        rest.last = left.stop is not None and route.is_all(given + left.stop - left.start)
        await _send(route, records, rest, short=False)
        given += rest.given
    route.file_ended(given)


async def _send_rest(
    route: Route, records: SocketRecords, handle: IReadHandle, translation: Translation | None
) -> None:
    given = len(handle.first())
    while data := await handle.read(PIECE_BYTES):
        given += len(data)
        await _send_bytes(route, records, translation.translate(data) if translation else data)
    route.file_ended(given)
    if translation is not None:
        await _send_bytes(route, records, translation.finish())


async def _send_bytes(route: Route, records: SocketRecords, data: bytes) -> None:
    if data:
        await _send(route, records, _Bytes(data, last=False), short=len(data) <= INLINE_BYTES)


async def _send(route: Route, records: SocketRecords, source: _Bytes | _FileRange, *, short: bool) -> None:
    while wanted := records.unsent + source.left:
        most = await route.allowed(min(wanted, TLS_SLICE_BYTES))
        slice_ = _Sending(records, source, most)
        place = placement_of(at_hand=source.at_hand(most), short=short)
        try:
            await route.slices.run(slice_, place, file=source.file)
        finally:
            route.moved(slice_.sent)
        if slice_.problem is not None:
            raise slice_.problem
        if slice_.full:
            await route.connection.writable()


class _Bytes:
    """Bytes in memory.

    :ivar file: None.
    :ivar left: the number of bytes not taken yet.
    :ivar last: whether nothing comes behind them.
    """

    __slots__ = ("_data", "last", "left")
    file = None

    def __init__(self, data: bytes, *, last: bool) -> None:
        self._data = memoryview(data)
        self.left = len(data)
        self.last = last

    def at_hand(self, most: int) -> bool:
        """Whether taking so many bytes waits for nothing."""
        return True

    def take(self, most: int) -> memoryview:
        """Take the next bytes."""
        taken, self._data = self._data[:most], self._data[most:]
        self.left = len(self._data)
        return taken


class _FileRange:
    """A range of a file; without a stop the range ends at the file's end, which is found while reading.

    :ivar file: the file's descriptor.
    :ivar given: the number of bytes taken.
    :ivar last: whether nothing comes behind it; False until set.
    """

    __slots__ = ("_cache", "_offset", "_stop", "file", "given", "last", "left")

    def __init__(self, descriptor: int, offset: int, stop: int | None) -> None:
        self.file = descriptor
        self._offset = offset
        self._stop = stop
        self._cache = PageCache(descriptor)
        self.left = TLS_SLICE_BYTES if stop is None else stop - offset
        self.last = False
        self.given = 0

    def at_hand(self, most: int) -> bool:
        """Whether the kernel says that taking so many bytes waits for no device."""
        return self._cache.holds(self._offset, min(most, self.left))

    def take(self, most: int) -> memoryview:
        """Take the next bytes, in this thread's buffer; nothing at the end of a file that has shrunk."""
        room = plain_room()[: min(most, self.left)]
        with translated:
            count = os.preadv(self.file, [room], self._offset)
        self._offset += count
        self.given += count
        if count == 0:
            # The file has shrunk: nothing is left, but this is not the end that was announced.
            self.left = 0
            self.last = False
        elif self._stop is not None:
            self.left = self._stop - self._offset
        return room[:count]


class _Sending:
    """A slice that encrypts and sends until the socket is full or all is sent; runs on any thread, never raises.

    Its attributes hold the result, so that it also counts when the transfer is cancelled meanwhile.

    :ivar full: whether the socket takes nothing more now.
    """

    __slots__ = ("_most", "_records", "_source", "full", "problem", "sent")

    def __init__(self, records: SocketRecords, source: _Bytes | _FileRange, most: int) -> None:
        self._records = records
        self._source = source
        self._most = most
        self.sent = 0
        self.full = False
        self.problem: FtpdError | None = None

    def __call__(self) -> None:
        before = self._records.sent
        until = monotonic() + SLICE_SECONDS
        try:
            while self._step(self._most - (self._records.sent - before)) and monotonic() < until:
                pass
        except FtpdError as problem:
            self.problem = problem
        self.sent = self._records.sent - before

    def _step(self, left: int) -> bool:
        """Encrypt a batch if none waits, and flush; return False if there is nothing more to do now."""
        records, source = self._records, self._source
        more = bool(source.left and left)
        if more and not records.unsent:
            records.encrypt(source.take(min(left, BATCH_BYTES)))
            if source.last and not source.left:
                # The close_notify goes into the packet with the last bytes, if they are few.
                records.close()
        # Headers may be left when the slice is sent, or tickets if there was no byte.
        flushed = records.flush(left)
        self.full = not flushed
        return flushed and more
