"""A `twisted.protocols.ftp.IFTPShell` as an IStorage: what an existing avatar serves, it serves here.

A shell can do less than a storage, so this one refuses to append and to write from an offset, knows no hidden uploads
(what arrived of a broken one stays), and cannot set times.  A restart offset is reached by reading and throwing away.
The shell runs as it is: one that blocks, as Twisted's own do, blocks the reactor here too.
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
    """A storage of what a checker's `storage_for` answered: itself, or a shell in its adapter.

    :raises LoginUnavailable: it is neither.
    """
    if IStorage.providedBy(given):
        return IStorage(given)
    if IFTPShell.providedBy(given):
        return ShellStorage(IFTPShell(given), clock=clock)
    raise LoginUnavailable(f"storage_for answered {type(given).__name__}: neither IStorage nor IFTPShell")


@implementer(IStorage)
class ShellStorage:
    """The files of one login behind its shell."""

    def __init__(self, shell: IFTPShell, *, clock: IReactorTime) -> None:
        self._shell = shell
        self._clock = clock
        self._reserved: set[VirtualPath] = set()

    async def stat(self, path: VirtualPath) -> Entry:
        """What the shell tells of a path."""
        with shell_errors():
            facts = await maybeDeferred(self._shell.stat, _segments(path), _KEYS)
        return _entry(paths.name(path), facts)

    async def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        """The entries of a directory, all asked for at once, as a shell cannot give them in parts."""
        if (await self.stat(path)).kind is not EntryKind.DIRECTORY:
            raise NotADirectory(path)
        rows = sorted(await self._rows(path), key=lambda entry: encode(entry.name))
        for start in range(0, len(rows), PAGE_ENTRIES):
            yield tuple(rows[start : start + PAGE_ENTRIES])

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        """A handle from which the shell's octets are read, those before the offset thrown away."""
        entry = await self.stat(path)
        if entry.kind is EntryKind.DIRECTORY:
            raise IsADirectory(path)
        if offset > entry.size:
            raise RestartBeyondEnd(path)
        with shell_errors():
            file = await maybeDeferred(self._shell.openForReading, _segments(path))
        return ShellReadHandle(entry, file, offset=offset, clock=self._clock)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        """A handle that replaces or creates; the shell opens its file with the first octet or at the commit.

        :raises Unsupported: APPEND, and MODIFY beyond the start.
        """
        # MODIFY from the start is let through as a replacement: clients send REST 0 before a plain STOR.
        if mode is WriteMode.APPEND or offset > 0:
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
        """Make a directory whose parent exists, though a shell would make the parents too."""
        if path == ROOT or await self._existing(path) is not None:
            raise AlreadyExists(path)
        await self._require_makeable(path)
        with shell_errors():
            await maybeDeferred(self._shell.makeDirectory, _segments(path))

    async def remove_directory(self, path: VirtualPath) -> None:
        """Remove what the shell takes for an empty directory."""
        _refuse_root(path)
        with shell_errors():
            await maybeDeferred(self._shell.removeDirectory, _segments(path))

    async def remove_file(self, path: VirtualPath) -> None:
        """Remove what the shell takes for a file."""
        if path == ROOT:
            raise IsADirectory(path)
        with shell_errors():
            await maybeDeferred(self._shell.removeFile, _segments(path))

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        """Rename, asking before what a shell may do and a storage may not: replace a directory."""
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
        """A shell cannot.

        :raises Unsupported:
        """
        raise Unsupported("The times of these files cannot be set.")

    async def _existing(self, path: VirtualPath) -> Entry | None:
        try:
            return await self.stat(path)
        except NotFound:
            return None

    async def _require_makeable(self, path: VirtualPath) -> None:
        """The name may be made, and its parent is a directory."""
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
        # Asked again, as late as a shell allows: it cannot open without replacing.
        if await self._existing(path) is not None:
            raise AlreadyExists(path)
        return await self._receive(path)

    async def _rows(self, path: VirtualPath) -> list[Entry]:
        try:
            with shell_errors():
                listed = await maybeDeferred(self._shell.list, _segments(path), _KEYS)
        except StorageError:
            # One name that cannot be described, as a link that leads nowhere, fails Twisted's whole list.
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
        raise PermissionDenied("the root stays")


def _visible(
    listed: Sequence[tuple[str | bytes, Sequence[object]]],
) -> list[tuple[str, Sequence[object]]]:
    """The rows whose names a client can use, as text."""
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
    """Permission bits: IFTPShell promises a number, Twisted's own shell gives an object with a field for each."""
    if not isinstance(permissions, ModeBits):
        return _number(permissions) & 0o7777
    mode = 0
    for party in (permissions.user, permissions.group, permissions.other):
        mode = mode << 3 | bool(party.read) << 2 | bool(party.write) << 1 | bool(party.execute)
    return mode
