"""Simple handles for transfers: octets in memory, and real files with a descriptor."""

from __future__ import annotations

import os
from array import array
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.errors import QuotaExceeded
from ftpd_service.interfaces import Blocking, IReadDescriptor, IReadHandle, IWriteDescriptor, IWriteHandle
from ftpd_service.kernel.file_systems import IN_MEMORY, LOCAL
from ftpd_service.placed import Placed, Placement
from ftpd_service.values import ByteRange, Entry, EntryKind

T = TypeVar("T")

FIRST_OCTETS = 64 * 1024

LARGE = 3 * 1024 * 1024 + 1
"""Many slices, and an odd rest."""

TMPFS, DISK, ELSEWHERE = min(IN_MEMORY), min(LOCAL - IN_MEMORY), 0
"""What `ftpd_service.kernel.file_systems.type_of` may say of a file."""


@cache
def pattern(size: int) -> bytes:
    """Octets among which every shift and every lost piece shows."""
    return array("I", range(size // 4 + 1)).tobytes()[:size]


def entry(size: int) -> Entry:
    """A plain file of a size."""
    return Entry(name="file", kind=EntryKind.FILE, size=size, modified_ns=0, mode=0o644)


@implementer(IReadHandle)
class MemoryReadHandle:
    """A file in memory; `before_read` is awaited before each read."""

    def __init__(
        self, data: bytes, *, first: int = 0, before_read: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._data = data
        self._first = first
        self._at = first
        self._before_read = before_read

    def entry(self) -> Entry:
        """The file."""
        return entry(len(self._data))

    def first(self) -> bytes:
        """The octets that opening has read."""
        return self._data[: self._first]

    async def read(self, count: int) -> bytes:
        """The next octets."""
        if self._before_read is not None:
            await self._before_read()
        piece = self._data[self._at : self._at + count]
        self._at += len(piece)
        return piece

    async def close(self) -> None:
        """Nothing is held."""


@implementer(IReadDescriptor)
class FileReadHandle:
    """A real file; `reads` counts the octets that went through Python."""

    def __init__(self, path: str, *, start: int = 0, descriptor: int | None = None, to_end: bool = False) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._shown = self._file if descriptor is None else descriptor
        self._size = os.fstat(self._file).st_size
        self._first = os.pread(self._file, FIRST_OCTETS, start)
        self._at = start + len(self._first)
        self._to_end = to_end
        self.reads = 0

    def entry(self) -> Entry:
        """The file."""
        return entry(self._size)

    def first(self) -> bytes:
        """The octets that opening has read."""
        return self._first

    async def read(self, count: int) -> bytes:
        """The next octets."""
        piece = os.pread(self._file, count, self._at)
        self._at += len(piece)
        self.reads += len(piece)
        return piece

    async def close(self) -> None:
        """Give the file back."""
        os.close(self._file)

    def descriptor(self) -> int:
        """The file's descriptor, or the one shown instead."""
        return self._shown

    def range(self) -> ByteRange:
        """What is behind the first octets."""
        return ByteRange(start=self._at, stop=None if self._to_end else self._size)


@implementer(IWriteHandle)
class MemoryWriteHandle:
    """Collects what is written; `before_write` is awaited before each write."""

    def __init__(self, *, before_write: Callable[[], Awaitable[None]] | None = None) -> None:
        self.data = bytearray()
        self.touched = False
        self._before_write = before_write

    async def write(self, data: bytes) -> None:
        """Keep octets."""
        self.touched = True
        if self._before_write is not None:
            await self._before_write()
        self.data += data

    async def commit(self) -> None:
        """Nothing is to be done."""

    async def abort(self) -> None:
        """Nothing is to be done."""


@implementer(IWriteDescriptor)
class FileWriteHandle:
    """A real file; `told` counts the octets that came by the descriptor, `wrote` those that came by `write`."""

    def __init__(self, path: str, *, flags: int = 0, quota: int | None = None, descriptor: int | None = None) -> None:
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
        self._shown = self._file if descriptor is None else descriptor
        self._quota = quota
        self.touched = False
        self.told = 0
        self.wrote = 0

    @property
    def data(self) -> bytes:
        """What stands in the file."""
        with open(self._path, "rb") as file:
            return file.read()

    async def write(self, data: bytes) -> None:
        """Write octets at the file's position."""
        self.touched = True
        self.wrote += os.write(self._file, data)

    async def commit(self) -> None:
        """Give the file back."""
        os.close(self._file)

    async def abort(self) -> None:
        """Give the file back."""
        os.close(self._file)

    async def descriptor(self) -> int:
        """The file's descriptor."""
        self.touched = True
        return self._shown

    def written(self, count: int) -> None:
        """Count, and say no beyond the quota."""
        self.told += count
        if self._quota is not None and self.told > self._quota:
            raise QuotaExceeded("enough")


class CountingPool:
    """A pool that counts what is run on it, how much of it is busy, and what runs now."""

    def __init__(self, pool: Blocking) -> None:
        self._pool = pool
        self.calls = 0
        self.busy = 0
        self.running = 0

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """Run a call on the real pool."""
        self.calls += 1
        self.busy += isinstance(call, Placed) and call.placement is not Placement.FILES
        self.running += 1
        try:
            return await self._pool(call, discard=discard)
        finally:
            self.running -= 1
