"""RANG, and the handles of transfers that move a part of a file (draft-bryan-ftp-range-09).

A download of a part ends with the file; an upload of a part changes nothing outside it.
"""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.commands.command import Facts, command, features
from ftpd_service.commands.context import Context
from ftpd_service.errors import RangeExceeded, RangeNotUsable, RestartBeyondEnd
from ftpd_service.interfaces import (
    ILimitedWrite,
    IReadDescriptor,
    IReadHandle,
    IStorage,
    IWriteDescriptor,
    IWriteHandle,
)
from ftpd_service.session.session import Session
from ftpd_service.values import ByteRange, Entry, RepresentationType, VirtualPath
from ftpd_service.wire import arguments, file_replies
from ftpd_service.wire.arguments import OctetRange
from ftpd_service.wire.reply import Final

_RESET = OctetRange(1, 0)


@command(
    arguments.octet_range,
    Facts(
        verb="RANG",
        help="<start> <end>",
        source="draft-bryan-ftp-range-09",
        replies=(350, 551),
        features=features("RANG STREAM"),
    ),
)
async def choose_range(context: Context, wanted: OctetRange) -> Final:
    """Remember the first and the last byte of the next RETR, STOR or HASH; ``RANG 1 0`` forgets them."""
    sequence = context.session.sequence
    # Also a range that is refused replaces the former: the client must not go on with that.
    sequence.restart, sequence.part = 0, None
    if wanted == _RESET:
        return file_replies.range_reset()
    part = arguments.part_of(wanted)
    if context.session.representation.type is not RepresentationType.IMAGE:
        return file_replies.image_wanted()
    sequence.part = part
    return file_replies.range_chosen(wanted.start, wanted.end)


def part_for_transfer(session: Session) -> ByteRange | None:
    """Return the range of RANG for a transfer that begins, or None.

    :raises RangeNotUsable: TYPE A was chosen after RANG.
    """
    part = session.sequence.part
    if part is not None and session.representation.type is not RepresentationType.IMAGE:
        raise RangeNotUsable("TYPE A after RANG")
    return part


async def open_part(storage: IStorage, path: VirtualPath, part: ByteRange) -> PartRead:
    """Open a part of a file for reading; a part that begins behind the end of the file is empty.

    :raises StorageError: as `IStorage.open_read` does.
    """
    try:
        handle = await storage.open_read(path, part.start)
    except RestartBeyondEnd:
        return part_read(await storage.open_read(path, 0), 0)
    size = handle.entry().size
    return part_read(handle, min(size, size if part.stop is None else part.stop) - part.start)


def part_read(handle: IReadHandle, byte_count: int) -> PartRead:
    """Return a handle for the next bytes of another, which has as many."""
    descriptor = IReadDescriptor(handle, None)
    return PartRead(handle, byte_count) if descriptor is None else PartReadDescriptor(descriptor, byte_count)


@implementer(IReadHandle)
class PartRead:
    """A part of an open file.

    :ivar byte_count: the number of its bytes.
    """

    def __init__(self, handle: IReadHandle, byte_count: int) -> None:
        self._handle = handle
        self.byte_count = byte_count
        self._first = handle.first()[:byte_count]
        self._left = byte_count - len(self._first)

    def entry(self) -> Entry:
        return self._handle.entry()

    def first(self) -> bytes:
        return self._first

    async def read(self, count: int) -> bytes:
        data = await self._handle.read(min(count, self._left)) if self._left else b""
        self._left -= len(data)
        return data

    async def close(self) -> None:
        await self._handle.close()


@implementer(IReadDescriptor)
class PartReadDescriptor(PartRead):
    """A part of an open file with a descriptor."""

    def __init__(self, handle: IReadDescriptor, byte_count: int) -> None:
        super().__init__(handle, byte_count)
        start = handle.range().start
        self._descriptor = handle.descriptor
        self._range = ByteRange(start=start, stop=start + self._left)

    def descriptor(self) -> int:
        return self._descriptor()

    def range(self) -> ByteRange:
        return self._range


def part_write(handle: IWriteHandle, part: ByteRange) -> IWriteHandle:
    """Return a handle that takes the bytes of a part, for the data of an upload that begins at its start."""
    if part.stop is None:
        return handle
    descriptor = IWriteDescriptor(handle, None)
    count = part.stop - part.start
    return PartWrite(handle, count) if descriptor is None else PartWriteDescriptor(descriptor, count)


@implementer(IWriteHandle)
class PartWrite:
    """The file of an upload that takes so many bytes and no more."""

    def __init__(self, handle: IWriteHandle, byte_count: int) -> None:
        self._handle = handle
        self._left = byte_count

    async def write(self, data: bytes) -> None:
        """Write as many bytes as the range holds.

        :raises RangeExceeded: there are more.
        """
        fitting = data[: self._left]
        if fitting:
            self._left -= len(fitting)
            await self._handle.write(fitting)
        if len(fitting) < len(data):
            raise RangeExceeded("the client sent more bytes than its range has")

    async def commit(self) -> None:
        await self._handle.commit()

    async def abort(self) -> None:
        await self._handle.abort()


@implementer(ILimitedWrite)
class PartWriteDescriptor(PartWrite):
    """Such a file with a descriptor: movers ask before each slice, so that no byte behind the range is written."""

    def __init__(self, handle: IWriteDescriptor, byte_count: int) -> None:
        super().__init__(handle, byte_count)
        self._written = handle.written
        self._descriptor = handle.descriptor
        self._limited = ILimitedWrite(handle, None)

    async def descriptor(self) -> int:
        return await self._descriptor()

    def written(self, count: int) -> None:
        self._left -= count
        self._written(count)

    async def allot(self, most: int) -> int:
        most = min(most, self._left)
        return await self._limited.allot(most) if most and self._limited is not None else most


COMMANDS = (choose_range,)
