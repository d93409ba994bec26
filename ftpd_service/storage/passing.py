"""Storages and removals that pass every call on, for wrappers that change some of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.copy_interfaces import IOpenCopies
from ftpd_service.hook_interfaces import HostFile, IHostPaths
from ftpd_service.interfaces import (
    IChangeMode,
    IFreeSpace,
    IMapNames,
    IMapPages,
    IReadHandle,
    ISizeLimits,
    IStorage,
    IWriteHandle,
)
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import Entry, Page, RemovedFile, TreeCounts, VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead

T = TypeVar("T")


@implementer(IStorage)
class PassingStorage:
    """A storage that passes every call on."""

    def __init__(self, inner: IStorage) -> None:
        self._inner = inner

    async def stat(self, path: VirtualPath) -> Entry:
        return await self._inner.stat(path)

    def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        return self._inner.entries(path)

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        return await self._inner.open_read(path, offset)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        return await self._inner.open_write(path, mode, offset)

    async def make_directory(self, path: VirtualPath) -> None:
        await self._inner.make_directory(path)

    async def remove_directory(self, path: VirtualPath) -> None:
        await self._inner.remove_directory(path)

    async def remove_file(self, path: VirtualPath) -> None:
        await self._inner.remove_file(path)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        await self._inner.rename(source, target)

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        await self._inner.set_modified(path, modified_ns)

    # The optional interfaces; they count only if the inner storage provides them.

    def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        return IMapPages(self._inner).mapped(path, make)

    def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        return IMapNames(self._inner).mapped_names(path, make)

    async def open_copy(self, path: VirtualPath, mode: WriteMode) -> IWriteHandle:
        return await IOpenCopies(self._inner).open_copy(path, mode)

    async def open_unread(self, path: VirtualPath, offset: int) -> IVersionedRead:
        return await IOpenUnread(self._inner).open_unread(path, offset)

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        return await IRemoveTree(self._inner).open_removal(path, marking)

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        await IChangeMode(self._inner).change_mode(path, mode)

    def umask(self) -> int:
        return IChangeMode(self._inner).umask()

    def set_umask(self, mask: int) -> None:
        IChangeMode(self._inner).set_umask(mask)

    async def free_bytes(self, path: VirtualPath) -> int:
        return await IFreeSpace(self._inner).free_bytes(path)

    async def demand_room(self, path: VirtualPath, mode: WriteMode, offset: int, size: int) -> None:
        await ISizeLimits(self._inner).demand_room(path, mode, offset, size)

    async def host_file(self, path: VirtualPath) -> HostFile | None:
        return await IHostPaths(self._inner).host_file(path)

    async def host_place(self, path: VirtualPath) -> HostFile:
        return await IHostPaths(self._inner).host_place(path)


@implementer(ITreeRemoval)
class PassingRemoval:
    """A removal of a tree that passes every call on."""

    def __init__(self, inner: ITreeRemoval) -> None:
        self._inner = inner

    async def step(self) -> bool:
        return await self._inner.step()

    def removed(self) -> tuple[RemovedFile, ...]:
        return self._inner.removed()

    def counts(self) -> TreeCounts:
        return self._inner.counts()

    async def close(self) -> None:
        await self._inner.close()
