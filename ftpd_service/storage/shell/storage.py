"""An IStorage over a `twisted.protocols.ftp.IFTPShell`, which serves the files of an existing avatar.

A shell can do less than a storage: this storage refuses to append and to write from an offset, has no hidden uploads
(the bytes of a broken upload stay), and cannot set times.  It reaches a restart offset by reading and skipping bytes.
The shell runs on the reactor, so a shell that blocks, as Twisted's own shells do, blocks the reactor.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IConsumer, IReactorTime
from twisted.protocols.ftp import IFTPShell, IWriteFile
from twisted.python.filepath import Permissions as ModeBits
from zope.interface import implementer

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    LoginUnavailable,
    NameNotAllowed,
    NotADirectory,
    NotFound,
    PermissionDenied,
    RestartBeyondEnd,
    StorageError,
    Unsupported,
)
from ftpd_service.interfaces import IReadHandle, IStorage, IWriteHandle
from ftpd_service.storage.name_rules import has_control_characters
from ftpd_service.storage.shell.errors import shell_errors
from ftpd_service.storage.shell.handles import ShellReadHandle, ShellWriteHandle
from ftpd_service.values import PAGE_ENTRIES, ROOT, Entry, EntryKind, Page, VirtualPath, WriteMode
from ftpd_service.wire import paths
from ftpd_service.wire.names import decode, encode

_KEYS = ("size", "directory", "permissions", "hardlinks", "modified")


def as_storage(given: object, *, clock: IReactorTime) -> IStorage:
    """Return a storage for the result of a checker's `storage_for`: the result itself, or an adapter for a shell.

    :raises LoginUnavailable: the result is neither.
    """
    if IStorage.providedBy(given):
        return IStorage(given)
    if IFTPShell.providedBy(given):
        return ShellStorage(IFTPShell(given), clock=clock)
    raise LoginUnavailable(f"storage_for returned {type(given).__name__}: neither IStorage nor IFTPShell")


@implementer(IStorage)
class ShellStorage:
    """The files of a login behind its shell."""

    def __init__(self, shell: IFTPShell, *, clock: IReactorTime) -> None:
        self._shell = shell
        self._clock = clock
        self._reserved: set[VirtualPath] = set()

    async def stat(self, path: VirtualPath) -> Entry:
        with shell_errors():
            facts = await maybeDeferred(self._shell.stat, _segments(path), _KEYS)
        return _entry(paths.name(path), facts)

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        """Yield the entries of a directory, all requested at once because a shell cannot list in parts."""
        if (await self.stat(path)).kind is not EntryKind.DIRECTORY:
            raise NotADirectory(path)
        rows = sorted(await self._rows(path), key=lambda entry: encode(entry.name))
        for start in range(0, len(rows), PAGE_ENTRIES):
            yield tuple(rows[start : start + PAGE_ENTRIES])

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        """Return a handle that reads the shell's bytes and skips those before the offset."""
        entry = await self.stat(path)
        if entry.kind is EntryKind.DIRECTORY:
            raise IsADirectory(path)
        if offset > entry.size:
            raise RestartBeyondEnd(path)
        with shell_errors():
            file = await maybeDeferred(self._shell.openForReading, _segments(path))
        return ShellReadHandle(entry, file, offset=offset, clock=self._clock)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """Return a handle that replaces or creates; the shell opens its file with the first byte or at the commit.

        :raises Unsupported: for APPEND and MODIFY.
        """
        if mode in (WriteMode.APPEND, WriteMode.MODIFY):
            raise Unsupported("These files can only be written from the start.")
        await self._require_makeable(path)
        existing = await self._existing(path)
        if existing is not None and existing.kind is EntryKind.DIRECTORY:
            raise IsADirectory(path)
        if mode is not WriteMode.CREATE:
            return ShellWriteHandle(lambda: self._receive(path), _nothing)
        if existing is not None or path in self._reserved:
            raise AlreadyExists(path)
        self._reserved.add(path)
        return ShellWriteHandle(lambda: self._receive_new(path), lambda: self._reserved.discard(path))

    async def make_directory(self, path: VirtualPath) -> None:
        """Make a directory in an existing parent; a shell itself would make the parents too."""
        if path == ROOT or await self._existing(path) is not None:
            raise AlreadyExists(path)
        await self._require_makeable(path)
        with shell_errors():
            await maybeDeferred(self._shell.makeDirectory, _segments(path))

    async def remove_directory(self, path: VirtualPath) -> None:
        """Remove a directory that the shell considers empty."""
        _refuse_root(path)
        with shell_errors():
            await maybeDeferred(self._shell.removeDirectory, _segments(path))

    async def remove_file(self, path: VirtualPath) -> None:
        """Remove a name that the shell considers a file."""
        if path == ROOT:
            raise IsADirectory(path)
        with shell_errors():
            await maybeDeferred(self._shell.removeFile, _segments(path))

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        """Rename after a check that no directory is replaced: shells may do that, storages may not."""
        _refuse_root(source)
        _refuse_root(target)
        moved = await self.stat(source)
        await self._require_makeable(target)
        existing = await self._existing(target)
        if existing is not None and EntryKind.DIRECTORY in (moved.kind, existing.kind):
            raise AlreadyExists(target)
        with shell_errors():
            await maybeDeferred(self._shell.rename, _segments(source), _segments(target))

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        """Refuse, because a shell cannot set times.

        :raises Unsupported:
        """
        raise Unsupported("The times of these files cannot be set.")

    async def _existing(self, path: VirtualPath) -> Entry | None:
        try:
            return await self.stat(path)
        except NotFound:
            return None

    async def _require_makeable(self, path: VirtualPath) -> None:
        """Refuse a name that may not be made, or whose parent is no directory."""
        if has_control_characters(encode(paths.name(path))):
            raise NameNotAllowed("a control character in the name")
        parent = paths.parent(path)
        if (await self.stat(parent)).kind is not EntryKind.DIRECTORY:
            raise NotFound(parent)

    async def _receive(self, path: VirtualPath) -> tuple[IWriteFile, IConsumer]:
        with shell_errors():
            file: IWriteFile = await maybeDeferred(self._shell.openForWriting, _segments(path))
            consumer: IConsumer = await maybeDeferred(file.receive)
        return file, consumer

    async def _receive_new(self, path: VirtualPath) -> tuple[IWriteFile, IConsumer]:
        # Checked again as late as possible, because a shell always replaces when it opens.
        if await self._existing(path) is not None:
            raise AlreadyExists(path)
        return await self._receive(path)

    async def _rows(self, path: VirtualPath) -> list[Entry]:
        try:
            with shell_errors():
                listed = await maybeDeferred(self._shell.list, _segments(path), _KEYS)
        except StorageError:
            # A name without facts, such as a dangling link, makes Twisted's whole list fail.
            return await self._rows_one_by_one(path)
        return [_entry(name, facts) for name, facts in _visible(listed)]

    async def _rows_one_by_one(self, path: VirtualPath) -> list[Entry]:
        with shell_errors():
            listed = await maybeDeferred(self._shell.list, _segments(path), ())
        rows = []
        for name, _ in _visible(listed):
            entry = await self._existing(paths.child(path, name))
            if entry is not None:
                rows.append(entry)
        return rows


