"""The tree of an account whose folders are other directories of the host: one storage for each folder.

The place of a folder is in the listing of the directory above it, also if the home has no such directory; directories
above a place that the home lacks are shown too.  No client can remove, rename or change such a place.  Links are
resolved by the storage that holds them, so no link leads from the home into a folder or back.

Handles pass through unchanged, and a directory that holds no place of a folder is listed by its own storage alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from zope.interface import implementer

from ftpd_service.closing import closing
from ftpd_service.copy_interfaces import IOpenCopies
from ftpd_service.errors import (
    AcrossFolders,
    AlreadyExists,
    IsADirectory,
    NotADirectory,
    NotFound,
    PermissionDenied,
    Unsupported,
)
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
from ftpd_service.storage.inserted import Inserted
from ftpd_service.storage.live_folders import At, LiveFolders
from ftpd_service.storage.optional import providing_as
from ftpd_service.storage.placed_removal import PlacedRemoval
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import ROOT, Entry, EntryKind, Page, VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead
from ftpd_service.wire import paths

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741  # an item of a page

I_co = TypeVar("I_co", covariant=True)

FIXED_PLACES = "folders"
"""The id of the rule that protects the places of folders."""


class _Read(Protocol[I_co]):
    """Reads the pages of a directory, and maps each of them."""

    def __call__(
        self, storage: IStorage, path: VirtualPath, make: Callable[[tuple[I_co, ...]], T], /
    ) -> AsyncIterator[T]: ...


@implementer(IStorage, IHostPaths)
class FolderTree:
    """The files of a home and of folders, as one tree; it provides the optional interfaces of the home's storage.

    The storages of folders have to provide them too.  `IHostPaths` alone depends on the path.
    """

    def __new__(cls, home: IStorage, folders: LiveFolders) -> FolderTree:
        """Make an object of a class that implements the interfaces of the home's storage."""
        return object.__new__(providing_as(FolderTree, home))

    def __init__(self, home: IStorage, folders: LiveFolders) -> None:
        self._home = home
        self._folders = folders

    async def stat(self, path: VirtualPath) -> Entry:
        place, storage, inner = self._at(path)
        if place is None and self._folders.names_in(path):
            return await self._above(path)
        entry = await self._folders.there(place, storage.stat(inner))
        return entry if place is None or inner != ROOT else entry._replace(name=paths.name(path))

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        pages = self.mapped(path, _same) if IMapPages.providedBy(self) else self._with_entries(path, _here, _same)
        async with closing(pages):
            async for page in pages:
                yield page

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        place, storage, inner = self._at_file(path)
        return await self._folders.there(place, storage.open_read(inner, offset))

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        place, storage, inner = self._at_file(path)
        return await self._folders.there(place, storage.open_write(inner, mode, offset))

    async def open_copy(self, path: VirtualPath, mode: WriteMode) -> IWriteHandle:
        place, storage, inner = self._at_file(path)
        if not IOpenCopies.providedBy(storage):
            return await self._folders.there(place, storage.open_write(inner, mode, 0))
        return await self._folders.there(place, IOpenCopies(storage).open_copy(inner, mode))

    async def make_directory(self, path: VirtualPath) -> None:
        if self._fixed(path):
            raise AlreadyExists("the place of a folder")
        place, storage, inner = self._at(path)
        await self._folders.there(place, storage.make_directory(inner))

    async def remove_directory(self, path: VirtualPath) -> None:
        place, storage, inner = self._changeable(path)
        await self._folders.there(place, storage.remove_directory(inner))

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        """Begin the removal of a tree, which holds no place of a folder."""
        place, storage, inner = self._changeable(path)
        above = place or ""
        marks = marking if place is None else lambda below: marking(VirtualPath(f"{above}{below}"))
        removal = await self._folders.there(place, IRemoveTree(storage).open_removal(inner, marks))
        return removal if place is None else PlacedRemoval(place, removal)

    async def remove_file(self, path: VirtualPath) -> None:
        place, storage, inner = self._at_file(path)
        await self._folders.there(place, storage.remove_file(inner))

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        """Rename within the home, or within a folder.

        :raises AcrossFolders: the two names are in different storages.
        """
        place, storage, inner = self._changeable(source)
        if self._fixed(target):
            raise AlreadyExists("the place of a folder")
        other, _, inner_target = self._at(target)
        if place != other:
            raise AcrossFolders(f"from {place or 'the home'} to {other or 'the home'}", rule=FIXED_PLACES)
        await self._folders.there(place, storage.rename(inner, inner_target))

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        place, storage, inner = self._changeable(path)
        await self._folders.there(place, storage.set_modified(inner, modified_ns))

    # The optional interfaces; they count only if the home's storage provides them.

    def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        place, storage, inner = self._at(path)
        if place is None and not self._folders.names_in(path):
            return IMapPages(storage).mapped(inner, make)
        return self._with_entries(path, lambda one, inside, made: IMapPages(one).mapped(inside, made), make)

    def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        place, storage, inner = self._at(path)
        names = self._folders.names_in(path)
        if place is None and not names:
            return IMapNames(storage).mapped_names(inner, make)
        inserted = Inserted({name: name for name in names}, str, gives_way=lambda name: True)
        return self._with(path, lambda one, inside, made: IMapNames(one).mapped_names(inside, made), inserted, make)

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        place, storage, inner = self._changeable(path)
        await self._folders.there(place, IChangeMode(storage).change_mode(inner, mode))

    def umask(self) -> int:
        return IChangeMode(self._home).umask()

    def set_umask(self, mask: int) -> None:
        IChangeMode(self._home).set_umask(mask)
        self._folders.set_umask(mask)

    async def free_bytes(self, path: VirtualPath) -> int:
        place, storage, inner = self._at(path)
        if place is None and self._folders.names_in(path):
            with suppress(NotFound, NotADirectory):
                return await IFreeSpace(storage).free_bytes(inner)
            inner = ROOT
        return await self._folders.there(place, IFreeSpace(storage).free_bytes(inner))

    async def open_unread(self, path: VirtualPath, offset: int) -> IVersionedRead:
        place, storage, inner = self._at_file(path)
        return await self._folders.there(place, IOpenUnread(storage).open_unread(inner, offset))

    async def host_file(self, path: VirtualPath) -> HostFile | None:
        place, storage, inner = self._at(path)
        return await self._folders.there(place, _host_paths(storage).host_file(inner))

    async def host_place(self, path: VirtualPath) -> HostFile:
        place, storage, inner = self._at(path)
        return await self._folders.there(place, _host_paths(storage).host_place(inner))

    async def demand_room(self, path: VirtualPath, mode: WriteMode, offset: int, size: int) -> None:
        place, storage, inner = self._at_file(path)
        await self._folders.there(place, ISizeLimits(storage).demand_room(inner, mode, offset, size))

    def _at(self, path: VirtualPath) -> At:
        return self._folders.at(path) or (None, self._home, path)

    def _at_file(self, path: VirtualPath) -> At:
        """Return where a path is that is meant for a file.

        :raises IsADirectory: it is the place of a folder, or above such a place.
        """
        if self._fixed(path):
            raise IsADirectory("the place of a folder")
        return self._at(path)

    def _changeable(self, path: VirtualPath) -> At:
        """Return where a path is that may be changed or taken away.

        :raises PermissionDenied: it is the place of a folder, or above such a place.
        """
        if self._fixed(path):
            raise PermissionDenied("no client changes the place of a folder", rule=FIXED_PLACES, path=path)
        return self._at(path)

    def _fixed(self, path: VirtualPath) -> bool:
        place, _, inner = self._at(path)
        return (place is not None and inner == ROOT) or bool(self._folders.names_in(path))

    async def _above(self, path: VirtualPath) -> Entry:
        """Return the entry of a directory above a folder, which the home may lack."""
        with suppress(NotFound, NotADirectory):
            entry = await self._home.stat(path)
            if entry.kind is EntryKind.DIRECTORY:
                return entry
        return await self._invented(paths.name(path))

    async def _invented(self, name: str) -> Entry:
        """Return the entry of a directory that no storage has: it looks like the home, without its identity."""
        return (await self._home.stat(ROOT))._replace(name=name, unique="", link=None)

    async def _with_entries(self, path: VirtualPath, read: _Read[Entry], make: Callable[[Page], T]) -> AsyncIterator[T]:
        own: dict[str, Entry] = {}
        names = self._folders.names_in(path)
        for name, itself in names.items():
            found = await self._folders.entry(paths.child(path, name)) if itself else None
            own[name] = await self._invented(name) if found is None else found._replace(name=name)

        def gives_way(entry: Entry) -> bool:
            return not names[entry.name] and entry.kind is EntryKind.DIRECTORY

        inserted = Inserted(own, _name, gives_way=gives_way)
        async with closing(self._with(path, read, inserted, make)) as pages:
            async for page in pages:
                yield page

    async def _with(
        self, path: VirtualPath, read: _Read[I], inserted: Inserted[I], make: Callable[[tuple[I, ...]], T]
    ) -> AsyncIterator[T]:
        """Yield the pages of a directory with the places of folders in it, mapped."""
        place, storage, inner = self._at(path)
        above = bool(self._folders.names_in(path))

        def made_of(page: tuple[I, ...]) -> tuple[T, ...]:
            items = inserted.page(page)
            return (make(items),) if items else ()

        try:
            async with closing(read(storage, inner, made_of)) as pages:
                async for few in pages:
                    for one in few:
                        yield one
        except (NotFound, NotADirectory):
            await self._folders.check(place)
            if place is not None or not above:
                raise
        rest = inserted.rest()
        if rest:
            yield make(rest)


def _host_paths(storage: IStorage) -> IHostPaths:
    """Return the storage of a path that has a place on this host.

    :raises Unsupported:
    """
    if not IHostPaths.providedBy(storage):
        raise Unsupported("The storage is not of this host.")
    return IHostPaths(storage)


def _same(page: Page) -> Page:
    return page


def _name(entry: Entry) -> str:
    return entry.name


async def _here(storage: IStorage, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
    """Map the pages of a storage that does not read them on threads."""
    async with closing(storage.entries(path)) as pages:
        async for page in pages:
            yield make(page)
