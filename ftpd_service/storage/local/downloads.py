"""Opening a file for reading: on the reactor if it is at hand, else on the pool."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

from ftpd_service.errors import IsADirectory, NotAPlainFile, RestartBeyondEnd, UploadUnfinished
from ftpd_service.interfaces import Blocking, Now
from ftpd_service.kernel.statx import facts_of
from ftpd_service.placed import MightWait
from ftpd_service.storage.local.at_hand import AtHand, check_quiet, read_at_hand
from ftpd_service.storage.local.beneath import Jail, finding
from ftpd_service.storage.local.handles import LocalRead
from ftpd_service.storage.local.readers_lock import ReadersLock
from ftpd_service.storage.local.scan import entry_of
from ftpd_service.storage.local.unfinished import Unfinished, shown_size, unfinished_entry
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.storage.whole_file import FIRST_BYTES, WholeFile
from ftpd_service.values import Entry, FileVersion, VirtualPath
from ftpd_service.wire import paths

_READING = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY


class Downloads:
    """Opens the downloads of a login's storage.

    :param blocking: the pool, for later calls of the handles.
    :param now: returns seconds since 1970.
    :param unfinished: the account's unfinished uploads, of which digests are taken, but which are no downloads.
    :param lock: refuses files that are being changed; None means that these are read too.
    """

    __slots__ = ("_at_hand", "_blocking", "_jail", "_lock", "_now", "_rules", "_unfinished")

    def __init__(
        self,
        jail: Jail,
        at_hand: AtHand,
        rules: NameRules,
        blocking: Blocking,
        *,
        now: Now,
        unfinished: Unfinished | None,
        lock: ReadersLock | None = None,
    ) -> None:
        self._jail = jail
        self._at_hand = at_hand
        self._rules = rules
        self._blocking = blocking
        self._now = now
        self._unfinished = unfinished
        self._lock = lock

    def another(self, blocking: Blocking) -> Downloads:
        """Return an object with the same jail for another login."""
        return Downloads(
            self._jail,
            self._at_hand,
            self._rules,
            blocking,
            now=self._now,
            unfinished=self._unfinished,
            lock=self._lock,
        )

    def open(self, path: VirtualPath, offset: int) -> WholeFile:
        """Open a file, check it, and read its first bytes, in a single call on the pool.

        :raises StorageError: as `ftpd_service.interfaces.IStorage.open_read` says.
        """
        raw = self._rules.existing(path)
        with finding:
            try:
                descriptor = self._jail.open(raw, _READING)
            except FileNotFoundError as problem:
                descriptor = self._open_unfinished(raw)
                if descriptor < 0:
                    raise
                os.close(descriptor)
                raise UploadUnfinished("the upload has not finished") from problem
            return self._opened(descriptor, path, offset, os.pread)

    def open_at_hand(self, path: VirtualPath, offset: int) -> WholeFile:
        """Open a file at hand on the reactor.

        :raises MightWait: the file is not at hand; nothing has been done.
        """
        raw = self._rules.existing(path)

        def read(descriptor: int, count: int, start: int) -> bytes:
            check_quiet(descriptor, self._now())
            return read_at_hand(descriptor, count, start) if count else b""

        with finding:
            handle = self._opened(self._open_at_hand(raw), path, offset, read)
        if isinstance(handle, LocalRead):
            handle.at_hand = True
        return handle

    def open_unread(self, path: VirtualPath, offset: int) -> LocalRead:
        """Open a file as `ftpd_service.version_interfaces.IOpenUnread` says, in a single call on the pool."""
        raw = self._rules.existing(path)
        with finding:
            try:
                return self._unread(self._jail.open(raw, _READING), path, offset)
            except FileNotFoundError:
                descriptor = self._open_unfinished(raw)
                if descriptor < 0:
                    raise
            return self._unread(descriptor, path, offset, unfinished=True)

    def open_unread_at_hand(self, path: VirtualPath, offset: int) -> LocalRead:
        """Open a file at hand on the reactor, without reading a byte.

        :raises MightWait: the file is not at hand; nothing has been done.
        """
        raw = self._rules.existing(path)
        with finding:
            handle = self._unread(self._open_at_hand(raw), path, offset)
        handle.at_hand = True
        return handle

    def _open_at_hand(self, raw: bytes) -> int:
        try:
            return self._at_hand.open(raw, _READING)
        except FileNotFoundError:
            if self._unfinished is None:
                raise
            raise MightWait from None

    def _open_unfinished(self, raw: bytes) -> int:
        """Return a descriptor of the account's unfinished upload of a path, or -1 without it."""
        if self._unfinished is None:
            return -1
        with self._jail.parent(raw) as place:
            return self._unfinished.open(place)

    def _unread(self, descriptor: int, path: VirtualPath, offset: int, *, unfinished: bool = False) -> LocalRead:
        try:
            entry = self._plain_entry(descriptor, path)
            kind = LocalRead
            if unfinished:
                kind, entry = _UnfinishedRead, unfinished_entry(entry, entry.name)
            _check_offset(offset, entry)
            return kind(self._blocking, descriptor, entry, b"", offset)
        except BaseException:
            os.close(descriptor)
            raise

    def _opened(
        self, descriptor: int, path: VirtualPath, offset: int, read: Callable[[int, int, int], bytes]
    ) -> WholeFile:
        kept = False
        try:
            entry = self._plain_entry(descriptor, path)
            _check_offset(offset, entry)
            first = read(descriptor, min(FIRST_BYTES, entry.size - offset), offset)
            if offset + len(first) == entry.size:
                # Nothing is left to read, so the file can be closed here.
                return WholeFile(entry, first)
            kept = True
            return LocalRead(self._blocking, descriptor, entry, first, offset + len(first))
        finally:
            if not kept:
                os.close(descriptor)

    def _plain_entry(self, descriptor: int, path: VirtualPath) -> Entry:
        entry = _plain_entry(descriptor, paths.name(path))
        if self._lock is not None:
            self._lock.demand_quiet(descriptor)
        return entry


class _UnfinishedRead(LocalRead):
    """The file of an unfinished upload, as long as its account sees it."""

    async def version(self) -> FileVersion:
        version = await super().version()
        return version._replace(size=shown_size(version.size))


def _check_offset(offset: int, entry: Entry) -> None:
    if offset > entry.size:
        raise RestartBeyondEnd("the restart offset lies beyond the end")


def _plain_entry(descriptor: int, name: str) -> Entry:
    facts = facts_of(descriptor)
    if stat.S_ISDIR(facts.mode):
        raise IsADirectory("a directory")
    entry = entry_of(facts, name) if stat.S_ISREG(facts.mode) else None
    if entry is None:
        raise NotAPlainFile("not a plain file")
    return entry