def _segments(path: VirtualPath) -> list[str]:
    return [name for name in path.split("/") if name]


def _nothing() -> None:
    return None


def _refuse_root(path: VirtualPath) -> None:
    if path == ROOT:
        raise PermissionDenied("the root cannot be renamed or removed")


def _visible(
    listed: Sequence[tuple[str | bytes, Sequence[object]]],
) -> list[tuple[str, Sequence[object]]]:
    """Return the rows with names that a client can use, as text."""
    rows = []
    for given, facts in listed:
        name = decode(given) if isinstance(given, bytes) else given
        if name not in ("", ".", "..") and not any(character in name for character in "/\r\n\0"):
            rows.append((name, facts))
    return rows


def _entry(name: str, facts: Sequence[object]) -> Entry:
    size, directory, permissions, links, modified = facts
    return Entry(
        name=name,
        kind=EntryKind.DIRECTORY if directory else EntryKind.FILE,
        size=_number(size),
        modified_ns=int(modified * 1_000_000_000) if isinstance(modified, (int, float)) else 0,
        mode=_mode(permissions),
        links=max(_number(links), 1),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _mode(permissions: object) -> int:
    """Return permission bits from a number, as IFTPShell promises, or from the object of Twisted's own shell."""
    if not isinstance(permissions, ModeBits):
        return _number(permissions) & 0o7777
    mode = 0
    for party in (permissions.user, permissions.group, permissions.other):
        mode = mode << 3 | bool(party.read) << 2 | bool(party.write) << 1 | bool(party.execute)
    return mode
