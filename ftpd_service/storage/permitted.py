"""A wrapper around a storage that enforces `ftpd_service.policy.permissions`.

Handles pass through unchanged, so that their descriptors serve zero copy.  The wrapper provides the same optional
interfaces as its storage.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from typing import TypeVar

from zope.interface import Interface, classImplements, implementer

from ftpd_service.closing import closing
from ftpd_service.errors import NotADirectory, NotAPlainFile, NotFound, PermissionDenied
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IMapNames, IMapPages, IReadHandle, IStorage, IWriteHandle
from ftpd_service.policy.permissions import IPermissions, Rules
from ftpd_service.values import ROOT, Entry, EntryKind, Page, Permissions, VirtualPath, WriteMode

T = TypeVar("T")

_CHANGES = Permissions.OVERWRITE | Permissions.APPEND
_ANY_WRITE = Permissions.CREATE | _CHANGES
_TELLS_OF_FILES = (
    Permissions.LIST | Permissions.READ | _CHANGES | Permissions.DELETE | Permissions.RENAME | Permissions.ATTRIBUTES
)
"""The permissions to do something with an existing file."""


_OPTIONAL = (IMapPages, IMapNames, IChangeMode, IFreeSpace)
"""The optional interfaces that the wrapper passes on."""


@implementer(IStorage, IPermissions)
class Permitted:
    """A storage with the permissions of an account.

    `stat` shows a file to an account that may list files or do something with them, because clients ask for a size
    before they resume an upload.  An account that may only make files, as in a blind drop box, gets the same refusal
    for existing and missing files.  Any permission suffices to enter directories.  `Entry.allowed` tells the rest.
    """

    def __new__(cls, inner: IStorage, rules: Rules) -> Permitted:
        """Make an object of a class that implements the interfaces of the inner storage."""
        optional = tuple(interface for interface in _OPTIONAL if interface.providedBy(inner))
        return object.__new__(_implementing(optional))

    def __init__(self, inner: IStorage, rules: Rules) -> None:
        self._inner = inner
        self._rules = rules

    async def stat(self, path: VirtualPath) -> Entry:
        self.demand_any(path, Permissions.ALL)
        try:
            entry = await self._inner.stat(path)
        except (NotFound, NotAPlainFile):
            self._demand_any_for_files(path)
            raise
        if entry.kind is not EntryKind.DIRECTORY:
            self._demand_any_for_files(path)
        return self._marked(path, entry)

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        self.demand(path, Permissions.LIST)
        mark = self._marking(path)
        threaded = IMapPages(self._inner, None)
        if threaded is not None:
            async with closing(threaded.mapped(path, mark)) as marked:
                async for page in marked:
                    yield page
            return
        async with closing(self._inner.entries(path)) as pages:
            async for page in pages:
                yield mark(page)

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        self.demand(path, Permissions.READ)
        return await self._inner.open_read(path, offset)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """Open a file for writing, with the permission that the existing file demands.

        New files need CREATE.  On a file REPLACE needs OVERWRITE, APPEND needs APPEND, and MODIFY needs APPEND at the
        file's end and OVERWRITE before it.
        """
        granted = self._rules.allowed(path).permissions
        if _ANY_WRITE in granted:
            # Any object at the path may be written, so nothing needs to be looked up.
            return await self._inner.open_write(path, mode, offset)
        self.demand_any(path, _CHANGES if mode is WriteMode.MODIFY else _ANY_WRITE)
        present = await self._present(path)
        if present is None or present.kind is EntryKind.DANGLING:
            self.demand(path, Permissions.CREATE)
            if mode is WriteMode.REPLACE and Permissions.OVERWRITE not in granted:
                # A file that appears meanwhile must not be overwritten either.
                mode = WriteMode.CREATE
        elif present.kind is EntryKind.FILE:
            self.demand(path, _needed(mode, offset, present.size))
        return await self._inner.open_write(path, mode, offset)

    async def make_directory(self, path: VirtualPath) -> None:
        self.demand(path, Permissions.MAKE_DIRECTORY)
        await self._inner.make_directory(path)

    async def remove_directory(self, path: VirtualPath) -> None:
        self.demand(path, Permissions.REMOVE_DIRECTORY)
        try:
            await self._inner.remove_directory(path)
        except (NotFound, NotADirectory):
            self._demand_any_for_files(path)
            raise

    async def remove_file(self, path: VirtualPath) -> None:
        self.demand(path, Permissions.DELETE)
        await self._inner.remove_file(path)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        """Rename; both names need RENAME, and a file at the target needs OVERWRITE."""
        self.demand(source, Permissions.RENAME)
        self.demand(target, Permissions.RENAME)
        if not self._rules.allowed(target).permits(Permissions.OVERWRITE) and await self._present(target) is not None:
            self.demand(target, Permissions.OVERWRITE)
        await self._inner.rename(source, target)

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        self.demand(path, Permissions.ATTRIBUTES)
        await self._inner.set_modified(path, modified_ns)

    # The optional interfaces; they count only if the inner storage provides them.

    async def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        """Map pages; the thread sets the permissions of entries too."""
        self.demand(path, Permissions.LIST)
        mark = self._marking(path)
        async with closing(IMapPages(self._inner).mapped(path, lambda page: make(mark(page)))) as made:
            async for one in made:
                yield one

    def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        self.demand(path, Permissions.LIST)
        return IMapNames(self._inner).mapped_names(path, make)

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        """Change the mode; this needs ATTRIBUTES."""
        self.demand(path, Permissions.ATTRIBUTES)
        await IChangeMode(self._inner).change_mode(path, mode)

    def umask(self) -> int:
        return IChangeMode(self._inner).umask()

    def set_umask(self, mask: int) -> None:
        IChangeMode(self._inner).set_umask(mask)

    async def free_bytes(self, path: VirtualPath) -> int:
        """Return the free space; any permission suffices, and no more is revealed than by `stat`."""
        if not self._rules.allowed(path).permissions & _TELLS_OF_FILES:
            # `stat` refuses a path that is no directory.
            await self.stat(path)
        return await IFreeSpace(self._inner).free_bytes(path)

    def demand(self, path: VirtualPath, wanted: Permissions) -> None:
        decision = self._rules.allowed(path)
        if not decision.permits(wanted):
            missing = wanted & ~decision.permissions
            raise PermissionDenied("not permitted", rule=decision.rule, missing=missing, path=path)

    def demand_any(self, path: VirtualPath, wanted: Permissions) -> None:
        decision = self._rules.allowed(path)
        if not decision.permissions & wanted:
            raise PermissionDenied("not permitted", rule=decision.rule, missing=wanted, path=path)

    def _demand_any_for_files(self, path: VirtualPath) -> None:
        """Refuse a path that is missing or no directory, unless the account may know about files."""
        decision = self._rules.allowed(path)
        if not decision.permissions & _TELLS_OF_FILES:
            raise PermissionDenied("not permitted", rule=decision.rule, missing=Permissions.LIST, path=path)

    async def _present(self, path: VirtualPath) -> Entry | None:
        try:
            return await self._inner.stat(path)
        except NotFound:
            return None

    def _marked(self, path: VirtualPath, entry: Entry) -> Entry:
        return _limited(entry, self._rules.allowed(path).permissions)

    def _marking(self, above: VirtualPath) -> Callable[[Page], Page]:
        """Return a function that sets the permissions in pages of a directory; any thread may call it."""
        alike = self._rules.below(above)
        if alike is None:
            start = "/" if above == ROOT else f"{above}/"
            return lambda page: tuple(self._marked(VirtualPath(start + entry.name), entry) for entry in page)
        granted = alike.permissions
        if granted == Permissions.ALL:
            # tuple() returns a tuple itself.
            return tuple
        return lambda page: tuple(_limited_page(page, granted))


def _limited(entry: Entry, granted: Permissions) -> Entry:
    allowed = entry.allowed & granted
    return entry if allowed == entry.allowed else entry._replace(allowed=allowed)


def _limited_page(page: Page, granted: Permissions) -> Iterator[Entry]:
    """Limit entries as `_limited` does, three times as fast: combining flags is slow, and most entries share them."""
    before, after = Permissions.ALL, Permissions.ALL & granted
    for entry in page:
        if entry.allowed is not before:
            before = entry.allowed
            after = before & granted
        # `allowed` is the last field.
        yield Entry._make((*entry[:-1], after))


@lru_cache(maxsize=8)
def _implementing(optional: tuple[type[Interface], ...]) -> type[Permitted]:
    """Return a cached class for a set of interfaces; interfaces on objects take kilobytes and a tenth of a login."""
    made = type("Permitted", (Permitted,), {})
    classImplements(made, *optional)  # type: ignore[misc]  # mypy-zope knows class statements only
    return made


def _needed(mode: WriteMode, offset: int, size: int) -> Permissions:
    """Return the permissions to write to an existing file."""
    if mode is WriteMode.APPEND or (mode is WriteMode.MODIFY and offset >= size):
        return Permissions.APPEND
    # CREATE itself refuses a name that is taken.
    return Permissions.NONE if mode is WriteMode.CREATE else Permissions.OVERWRITE
