"""A storage that has exactly what a question needs, for ``explain``: nothing is read from a disk or changed on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.errors import AlreadyExists, IsADirectory, NotADirectory, NotFound
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IMapNames, IMapPages, IReadHandle, IStorage, IWriteHandle
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import ROOT, Entry, EntryKind, Page, RemovedFile, TreeCounts, VirtualPath, WriteMode
from ftpd_service.wire import paths

T = TypeVar("T")

_FREE_BYTES = 2**40


@implementer(IReadHandle)
class _Nothing:
    """An empty file that is read."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def entry(self) -> Entry:
        return self._entry

    def first(self) -> bytes:
        return b""

    async def read(self, count: int) -> bytes:
        return b""

    async def close(self) -> None:
        """Do nothing."""


@implementer(IWriteHandle)
class _Nowhere:
    """A file that is written to no place."""

    async def write(self, data: bytes) -> None:
        """Do nothing."""

    async def commit(self) -> None:
        """Do nothing."""

    async def abort(self) -> None:
        """Do nothing."""


@implementer(ITreeRemoval)
class _NoRemoval:
    """The removal of a tree that holds nothing."""

    async def step(self) -> bool:
        return True

    def removed(self) -> tuple[RemovedFile, ...]:
        return ()

    def counts(self) -> TreeCounts:
        return TreeCounts()

    async def close(self) -> None:
        """Do nothing."""


@implementer(IStorage, IMapPages, IMapNames, IChangeMode, IFreeSpace, IRemoveTree)
class ImaginedStorage:
    """Some paths with known objects, the directories above them, and nothing else.

    :param kinds: the objects of paths; None is a free path.
    """

    def __init__(self, kinds: Mapping[VirtualPath, EntryKind | None]) -> None:
        self._kinds = kinds
        self._mask = 0

    def _kind(self, path: VirtualPath) -> EntryKind | None:
        above = path == ROOT or any(known.startswith(f"{path}/") for known in self._kinds)
        return self._kinds.get(path, EntryKind.DIRECTORY if above else None)

    async def stat(self, path: VirtualPath) -> Entry:
        kind = self._kind(path)
        if kind is None:
            raise NotFound("free")
        return Entry(name=paths.name(path), kind=kind, size=0, modified_ns=0, mode=0o755)

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        if (await self.stat(path)).kind is not EntryKind.DIRECTORY:
            raise NotADirectory("a file")
        yield ()

    async def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        async for page in self.entries(path):
            yield make(page)

    async def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        async for _ in self.entries(path):
            yield make(())

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        entry = await self.stat(path)
        if entry.kind is EntryKind.DIRECTORY:
            raise IsADirectory("a directory")
        return _Nothing(entry)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        kind = self._kind(path)
        if kind is EntryKind.DIRECTORY:
            raise IsADirectory("a directory")
        if kind is not None and mode is WriteMode.CREATE:
            raise AlreadyExists("a file")
        return _Nowhere()

    async def make_directory(self, path: VirtualPath) -> None:
        if self._kind(path) is not None:
            raise AlreadyExists("taken")

    async def remove_directory(self, path: VirtualPath) -> None:
        if (await self.stat(path)).kind is not EntryKind.DIRECTORY:
            raise NotADirectory("a file")

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        await self.remove_directory(path)
        return _NoRemoval()

    async def remove_file(self, path: VirtualPath) -> None:
        if (await self.stat(path)).kind is EntryKind.DIRECTORY:
            raise IsADirectory("a directory")

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        await self.stat(source)
        if self._kind(target) is EntryKind.DIRECTORY:
            raise AlreadyExists("nothing replaces a directory")

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        await self.stat(path)

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        await self.stat(path)

    def umask(self) -> int:
        return self._mask

    def set_umask(self, mask: int) -> None:
        self._mask = mask

    async def free_bytes(self, path: VirtualPath) -> int:
        await self.entries(path).__anext__()
        return _FREE_BYTES
