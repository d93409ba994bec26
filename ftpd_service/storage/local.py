"""Files under a directory of the host, behind `IStorage`: the coroutines, each a hop or a few to the pool.

Client-named paths become host paths here, in `beneath`, `scan`, `changes`, `uploads`, `temporary` and `hidden`, and
nowhere else in the server.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator
from functools import partial

from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.errors import IsADirectory, NotAPlainFile, RestartBeyondEnd
from ftpd_service.interfaces import (
    Blocking,
    IChangeMode,
    IFreeSpace,
    IReadHandle,
    IStorage,
    IWriteHandle,
    Now,
)
from ftpd_service.storage.beneath import Jail, finding
from ftpd_service.storage.changes import Changes
from ftpd_service.storage.hidden import HiddenUploads, remove_leftovers
from ftpd_service.storage.local_handles import FIRST_OCTETS, LocalRead, LocalWrite, WholeFile
from ftpd_service.storage.names import NameRules, decoded, last_name, octets
from ftpd_service.storage.scan import Scan, entry_of, link_entry
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.storage.statx import facts_of
from ftpd_service.storage.system import SystemCalls
from ftpd_service.storage.uploads import Uploads
from ftpd_service.storage.walk import HELD
from ftpd_service.values import ROOT, Entry, VirtualPath, WriteMode


@implementer(IStorage, IChangeMode, IFreeSpace)
class LocalStorage:
    """One login's files.

    :param root: an absolute host path, which becomes the login's ``/``.
    :param now: seconds since 1970, to tell old leftovers.
    :param hidden: what running uploads hold; one object for all storages of the process.
    :param system: the calls that a test lets fail; None for the system as it is.
    """

    _log = Logger()

    def __init__(
        self,
        root: str,
        settings: StorageSettings,
        blocking: Blocking,
        *,
        now: Now,
        hidden: HiddenUploads,
        system: SystemCalls | None = None,
    ) -> None:
        calls = system if system is not None else SystemCalls()
        self._settings = settings
        self._umask = settings.umask
        self._blocking = blocking
        self._system = calls
        self._now = now
        self._rules = NameRules(settings.hidden_prefix)
        self._jail = Jail(octets(root), calls.open_beneath)
        self._changes = Changes(self._jail, self._rules, hidden=hidden, system=calls)
        self._uploads = Uploads(self._jail, settings, now=now, hidden=hidden, system=calls)

    async def stat(self, path: VirtualPath) -> Entry:
        return await self._blocking(partial(self._stat, path))

    async def entries(self, path: VirtualPath) -> AsyncIterator[tuple[Entry, ...]]:
        scan, page = await self._blocking(partial(self._scan, path), discard=_close_scan)
        try:
            while True:
                if page:
                    yield page
                if scan.finished:
                    return
                page = await self._blocking(scan.page)
        finally:
            # Not on the pool: a generator that is dropped, not closed, may not wait here.  Closing a directory that
            # was only read does not wait either.
            scan.close()

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        return await self._blocking(partial(self._open_read, path, offset), discard=_give_back)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        handle = await self._blocking(partial(self._open_write, path, mode, offset), discard=LocalWrite.give_up)
        if handle.unhidden is not None:
            self._log.info("upload of {path!r} in place, not hidden: {reason}", path=path, reason=handle.unhidden)
        return handle

    async def make_directory(self, path: VirtualPath) -> None:
        await self._blocking(partial(self._changes.make_directory, path, 0o777 & ~self._umask))

    async def remove_directory(self, path: VirtualPath) -> None:
        await self._blocking(partial(self._changes.remove_directory, path))

    async def remove_file(self, path: VirtualPath) -> None:
        await self._blocking(partial(self._changes.remove_file, path))

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        await self._blocking(partial(self._changes.rename, source, target))

    async def set_modified(self, path: VirtualPath, modified_ns: int) -> None:
        await self._blocking(partial(self._changes.set_modified, path, modified_ns))

    async def change_mode(self, path: VirtualPath, mode: int) -> None:
        await self._blocking(partial(self._changes.change_mode, path, mode))

    def umask(self) -> int:
        return self._umask

    def set_umask(self, mask: int) -> None:
        self._umask = mask

    async def free_octets(self, path: VirtualPath) -> int:
        return await self._blocking(partial(self._changes.free_octets, path))

    # On the pool.

    def _stat(self, path: VirtualPath) -> Entry:
        raw = self._rules.existing(path)
        with finding():
            entry = self._root_entry() if path == ROOT else self._named_entry(raw)
        if entry is None:
            raise NotAPlainFile("not a plain file")
        return entry

    def _root_entry(self) -> Entry | None:
        descriptor = self._jail.open(b"/", HELD | os.O_DIRECTORY)
        try:
            return entry_of(facts_of(descriptor), "")
        finally:
            os.close(descriptor)

    def _named_entry(self, raw: bytes) -> Entry | None:
        with self._jail.parent(raw) as place:
            facts = facts_of(place.directory, place.name)
            if stat.S_ISLNK(facts.mode):
                return link_entry(self._jail, raw, place.directory, facts)
            return entry_of(facts, decoded(place.name))

    def _scan(self, path: VirtualPath) -> tuple[Scan, tuple[Entry, ...]]:
        """A listing and its first page, in one hop."""
        directory = self._changes.open_directory(path, os.O_RDONLY)
        scan = Scan(self._jail, self._rules, octets(path), directory)
        try:
            with finding():
                scan.begin()
            if scan.hidden:
                remove_leftovers(directory, scan.hidden, older_than=self._now() - self._settings.leftover_seconds)
            return scan, scan.page()
        except BaseException:
            scan.close()
            raise

    def _open_read(self, path: VirtualPath, offset: int) -> LocalRead | WholeFile:
        raw = self._rules.existing(path)
        with finding():
            descriptor = self._jail.open(raw, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
            kept = False
            try:
                entry = _plain_entry(descriptor, last_name(path))
                if offset > entry.size:
                    raise RestartBeyondEnd("the restart offset lies beyond the end")
                first = os.pread(descriptor, min(FIRST_OCTETS, entry.size - offset), offset)
                if offset + len(first) == entry.size:
                    # Nothing is left to read, so closing needs no hop of its own.
                    return WholeFile(entry, first)
                kept = True
                return LocalRead(self._blocking, descriptor, entry, first, offset + len(first))
            finally:
                if not kept:
                    os.close(descriptor)

    def _open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> LocalWrite:
        upload, unhidden = self._uploads.open(path, mode, offset, self._umask)
        return LocalWrite(self._blocking, self._system, upload, unhidden=unhidden)


def _plain_entry(descriptor: int, name: str) -> Entry:
    facts = facts_of(descriptor)
    if stat.S_ISDIR(facts.mode):
        raise IsADirectory("a directory")
    entry = entry_of(facts, name) if stat.S_ISREG(facts.mode) else None
    if entry is None:
        raise NotAPlainFile("not a plain file")
    return entry


def _close_scan(opened: tuple[Scan, tuple[Entry, ...]]) -> None:
    opened[0].close()


def _give_back(handle: LocalRead | WholeFile) -> None:
    if isinstance(handle, LocalRead):
        handle.give_back()
