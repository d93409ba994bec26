"""The mover of protected uploads, to every handle: batches of 256 KiB between the kernel, OpenSSL and the handle.

The batches run as those of ``tls_batches.py``.  An upload ends with the client's close_notify or its FIN; the server
answers both with close_notify, and with the session tickets that were held back until then.
"""

from __future__ import annotations

import os
from contextlib import suppress
from time import monotonic

from twisted.internet.defer import CancelledError

from ftpd_service.data.movers.chunks import write_and_take
from ftpd_service.data.movers.route import Route, allotted
from ftpd_service.data.movers.tls_batches import INLINE_BYTES, SLICE_SECONDS, TLS_SLICE_BYTES, finish
from ftpd_service.data.placement import placement_of
from ftpd_service.data.socket_records import BATCH_BYTES, SocketRecords, plain_room
from ftpd_service.errnos import translated
from ftpd_service.errors import FtpdError, QuotaExceeded, TransferAborted
from ftpd_service.interfaces import IWriteDescriptor, IWriteHandle, Translation
from ftpd_service.kernel.file_systems import is_local
from ftpd_service.taken_bytes import TakenBytes


async def receive_file(
    route: Route,
    records: SocketRecords,
    handle: IWriteHandle,
    translation: Translation | None,
    taken: TakenBytes | None = None,
) -> None:
    """Write received bytes until the client's end, and answer it; `Opened.upload_ended` judges the end.

    :param taken: takes the bytes that are written.
    """
    writable = IWriteDescriptor(handle, None) if translation is None else None
    wanted = INLINE_BYTES
    while not records.ended:
        data = await _received(route, records, wanted)
        if data:
            await write_and_take(route, handle, translation.translate(data) if translation else data, taken)
            if writable is not None and not records.ended:
                await _receive_into(route, records, writable, taken)
            # A client that fills a small batch has more to send.
            wanted = BATCH_BYTES if len(data) > INLINE_BYTES // 2 else INLINE_BYTES
        elif not records.ended:
            await route.connection.readable()
    if translation is not None:
        await write_and_take(route, handle, translation.finish(), taken)
    # A client that has closed behind its FIN does not hear the answer, but all its bytes are here.
    with suppress(TransferAborted):
        await finish(route, records)


async def _received(route: Route, records: SocketRecords, wanted: int) -> bytes:
    """Return a batch of plain bytes; nothing if the kernel has none, or at the end."""
    piece = _Piece(records, await route.allowed(wanted))
    try:
        await route.slices.run(piece, placement_of(at_hand=True, short=wanted <= INLINE_BYTES))
    finally:
        route.moved(len(piece.data))
    if piece.problem is not None:
        raise piece.problem
    return piece.data


class _Piece:
    """A call that receives and decrypts a batch; it runs on any thread and never raises."""

    __slots__ = ("_most", "_records", "data", "problem")

    def __init__(self, records: SocketRecords, most: int) -> None:
        self._records = records
        self._most = most
        self.data = b""
        self.problem: FtpdError | None = None

    def __call__(self) -> None:
        room = plain_room()
        try:
            self.data = bytes(room[: self._records.pull(room, self._most)])
        except FtpdError as problem:
            self.problem = problem


async def _receive_into(
    route: Route, records: SocketRecords, handle: IWriteDescriptor, taken: TakenBytes | None
) -> None:
    """Receive into a handle's descriptor until the end, or until nothing fits; on the pool, as disks may wait."""
    descriptor = await handle.descriptor()
    place = placement_of(at_hand=is_local(descriptor))
    while room := await allotted(handle, TLS_SLICE_BYTES):
        slice_ = _Receiving(records, descriptor, await route.allowed(room), taken)
        try:
            await route.slices.run(slice_, place, file=descriptor)
        except CancelledError:
            with suppress(QuotaExceeded):
                _tell(route, handle, slice_.written)
            raise
        _tell(route, handle, slice_.written)
        if slice_.problem is not None:
            raise slice_.problem
        if records.ended:
            return
        if slice_.dry:
            await route.connection.readable()


class _Receiving:
    """A slice that receives, decrypts and writes until the socket is empty or its most is written; it never raises.

    :ivar written: the number of bytes that reached the file.
    :ivar dry: whether the socket has nothing more now.
    """

    __slots__ = ("_file", "_most", "_records", "_taken", "dry", "problem", "written")

    def __init__(self, records: SocketRecords, file: int, most: int, taken: TakenBytes | None) -> None:
        self._records = records
        self._file = file
        self._most = most
        self._taken = taken
        self.written = 0
        self.dry = False
        self.problem: FtpdError | None = None

    def __call__(self) -> None:
        room = plain_room()
        until = monotonic() + SLICE_SECONDS
        try:
            while self.written < self._most and monotonic() < until:
                left = self._most - self.written
                # Decrypted bytes that were received before may be more than this slice may write.
                count = self._records.pull(room[:left], left)
                if not count:
                    self.dry = True
                    break
                self._write(room[:count])
        except FtpdError as problem:
            self.problem = problem

    def _write(self, data: memoryview) -> None:
        while data:
            with translated:
                count = os.write(self._file, data)
            self.written += count
            if self._taken is not None:
                self._taken.take(data[:count])
            data = data[count:]


def _tell(route: Route, handle: IWriteDescriptor, count: int) -> None:
    route.moved(count)
    if count:
        handle.written(count)
