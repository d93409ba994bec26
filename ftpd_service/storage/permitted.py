"""A wrapper around a storage that enforces `ftpd_service.policy.permissions`.

Handles pass through unchanged, so that their descriptors serve zero copy.  The wrapper provides the same optional
interfaces as its storage.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.closing import closing
from ftpd_service.copy_interfaces import ICopyFiles
from ftpd_service.errors import NotADirectory, NotAPlainFile, NotFound, PermissionDenied
from ftpd_service.hook_events import HookOrigin
from ftpd_service.hook_interfaces import HostFile, IHostPaths, IRecordsMoves, IRecordsOrigin
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
from ftpd_service.policy.decisions import TELLS_OF_FILES
from ftpd_service.policy.equal_names import EqualNames, IEqualNames
from ftpd_service.policy.permissions import Difference, IPermissions
from ftpd_service.storage.copying import Copies, CopyOrder
from ftpd_service.storage.equal_paths import equal_path
from ftpd_service.storage.judged import Judged, RulesInForce
from ftpd_service.storage.marked import marked, marking, names_listed
from ftpd_service.storage.optional import providing_as
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import ROOT, Entry, EntryKind, Page, Permissions, VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead

T = TypeVar("T")

_CHANGES = Permissions.OVERWRITE | Permissions.APPEND
_ANY_WRITE = Permissions.CREATE | _CHANGES


@implementer(IStorage, IPermissions, IEqualNames)
class Permitted(Judged):
    """A storage with the permissions of an account.

    `stat` shows a file to an account that may list files or do something with them, because clients ask for a size
    before they resume an upload.  An account that may only make files, as in a blind drop box, gets the same refusal
    for existing and missing files.  Any permission suffices to enter directories.  `Entry.allowed` tells the rest.

    A hidden name is missing, for every method, and may not be made.  Permissions are checked first, so the answer for a
    hidden name is that for a missing name.
    """

    def __new__(cls, inner: IStorage, rules: RulesInForce, copies: Copies | None = None) -> Permitted:
        """Make an object of a class that implements the interfaces of the inner storage, and ICopyFiles if it can."""
        return object.__new__(providing_as(Permitted, inner, *([] if copies is None else [ICopyFiles])))

    def __init__(self, inner: IStorage, rules: RulesInForce, copies: Copies | None = None) -> None:
        """Take the storage.

        :param copies: makes copies of files; None if there are no copies.
        """
        super().__init__(inner, rules)
        self._copies = copies
        self._equal = EqualNames()

    async def stat(self, path: VirtualPath) -> Entry:
        self.demand_any(path, Permissions.ALL)
        try:
            self._find(path)
            entry = await self._inner.stat(path)
        except (NotFound, NotAPlainFile):
            self._demand_any_for_files(path)
            raise
        if entry.kind is not EntryKind.DIRECTORY:
            self._demand_any_for_files(path)
        return marked(entry, self._rules.view(path))

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        mark = self._marking(path)
        threaded = IMapPages(self._inner, None)
        if threaded is not None:
            async with closing(threaded.mapped(path, mark)) as shown:
                async for page in shown:
                    if page:
                        yield page
            return
        async with closing(self._inner.entries(path)) as pages:
            async for page in pages:
                if some := mark(page):
                    yield some

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        self.demand(path, Permissions.READ)
        self._find(path)
        return await self._inner.open_read(path, offset)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """Open a file for writing, with the permission that the existing file demands.

        New files need CREATE.  On a file REPLACE needs OVERWRITE, APPEND needs APPEND, and MODIFY needs APPEND at the
        file's end and OVERWRITE before it.
        """
        return await self._inner.open_write(path, await self._permitted_mode(path, mode, offset), offset)

    async def _permitted_mode(self, path: VirtualPath, mode: WriteMode, offset: int) -> WriteMode:
        granted = self._rules.allowed(path).permissions
        if _ANY_WRITE in granted:
            # Any object at the path may be written, so nothing needs to be looked up.
            self._may_make(path)
            return mode
        self.demand_any(path, _ANY_WRITE)
        self._may_make(path)
        present = await self._present(path)
        if present is not None and present.kind is EntryKind.UNFINISHED:
            # Nobody but the account has seen the file, so going on with it is still making it.
            self.demand(path, Permissions.CREATE)
            return WriteMode.SUPERSEDE if mode is WriteMode.REPLACE else mode
        if mode is WriteMode.MODIFY:
            self.demand_any(path, _CHANGES)
        if present is None or present.kind is EntryKind.DANGLING:
            self.demand(path, Permissions.CREATE)
            if mode is WriteMode.REPLACE and Permissions.OVERWRITE not in granted:
                # A file that appears meanwhile must not be overwritten either.
                return WriteMode.CREATE
        elif present.kind is EntryKind.FILE:
            self.demand(path, _needed(mode, offset, present.size))
        return mode

    async def make_directory(self, path: VirtualPath) -> None:
        self.demand(path, Permissions.MAKE_DIRECTORY)
        self._may_make(path, directory=True)
        await self._inner.make_directory(path)

    async def remove_directory(self, path: VirtualPath) -> None:
        self.demand(path, Permissions.REMOVE_DIRECTORY)
        try:
            self._find(path)
            await self._inner.remove_directory(path)
        except (NotFound, NotADirectory):
            self._demand_any_for_files(path)
            raise

    async def remove_file(self, path: VirtualPath) -> None:
        self.demand(path, Permissions.DELETE)
        self._find(path)
        await self._inner.remove_file(path)

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        """Begin the removal of a tree; a directory needs LIST and REMOVE_DIRECTORY, and a file in it needs DELETE."""

        def marks(above: VirtualPath) -> Callable[[Page], Page]:
            own, others = self._marking(above), marking(above)
            return lambda page: others(own(page))

        self.demand(path, Permissions.LIST | Permissions.REMOVE_DIRECTORY)
        self._find(path)
        return await IRemoveTree(self._inner).open_removal(path, marks)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        """Rename; both names need RENAME, and a file at the target needs OVERWRITE.

        No entry gains a permission by its new name.  A directory moves only to a place where all rules below it are
        alike: see `Rules.difference`.
        """
        difference = await self._demand_rename(source, target)
        await self._inner.rename(source, target)
        if difference is not None and await self._may_hold(target):
            # Another session has put a directory into the place of the file.
            await self._inner.rename(target, source)
            raise _rules_differ(difference.rule, source)

    async def _demand_rename(self, source: VirtualPath, target: VirtualPath) -> Difference | None:
        """Demand all permissions of a rename; return how the rules of both names differ for directories."""
        self.demand(source, Permissions.RENAME)
        self.demand(target, Permissions.RENAME)
        self._find(source)
        self._may_make(target)
        difference = self._rules.difference(source, target)
        if difference is not None and difference.missing:
            gained = ", ".join(difference.missing.words())
            raise PermissionDenied(f"by its new name the entry would gain {gained}", rule=difference.rule, path=source)
        if difference is not None and await self._may_hold(source):
            raise _rules_differ(difference.rule, source)
        if not self._rules.allowed(target).permits(Permissions.OVERWRITE) and await self._stands(target):
            self.demand(target, Permissions.OVERWRITE)
        return difference

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        self.demand(path, Permissions.ATTRIBUTES)
        self._find(path)
        await self._inner.set_modified(path, modified_ns)

    # The optional interfaces; they count only if the inner storage provides them.

    async def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        """Map pages; the thread sets the permissions of entries too."""
        mark = self._marking(path)

        def made_of(page: Page) -> tuple[T, ...]:
            some = mark(page)
            return (make(some),) if some else ()

        async with closing(IMapPages(self._inner).mapped(path, made_of)) as made:
            async for few in made:
                for one in few:
                    yield one

    def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        self.demand(path, Permissions.LIST)
        self._find(path)
        listed = self._rules.inside(path).listed()
        storage = IMapNames(self._inner)
        return storage.mapped_names(path, make) if listed is None else names_listed(storage, path, listed, make)

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        """Change the mode; this needs ATTRIBUTES."""
        self.demand(path, Permissions.ATTRIBUTES)
        self._find(path)
        await IChangeMode(self._inner).change_mode(path, mode)

    def umask(self) -> int:
        return IChangeMode(self._inner).umask()

    def set_umask(self, mask: int) -> None:
        """Set the umask; bits that new files get beyond those of before need ATTRIBUTES, at the root of the account."""
        storage = IChangeMode(self._inner)
        if storage.umask() & ~mask:
            self.demand(ROOT, Permissions.ATTRIBUTES)
        storage.set_umask(mask)

    async def free_bytes(self, path: VirtualPath) -> int:
        """Return the free space; any permission suffices, and no more is revealed than by `stat`."""
        if not self._rules.allowed(path).permissions & TELLS_OF_FILES:
            # `stat` refuses a path that is no directory.
            await self.stat(path)
        self._find(path)
        return await IFreeSpace(self._inner).free_bytes(path)

    async def open_unread(self, path: VirtualPath, offset: int) -> IVersionedRead:
        self.demand(path, Permissions.READ)
        self._find(path)
        return await IOpenUnread(self._inner).open_unread(path, offset)

    # The next methods are the service's own: no client sees their results.

    async def host_file(self, path: VirtualPath) -> HostFile | None:
        return await IHostPaths(self._inner).host_file(path)

    async def host_place(self, path: VirtualPath) -> HostFile:
        return await IHostPaths(self._inner).host_place(path)

    def regard_origin(self, origin: Callable[[], HookOrigin]) -> None:
        IRecordsOrigin(self._inner).regard_origin(origin)

    async def demand_room(self, path: VirtualPath, mode: WriteMode, offset: int, size: int) -> None:
        """See `ISizeLimits.demand_room`; the refusal of a forbidden upload tells nothing of sizes."""
        mode = await self._permitted_mode(path, mode, offset)
        await ISizeLimits(self._inner).demand_room(path, mode, offset, size)

    async def copy_file(self, source: VirtualPath, target: VirtualPath, last: Callable[[], None]) -> None:
        """Copy a file: the source needs READ, and the target the permissions of an upload."""
        self.demand(source, Permissions.READ)
        mode = await self._permitted_mode(target, WriteMode.REPLACE, 0)
        self._find(source)
        await self._copier.copy(CopyOrder(storage=self._inner, source=source, target=target, mode=mode, last=last))

    async def move_file(self, source: VirtualPath, target: VirtualPath, last: Callable[[], None]) -> None:
        """Move a file; this needs the permissions of a rename."""
        await self._demand_rename(source, target)
        # A file that appears meanwhile must not be overwritten either.
        replaces = self._rules.allowed(target).permits(Permissions.OVERWRITE)
        mode = WriteMode.REPLACE if replaces else WriteMode.CREATE
        order = CopyOrder(storage=self._inner, source=source, target=target, mode=mode, last=last)
        if not IRecordsMoves.providedBy(self._inner):
            await self._copier.move(order)
            return
        async with IRecordsMoves(self._inner).moving(source, target) as storage:
            await self._copier.move(replace(order, storage=storage))

    @property
    def _copier(self) -> Copies:
        assert self._copies is not None, "ICopyFiles is provided only with copies"
        return self._copies

    def regard(self, equal: EqualNames) -> None:
        self._equal = equal
        self._in_force = self._in_force.regarding(equal)

    async def resolved(self, path: VirtualPath) -> VirtualPath:
        """See `IEqualNames.resolved`: the found path is judged when it is used, like any path that a client names."""
        return await equal_path(self._inner, path, self._equal)

    def _marking(self, path: VirtualPath) -> Callable[[Page], Page]:
        """Return a function that marks the pages of a directory; any thread may call it."""
        self.demand(path, Permissions.LIST)
        self._find(path)
        return marking(self._rules.inside(path))


def _rules_differ(rule: str, source: VirtualPath) -> PermissionDenied:
    return PermissionDenied("the rules below the two names differ", rule=rule, path=source)


def _needed(mode: WriteMode, offset: int, size: int) -> Permissions:
    """Return the permissions to write to an existing file."""
    if mode is WriteMode.APPEND or (mode is WriteMode.MODIFY and offset >= size):
        return Permissions.APPEND
    # CREATE itself refuses a name that is taken.
    return Permissions.NONE if mode is WriteMode.CREATE else Permissions.OVERWRITE
