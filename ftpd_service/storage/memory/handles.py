"""The handles of the memory storage.  They never wait: each coroutine ends at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from zope.interface import implementer

from ftpd_service.errors import AlreadyExists, IsADirectory, StorageFailed, StorageFull
from ftpd_service.interfaces import IHiddenWrite, IInspectable, IReadHandle
from ftpd_service.storage.memory.tree import DirectoryNode, FileNode, MemoryPlace, Node, file_entry, unique_node
from ftpd_service.storage.whole_file import FIRST_BYTES, WholeFile
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.values import Entry, SettledFile, WriteMode


class Shelf(Protocol):
    """The part of the storage that a write handle needs."""

    def new_file(self, mode: int) -> FileNode:
        """Return an empty file without a name."""

    def touch(self, node: FileNode | DirectoryNode) -> None:
        """Set the modification time of a file or a directory to now."""

    def room(self) -> int | None:
        """Return the free bytes, or None if there is no bound."""


class MemoryRead(WholeFile):
    """A reader of a copy of the file as it was at the opening."""

    def __init__(self, entry: Entry, content: bytes) -> None:
        super().__init__(entry, content[:FIRST_BYTES])
        self._rest = memoryview(content)[FIRST_BYTES:]
        self.closed = False

    async def read(self, count: int) -> bytes:
        data = bytes(self._rest[:count])
        self._rest = self._rest[count:]
        return data

    async def close(self) -> None:
        self.closed = True


class _Write:
    """An upload that holds its name and its directory until it ends.

    :param ended: is called once, by commit or abort.
    """

    def __init__(
        self, shelf: Shelf, place: MemoryPlace, mode: WriteMode, umask: int, *, ended: Callable[[], None]
    ) -> None:
        self._shelf = shelf
        self._place = place
        self._mode = mode
        self._bits = 0o666 & ~umask
        self._ended: Callable[[], None] | None = ended
        self._former = len(place.node.content) if isinstance(place.node, FileNode) else None

    async def abort(self) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def former_size(self) -> int | None:
        return self._former

    async def settle(self) -> SettledFile:
        self._refuse_ended()
        file = self._settled()
        return SettledFile(unique_node(file), len(file.content))

    async def open_settled(self) -> IReadHandle:
        self._refuse_ended()
        file = self._settled()
        return MemoryRead(file_entry(file, self._place.name), bytes(file.content))

    def _settled(self) -> FileNode:
        """Return the file with all bytes."""
        raise NotImplementedError

    def _refuse_ended(self) -> None:
        if self._ended is None:
            raise StorageFailed("the upload has ended")

    def _present(self) -> Node | None:
        """Return the node with the name, or None if the name is free."""
        present = self._place.directory.names.get(self._place.name)
        if present is not None and self._mode is WriteMode.CREATE:
            raise AlreadyExists("the name was taken meanwhile")
        if isinstance(present, DirectoryNode):
            raise IsADirectory("a directory has taken the name")
        return present

    def _name_file(self, node: FileNode) -> None:
        """Give a file the name."""
        self._place.directory.names[self._place.name] = node
        self._shelf.touch(self._place.directory)


@implementer(IHiddenWrite, IInspectable, IFormerFile)
class HiddenWrite(_Write):
    """An upload that keeps its bytes to itself until commit (REPLACE and CREATE).

    :param place: the place of the file; for REPLACE, the target of a link.
    """

    def __init__(
        self, shelf: Shelf, place: MemoryPlace, mode: WriteMode, umask: int, *, ended: Callable[[], None]
    ) -> None:
        super().__init__(shelf, place, mode, umask, ended=ended)
        if place.node is not None:
            self._bits = place.node.mode
        self._file: FileNode | None = None
        self._content = bytearray()

    async def write(self, data: bytes) -> None:
        room = self._shelf.room()
        if room is not None and len(self._content) + len(data) > room:
            raise StorageFull("the memory storage is full")
        self._content += data

    async def commit(self) -> None:
        self._refuse_ended()
        try:
            self._present()
            self._name_file(self._settled())
        finally:
            await self.abort()

    def _settled(self) -> FileNode:
        if self._file is None:
            self._file = self._shelf.new_file(self._bits)
            self._file.content = self._content
        return self._file


@implementer(IInspectable, IFormerFile)
class InPlaceWrite(_Write):
    """An upload that changes the file itself from the first byte on (MODIFY, APPEND; with ``in-place`` every mode).

    :ivar position: the place of the next byte; APPEND finds the end at the first byte.
    """

    position = 0
    _file: FileNode | None = None

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
        self._refuse_ended()
        try:
            self._begun()
        finally:
            await self.abort()

    def _settled(self) -> FileNode:
        return self._begun()

    def _begun(self) -> FileNode:
        if self._file is None:
            self._file = self._begin()
        return self._file

    def _begin(self) -> FileNode:
        file = self._present()
        if file is None:
            file = self._shelf.new_file(self._bits)
            self._name_file(file)
        if not isinstance(file, FileNode):
            raise IsADirectory("no file has the name")
        if self._mode is WriteMode.REPLACE:
            file.content.clear()
        elif self._mode is WriteMode.APPEND:
            self.position = len(file.content)
        return file
