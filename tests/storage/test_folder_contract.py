"""The storage contract in a folder, whose files are in another directory of the host."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.account import Account, LiveAccount
from ftpd_service.closing import closing
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IMapNames, IMapPages, IReadHandle, IStorage, IWriteHandle
from ftpd_service.path_rules import Folder
from ftpd_service.storage.folders import FolderTree
from ftpd_service.storage.live_folders import LiveFolders
from ftpd_service.storage.placed_removal import PlacedRemoval
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.storage_contract import StorageContract
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import ROOT, Entry, Page, RemovedFile, VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead
from tests.cases import TestCase
from tests.storage.local.disk import Disk
from tests.storage.test_contract import OnDisk

T = TypeVar("T")

SHARED = VirtualPath("/shared")


class RemovalBelow(PlacedRemoval):
    """A removal below a place, whose files are told without it."""

    def removed(self) -> tuple[RemovedFile, ...]:
        place = len(self._place)
        return tuple(file._replace(path=VirtualPath(file.path[place:])) for file in self._inner.removed())


@implementer(IStorage, IMapPages, IMapNames, IChangeMode, IFreeSpace, IOpenUnread, IRemoveTree)
class Below:
    """The tree below a place, as a storage of its own."""

    def __init__(self, tree: FolderTree, place: str) -> None:
        self._tree = tree
        self._place = place

    def _path(self, path: VirtualPath) -> VirtualPath:
        return VirtualPath(self._place if path == ROOT else self._place + path)

    async def stat(self, path: VirtualPath) -> Entry:
        entry = await self._tree.stat(self._path(path))
        return entry._replace(name="") if path == ROOT else entry

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        async with closing(self._tree.entries(self._path(path))) as pages:
            async for page in pages:
                yield page

    def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        return IMapPages(self._tree).mapped(self._path(path), make)

    def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        return IMapNames(self._tree).mapped_names(self._path(path), make)

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        return await self._tree.open_read(self._path(path), offset)

    async def open_unread(self, path: VirtualPath, offset: int) -> IVersionedRead:
        return await IOpenUnread(self._tree).open_unread(self._path(path), offset)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        return await self._tree.open_write(self._path(path), mode, offset)

    async def make_directory(self, path: VirtualPath) -> None:
        await self._tree.make_directory(self._path(path))

    async def remove_directory(self, path: VirtualPath) -> None:
        await self._tree.remove_directory(self._path(path))

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        def marks(above: VirtualPath) -> Callable[[Page], Page]:
            return marking(VirtualPath(above[len(self._place) :] or ROOT))

        removal = await IRemoveTree(self._tree).open_removal(self._path(path), marks)
        return RemovalBelow(VirtualPath(self._place), removal)

    async def remove_file(self, path: VirtualPath) -> None:
        await self._tree.remove_file(self._path(path))

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        await self._tree.rename(self._path(source), self._path(target))

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        await self._tree.set_modified(self._path(path), modified_ns)

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        await IChangeMode(self._tree).change_mode(self._path(path), mode)

    def umask(self) -> int:
        return IChangeMode(self._tree).umask()

    def set_umask(self, mask: int) -> None:
        IChangeMode(self._tree).set_umask(mask)

    async def free_bytes(self, path: VirtualPath) -> int:
        return await IFreeSpace(self._tree).free_bytes(self._path(path))


class TestFolderOnDisk(OnDisk, StorageContract, TestCase):
    """The contract in a folder, whose files are on a disk of their own."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)
        self.beside = Disk(self.mktemp())
        self.addCleanup(self.beside.remove)

    def make_storage(self, settings: StorageSettings) -> IStorage:
        live = LiveAccount(Account(name="alice", folders=(Folder(path=SHARED, host=self.disk.root),)))
        folders = LiveFolders(live, lambda one: self.disk.storage(settings, self.system()), clock=Clock())
        return Below(FolderTree(self.beside.storage(settings, self.system()), folders), SHARED)

    def test_nothing_is_in_the_home(self) -> None:
        """The folder is not there on the host."""
        self.assertEqual(os.listdir(self.beside.root), [])
