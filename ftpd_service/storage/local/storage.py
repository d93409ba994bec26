"""The storage of files below a directory of the host: coroutines, each with few calls on the pool.

The reactor opens and looks up files at hand (see `at_hand`).

Paths of clients become host paths here, in `beneath`, `scan`, `changes`, `temporary` and the modules of uploads, and
nowhere else in the server.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TypeVar

from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.copy_interfaces import IOpenCopies
from ftpd_service.hook_interfaces import HostFile, IHostPaths
from ftpd_service.interfaces import (
    Blocking,
    IChangeMode,
    IFreeSpace,
    IMapNames,
    IMapPages,
    IReadHandle,
    IStorage,
    IWriteHandle,
    Now,
)
from ftpd_service.placed import Due, MightWait, Placed
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.local.beneath import Jail, finding
from ftpd_service.storage.local.changes import Changes
from ftpd_service.storage.local.downloads import Downloads
from ftpd_service.storage.local.handles import LocalHiddenWrite, LocalKeepingWrite, LocalRead, LocalWrite
from ftpd_service.storage.local.hidden_upload import HiddenUpload
from ftpd_service.storage.local.host_files import HostFiles
from ftpd_service.storage.local.keeping_upload import KeepingUpload
from ftpd_service.storage.local.looks import Looks
from ftpd_service.storage.local.modes import Ownership
from ftpd_service.storage.local.quarantine import Quarantine
from ftpd_service.storage.local.readers_lock import ReadersLock
from ftpd_service.storage.local.resumable_upload import LocalResumableWrite, ResumableUpload
from ftpd_service.storage.local.scan import NameScan, Scan
from ftpd_service.storage.local.sweep import Sweep
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.tree_removal import LocalTreeRemoval
from ftpd_service.storage.local.tree_walk import TreeWalk
from ftpd_service.storage.local.unfinished import unfinished_of
from ftpd_service.storage.local.upload_opening import Uploads
from ftpd_service.storage.name_rules import name_rules
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import Entry, Page, VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead
from ftpd_service.wire.names import encode

T = TypeVar("T")
S = TypeVar("S", bound=Scan)
P = TypeVar("P", bound=tuple[object, ...])

_PAGES_AT_ONCE = 4
_PAGES_SECONDS = 0.015
"""The time after which no further page is read with the first, so that each page of a slow disk leaves at once."""


@implementer(IStorage, IChangeMode, IFreeSpace, IMapNames, IMapPages, IHostPaths, IOpenCopies, IOpenUnread, IRemoveTree)
class LocalStorage:
    """The files of a login.

    :param root: an absolute host path, which becomes the login's ``/``.
    :param blocking: the pool, bound to the login.
    :param now: returns seconds since 1970, for the age of leftovers.
    :param hidden: the holds of running uploads; a single object for all storages of the process.
    :param system: the system calls, which a test may replace; None means the real system.
    """

    _log = Logger()

    def __init__(
        self,
        root: str,
        settings: StorageSettings,
        blocking: Blocking,
        *,
        now: Now,
        hidden: RunningUploads,
        system: SystemCalls | None = None,
    ) -> None:
        calls = system if system is not None else SystemCalls()
        self._settings = settings
        self._umask = settings.umask
        self._blocking = blocking
        self._system = calls
        self._now = now
        self._rules = name_rules(settings.hidden_prefix)
        self._jail = Jail(encode(root), calls.open_beneath)
        ownership = Ownership(settings.owner)
        self._quarantine = Quarantine(settings, system=calls, now=now)
        self._unfinished = unfinished = unfinished_of(settings, self._rules, now=now, holds=hidden)
        self._sweep = Sweep(self._rules, settings, now=now, holds=hidden, unfinished=unfinished)
        self._changes = Changes(
            self._jail,
            self._rules,
            hidden=hidden,
            system=calls,
            ownership=ownership,
            unfinished=unfinished,
            durable=settings.uploads.durable,
        )
        self._host_files = HostFiles(self._jail, self._rules, durable=settings.uploads.durable)
        shared = partial(
            Uploads, settings=settings, now=now, hidden=hidden, system=calls, ownership=ownership, unfinished=unfinished
        )
        self._uploads = shared(self._jail)
        # A copy that is stopped leaves nothing, whatever uploads leave.
        self._copies = shared(self._jail, unfinished=None, hiding_all=True)
        at_hand = calls.at_hand(encode(root), writing=False)
        self._uploads_at_hand = shared(calls.at_hand(encode(root), writing=True), sweeping=False)
        self._looks = Looks(self._jail, at_hand, self._rules, unfinished)
        self._downloads = Downloads(
            self._jail,
            at_hand,
            self._rules,
            blocking,
            now=now,
            unfinished=unfinished,
            lock=ReadersLock(hidden, calls) if settings.uploads.lock_readers else None,
        )

    def another(self, blocking: Blocking) -> LocalStorage:
        """Return the storage of another login with the same root, which shares all but `blocking` and the umask."""
        # copy.copy would take four times as long, for every login.
        other = LocalStorage.__new__(LocalStorage)
        other.__dict__.update(self.__dict__)
        other._blocking = blocking
        other._downloads = self._downloads.another(blocking)
        other.set_umask(self._settings.umask)
        return other

    async def stat(self, path: VirtualPath) -> Entry:
        here, beside = partial(self._looks.at_hand, path), partial(self._looks.beside, path)
        return await self._here_or_beside(path, here, beside, discard=_nothing)

    def entries(self, path: VirtualPath) -> AsyncIterator[Page]:
        # tuple() of a page, which is a tuple, returns the page itself.
        return self.mapped(path, tuple)

    def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        return self._listed(path, Scan, lambda scan: _made(scan.page(), make))

    def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        return self._listed(path, NameScan, lambda scan: _made(scan.names(), make))

    async def _listed(self, path: VirtualPath, kind: type[S], read: Callable[[S], list[T]]) -> AsyncIterator[T]:
        """Yield a result for each page that is not empty, and keep only the result."""
        scan, made = await self._beside(path, partial(self._scan, path, kind, read), discard=_close_scan)
        try:
            while True:
                for one in made:
                    yield one
                if scan.finished:
                    return
                made = await self._blocking(Placed(partial(_next_pages, scan, read), path, Due.CONTINUES))
        finally:
            # The pool is not needed here: a generator that is dropped without a close may not wait, and closing a
            # directory that was only read does not.
            scan.close()

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        downloads = self._downloads
        here, beside = partial(downloads.open_at_hand, path, offset), partial(downloads.open, path, offset)
        return await self._here_or_beside(path, here, beside, discard=_give_back)

    async def open_unread(self, path: VirtualPath, offset: int) -> IVersionedRead:
        downloads = self._downloads
        here = partial(downloads.open_unread_at_hand, path, offset)
        beside = partial(downloads.open_unread, path, offset)
        return await self._here_or_beside(path, here, beside, discard=_give_back)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        here = partial(self._open_write, self._uploads_at_hand, path, mode, offset)
        beside = partial(self._open_write, self._uploads, path, mode, offset)
        handle = await self._here_or_beside(path, here, beside, discard=LocalWrite.give_up)
        if handle.unhidden is not None:
            self._log.info("upload of {path!r} in place, not hidden: {reason}", path=path, reason=handle.unhidden)
        return handle

    async def open_copy(self, path: VirtualPath, mode: WriteMode) -> IWriteHandle:
        opening = partial(self._open_write, self._copies, path, mode, 0)
        return await self._beside(path, opening, discard=LocalWrite.give_up)

    async def make_directory(self, path: VirtualPath) -> None:
        await self._change(path, partial(self._changes.make_directory, path, 0o777 & ~self._umask))

    async def remove_directory(self, path: VirtualPath) -> None:
        await self._change(path, partial(self._changes.remove_directory, path))

    async def remove_file(self, path: VirtualPath) -> None:
        await self._change(path, partial(self._changes.remove_file, path))

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        walk = await self._beside(path, partial(self._changes.open_tree, path, marking), discard=TreeWalk.close)
        return LocalTreeRemoval(self._blocking, walk, path)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        await self._change(source, partial(self._changes.rename, source, target))

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        await self._change(path, partial(self._changes.set_modified, path, modified_ns))

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        await self._change(path, partial(self._changes.change_mode, path, self._settings.mode_within(mode)))

    def umask(self) -> int:
        return self._umask

    def set_umask(self, mask: int) -> None:
        self._umask = self._settings.umask_within(mask)

    async def free_bytes(self, path: VirtualPath) -> int:
        return await self._beside(path, partial(self._changes.free_bytes, path), discard=_nothing)

    async def host_file(self, path: VirtualPath) -> HostFile | None:
        return await self._beside(path, partial(self._host_files.host_file, path), discard=_nothing)

    async def host_place(self, path: VirtualPath) -> HostFile:
        return await self._beside(path, partial(self._host_files.host_place, path), discard=_nothing)

    async def _here_or_beside(
        self, path: VirtualPath, here: Callable[[], T], beside: Callable[[], T], *, discard: Callable[[T], object]
    ) -> T:
        """Try work on the reactor, and repeat it on the pool if it might wait."""
        with suppress(MightWait):
            return here()
        return await self._beside(path, beside, discard=discard)

    async def _beside(self, path: VirtualPath, call: Callable[[], T], *, discard: Callable[[T], object]) -> T:
        """Return the result of a call on a path that its caller may abandon."""
        return await self._blocking(Placed(call, path), discard=discard)

    async def _change(self, path: VirtualPath, call: Callable[[], None]) -> None:
        """Make a change and wait for it, so that the client's next change cannot overtake it."""
        await self._blocking(Placed(call, path))

    # The methods below run on the pool.

    def _scan(self, path: VirtualPath, kind: type[S], read: Callable[[S], list[T]]) -> tuple[S, list[T]]:
        """Return a scan, and the result of reading its first page, in a single call."""
        directory = self._changes.open_directory(path, os.O_RDONLY)
        scan = kind(self._jail, self._rules, encode(path), directory, unfinished=self._unfinished)
        try:
            with finding:
                scan.begin()
            if scan.hidden:
                self._sweep.names(directory, scan.hidden)
            return scan, read(scan)
        except BaseException:
            scan.close()
            raise

    # This runs on the reactor or on the pool, depending on the uploads.

    def _open_write(self, uploads: Uploads, path: VirtualPath, mode: WriteMode, offset: int) -> LocalWrite:
        upload, unhidden = uploads.open(path, mode, offset, self._umask)
        kind: type[LocalWrite] = LocalHiddenWrite if isinstance(upload, HiddenUpload) else LocalWrite
        if isinstance(upload, ResumableUpload):
            kind = LocalResumableWrite
        elif isinstance(upload, KeepingUpload):
            kind = LocalKeepingWrite
        handle = kind(self._blocking, self._system, upload, path, self._quarantine)
        handle.unhidden = unhidden
        handle.at_hand = uploads is self._uploads_at_hand
        return handle


def _next_pages(scan: S, read: Callable[[S], list[T]]) -> list[T]:
    """Read the next pages: several of them, because a trip to the pool costs as much as 50 entries."""
    until = monotonic() + _PAGES_SECONDS
    made = read(scan)
    while not scan.finished and len(made) < _PAGES_AT_ONCE and monotonic() < until:
        made += read(scan)
    return made


def _made(page: P, make: Callable[[P], T]) -> list[T]:
    return [make(page)] if page else []


def _nothing(result: object) -> None:
    """Drop a result that holds nothing open."""


def _close_scan(opened: tuple[Scan, object]) -> None:
    opened[0].close()


def _give_back(handle: IReadHandle) -> None:
    if isinstance(handle, LocalRead):
        handle.give_back()
