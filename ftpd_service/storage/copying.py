"""Copies of files on the server: within a storage and between storages, by their handles.

A copy is an upload like any other, so that the quota, the limits, the hidden name and the commit of the target count.
It goes on in steps, and the coroutine can be cancelled between them.  Where both handles have descriptors of this host,
each step is a single call on the pool, in which the kernel copies.  Elsewhere the bytes pass through the process.

A file that changes while it is copied is not copied: its facts behind the last byte must be those of the opening.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from ftpd_service.copied_bytes import copy_bytes
from ftpd_service.copy_interfaces import IOpenCopies, ITakesCopies
from ftpd_service.errors import (
    AcrossFolders,
    AlreadyExists,
    NotAPlainFile,
    NotFound,
    StorageError,
    TemporarilyUnavailable,
    Unsupported,
)
from ftpd_service.interfaces import (
    IChangeMode,
    IReadHandle,
    ISizeLimits,
    IStorage,
    IWriteHandle,
)
from ftpd_service.values import Entry, EntryKind, FileVersion, VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead

_NOT_REPLACED = (EntryKind.DIRECTORY, EntryKind.DANGLING)


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOrder:
    """A copy that is to be made: two paths of a storage, and how the target is written."""

    storage: IStorage
    source: VirtualPath
    target: VirtualPath
    mode: WriteMode
    last: Callable[[], None]
    """Is called before the first visible effect; see `ftpd_service.copy_interfaces.ICopyFiles`."""


class Copies:
    """The copies of all sessions; an object outlives reloads, so that no file is moved twice at once."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._moving: set[str] = set()

    async def copy(self, order: CopyOrder) -> None:
        """Make a copy, which is a new file: it has the time of its commit and the mode of an upload.

        :raises StorageError: as `ftpd_service.copy_interfaces.ICopyFiles.copy_file` says.
        """
        async with _opened(order) as source:
            upload = await self._copied(order, source)
            await upload.commit()

    async def move(self, order: CopyOrder) -> None:
        """Make a copy that keeps mode and modification time, and remove the source.

        :raises StorageError: as `ftpd_service.copy_interfaces.ICopyFiles.move_file` says.
        """
        named, standing = await order.storage.stat(order.source), await _present(order)
        if named.kind is not EntryKind.FILE or named.link is not None:
            raise AcrossFolders("only files are moved by a copy")
        if standing is not None and (standing.kind in _NOT_REPLACED or standing.link is not None):
            # A rename replaces a link, and an upload would replace the file to which the link leads.
            raise AlreadyExists("a file replaces only files across folders")
        with self._alone(named.unique):
            async with _opened(order) as source:
                upload = await self._copied(order, source, keeps=True)
                keeps = ITakesCopies.providedBy(upload)
                await upload.commit()
                if not keeps:
                    await _resemble(order, source.entry)
                await _take_away(order, source)

    @contextmanager
    def _alone(self, unique: str) -> Iterator[None]:
        """Keep other sessions from moving the same file meanwhile.

        :raises TemporarilyUnavailable: another session moves it.
        """
        if unique in self._moving:
            raise TemporarilyUnavailable("another session moves the file")
        if unique:
            self._moving.add(unique)
        try:
            yield
        finally:
            self._moving.discard(unique)

    async def _copied(self, order: CopyOrder, source: _Source, *, keeps: bool = False) -> IWriteHandle:
        """Return an upload with all bytes of a file, which has to be committed next.

        :param keeps: whether it has the mode and the modification time of the source.
        """
        original = source.entry
        await _demand_other_file(order, original)
        if ISizeLimits.providedBy(order.storage):
            await ISizeLimits(order.storage).demand_room(order.target, order.mode, 0, original.size)
        upload = await _opened_copy(order)
        whole = False
        try:
            if await copy_bytes(source.handle, upload, self._pause) != original.size:
                raise TemporarilyUnavailable("the file was cut short while it was copied")
            if keeps and ITakesCopies.providedBy(upload):
                await ITakesCopies(upload).resemble(original)
            await source.demand_unchanged()
            order.last()
            whole = True
        finally:
            if not whole:
                await upload.abort()
        return upload

    async def _pause(self) -> None:
        await deferLater(self._clock, 0)


class _Source:
    """The open source of a copy.

    :param version: the version of the file at the opening, or None if its storage tells no versions.
    """

    def __init__(self, order: CopyOrder, handle: IReadHandle, version: FileVersion | None) -> None:
        self._order = order
        self._version = version
        self.handle = handle
        self.entry = handle.entry()

    async def demand_unchanged(self) -> None:
        """Refuse to go on if the path leads to other bytes than at the opening.

        :raises NotFound: it leads nowhere any more.
        :raises TemporarilyUnavailable:
        """
        now = await self._order.storage.stat(self._order.source)
        version = None if self._version is None else await IVersionedRead(self.handle).version()
        if _facts(now) != _facts(self.entry) or version != self._version:
            raise TemporarilyUnavailable("the file changed while it was copied")


@asynccontextmanager
async def _opened(order: CopyOrder) -> AsyncIterator[_Source]:
    """Open the source; where its storage can, a small file stays open too, so that its version is known."""
    storage, path = order.storage, order.source
    versioned = IOpenUnread.providedBy(storage)
    handle = await (IOpenUnread(storage).open_unread(path, 0) if versioned else storage.open_read(path, 0))
    try:
        yield _Source(order, handle, await IVersionedRead(handle).version() if versioned else None)
    finally:
        await handle.close()


async def _opened_copy(order: CopyOrder) -> IWriteHandle:
    if IOpenCopies.providedBy(order.storage):
        return await IOpenCopies(order.storage).open_copy(order.target, order.mode)
    return await order.storage.open_write(order.target, order.mode, 0)


async def _present(order: CopyOrder) -> Entry | None:
    try:
        return await order.storage.stat(order.target)
    except (NotFound, NotAPlainFile):
        # The opening refuses a target that is no plain file.
        return None


async def _demand_other_file(order: CopyOrder, original: Entry) -> None:
    """Refuse a file as its own target, under any of its names.

    :raises AlreadyExists:
    """
    standing = await _present(order)
    # The storages of a home and of a folder may give the same `unique` to different files.
    same = standing is not None and original.unique and _facts(standing) == _facts(original)
    if same or order.source == order.target:
        raise AlreadyExists("source and target are the same file")


def _facts(entry: Entry) -> tuple[str, int, int]:
    return entry.unique, entry.size, entry.modified_ns


async def _resemble(order: CopyOrder, original: Entry) -> None:
    """Set mode and time of a committed copy, where its storage can."""
    storage = order.storage
    with suppress(StorageError, Unsupported):
        if IChangeMode.providedBy(storage):
            await IChangeMode(storage).change_mode(order.target, original.mode & 0o777)
    with suppress(StorageError, Unsupported):
        await storage.set_modified(order.target, original.modified_ns)


async def _take_away(order: CopyOrder, source: _Source) -> None:
    """Remove the source of a move behind the commit.

    :raises TemporarilyUnavailable: it changed; both files stay.
    """
    # If another program has removed or renamed it, the move is complete.
    with suppress(NotFound):
        await source.demand_unchanged()
        await order.storage.remove_file(order.source)
