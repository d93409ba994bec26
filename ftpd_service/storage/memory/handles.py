"""Handles of the memory storage.  They never wait: each coroutine ends at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from zope.interface import implementer

from ftpd_service.errors import AlreadyExists, IsADirectory, StorageFailed, StorageFull
from ftpd_service.interfaces import IReadHandle, IWriteHandle
from ftpd_service.storage.memory.tree import DirectoryNode, FileNode, Place
from ftpd_service.values import Entry, WriteMode

FIRST_OCTETS = 65536


class Shelf(Protocol):
    """What a write handle asks of its storage."""

    def new_file(self, mode: int) -> FileNode:
        """An empty file that has no name yet."""

    def touch(self, node: FileNode | DirectoryNode) -> None:
        """Note that a file or a directory was changed now."""

    def room(self) -> int | None:
        """Octets that still fit, or None for no bound."""


@implementer(IReadHandle)
class MemoryRead:
    """Reads a copy of the file as it was when it was opened."""

    def __init__(self, entry: Entry, content: bytes) -> None:
        self._entry = entry
        self._first = content[:FIRST_OCTETS]
        self._rest = memoryview(content)[FIRST_OCTETS:]
        self.closed = False

    def entry(self) -> Entry:
        return self._entry

    def first(self) -> bytes:
        return self._first

    async def read(self, count: int) -> bytes:
        data = bytes(self._rest[:count])
        self._rest = self._rest[count:]
        return data

    async def close(self) -> None:
        self.closed = True


@implementer(IWriteHandle)
class HiddenWrite:
    """Keeps what arrives to itself until commit (REPLACE and CREATE).

    :param place: where the file goes; for REPLACE what a link at the target resolves to.
    :param ended: called once, by commit or abort.
    """

    def __init__(self, shelf: Shelf, place: Place, mode: WriteMode, umask: int, *, ended: Callable[[], None]) -> None:
        self._shelf = shelf
        self._place = place
        self._mode = mode
        self._bits = place.node.mode if place.node is not None else 0o666 & ~umask
        self._content = bytearray()
        self._ended: Callable[[], None] | None = ended

    async def write(self, data: bytes) -> None:
        room = self._shelf.room()
        if room is not None and len(self._content) + len(data) > room:
            raise StorageFull("the memory storage is full")
        self._content += data

    async def commit(self) -> None:
        if not self._end():
            raise StorageFailed("the upload has ended")
        directory, name = self._place.directory, self._place.name
        present = directory.names.get(name)
        if present is not None and self._mode is WriteMode.CREATE:
            raise AlreadyExists("somebody else took the name")
        if isinstance(present, DirectoryNode):
            raise IsADirectory("a directory took the name")
        node = self._shelf.new_file(self._bits)
        node.content = self._content
        directory.names[name] = node
        self._shelf.touch(directory)

    async def abort(self) -> None:
        self._end()

    def _end(self) -> bool:
        ended, self._ended = self._ended, None
        if ended is None:
            return False
        ended()
        return True


@implementer(IWriteHandle)
class InPlaceWrite:
    """Changes the file under its name from the first octet on (MODIFY, APPEND; with ``in-place`` the others too).

    :param ended: called once, by commit or abort.
    :ivar position: where the next octet goes; APPEND finds the end with the first one.
    """

    def __init__(self, shelf: Shelf, place: Place, mode: WriteMode, umask: int, *, ended: Callable[[], None]) -> None:
        self._shelf = shelf
        self._place = place
        self._mode = mode
        self._umask = umask
        self._file: FileNode | None = None
        self._ended: Callable[[], None] | None = ended
        self.position = 0

    async def write(self, data: bytes) -> None:
        file = self._begun()
        room = self._shelf.room()
        kept = data if room is None else data[: max(room, 0)]
        file.content[self.position : self.position + len(kept)] = kept
        self.position += len(kept)
        self._shelf.touch(file)
        if len(kept) < len(data):
            raise StorageFull("the memory storage is full")

    async def commit(self) -> None:
        if self._ended is None:
            raise StorageFailed("the upload has ended")
        try:
            self._begun()
        finally:
            await self.abort()

    async def abort(self) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def _begun(self) -> FileNode:
        if self._file is None:
            self._file = self._begin()
        return self._file

    def _begin(self) -> FileNode:
        directory, name = self._place.directory, self._place.name
        present = directory.names.get(name)
        if present is not None and self._mode is WriteMode.CREATE:
            raise AlreadyExists("somebody else took the name")
        if present is not None and not isinstance(present, FileNode):
            raise IsADirectory("a directory took the name")
        if present is None:
            present = self._shelf.new_file(0o666 & ~self._umask)
            directory.names[name] = present
            self._shelf.touch(directory)
        if self._mode is WriteMode.REPLACE:
            present.content.clear()
        elif self._mode is WriteMode.APPEND:
            self.position = len(present.content)
        return present
