"""Handles of local files.  They own their descriptors; each blocking call is a single call on the pool."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.copy_interfaces import ITakesCopies
from ftpd_service.errnos import translated
from ftpd_service.errors import StorageFailed
from ftpd_service.former_interfaces import IKeepsFormer, KeptFormer
from ftpd_service.hook_interfaces import HostUpload, IOnHost
from ftpd_service.interfaces import Blocking, IHiddenWrite, IInspectable, IReadHandle
from ftpd_service.kernel.descriptors import reopened
from ftpd_service.kernel.statx import facts_of
from ftpd_service.placed import Due, Placed
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.storage.local.keeping_upload import KeepingUpload
from ftpd_service.storage.local.modes import set_permission_bits
from ftpd_service.storage.local.quarantine import Quarantine, QuarantineMove
from ftpd_service.storage.local.scan import entry_of, unique_of
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.upload import Upload
from ftpd_service.storage.whole_file import FIRST_BYTES, WholeFile
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.values import ByteRange, Entry, FileVersion, SettledFile, VirtualPath
from ftpd_service.version_interfaces import IVersionedRead
from ftpd_service.wire import paths

T = TypeVar("T")

LIGHT_BYTES = 1024 * 1024
"""The largest upload that may end on the reactor: freeing its pages takes some 50 us."""


@implementer(IVersionedRead)
class LocalRead(WholeFile):
    """An open file, read up to the size that it had at the opening.

    :param position: the offset after `first`.
    :ivar at_hand: whether its file system closes a file that has a name without waiting.
    """

    at_hand = False

    def __init__(self, blocking: Blocking, descriptor: int, entry: Entry, first: bytes, position: int) -> None:
        super().__init__(entry, first)
        self._blocking = blocking
        self._descriptor = descriptor
        self._position = position

    async def read(self, count: int) -> bytes:
        due = min(count, self._entry.size - self._position)
        if due <= 0:
            return b""
        with translated:
            reading = partial(os.pread, self._descriptor, due, self._position)
            data = await self._blocking(Placed(reading, self._descriptor, Due.CONTINUES))
        self._position += len(data)
        return data

    def descriptor(self) -> int:
        return self._descriptor

    def range(self) -> ByteRange:
        return ByteRange(start=self._position, stop=self._entry.size)

    async def version(self) -> FileVersion:
        with translated:
            if self.at_hand:
                return version_of(self._descriptor)
            looking = partial(version_of, self._descriptor)
            return await self._blocking(Placed(looking, self._descriptor, Due.CONTINUES))

    async def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        if self.at_hand and os.fstat(descriptor).st_nlink:
            os.close(descriptor)
        else:
            # On the pool: the last close of a removed file frees its blocks, and FUSE asks its daemon.
            await self._blocking(Placed(partial(_close, descriptor), descriptor, Due.ENDS))

    def give_back(self) -> None:
        """Close at once, on the pool's thread, because the opening was cancelled."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def version_of(descriptor: int) -> FileVersion:
    """Return the version of an open file.

    :raises OSError:
    """
    return FileVersion.of(os.fstat(descriptor))


def _close(descriptor: int) -> None:
    with suppress(OSError):
        os.close(descriptor)


def _give_back(handle: LocalRead) -> None:
    handle.give_back()


@implementer(ITakesCopies, IInspectable, IOnHost, IQuarantinable, IFormerFile)
class LocalWrite:
    """A file open for writing.

    :ivar at_hand: whether its file system is in memory, so that only freeing a large file takes long.
    :ivar unhidden: the reason for a REPLACE in place although the settings say atomic, or None.
    """

    at_hand = False
    unhidden: str | None = None

    def __init__(
        self, blocking: Blocking, system: SystemCalls, upload: Upload, path: VirtualPath, quarantine: Quarantine
    ) -> None:
        self._blocking = blocking
        self._path = path
        self._system = system
        self._upload = upload
        self._quarantine = quarantine
        self._descriptor: int | None = None
        self._kept = b""
        self._ended = False

    async def write(self, data: bytes) -> None:
        if self._keeps(data):
            self._kept = data
            return
        with translated:
            await self._call(partial(self._write, data), Due.CONTINUES)

    async def descriptor(self) -> int:
        if self._descriptor is None and not self._kept:
            self._descriptor = self._upload.ready()
        if self._descriptor is None:
            with translated:
                return await self._call(self._begun, Due.CONTINUES)
        return self._descriptor

    def written(self, count: int) -> None:
        # This storage keeps no count of bytes.
        return

    def former_size(self) -> int | None:
        return self._upload.former_size()

    async def copy_range(self, source: int, offset: int, count: int) -> int:
        self._refuse_ended()
        with translated:
            return await self._blocking(Placed(partial(self._copy, source, offset, count), self._path, Due.CONTINUES))

    async def resemble(self, entry: Entry) -> None:
        self._refuse_ended()
        with translated:
            await self._call(partial(self._resemble, entry), Due.CONTINUES)

    async def settle(self) -> SettledFile:
        self._refuse_ended()
        with translated:
            return await self._call(self._settled, Due.CONTINUES)

    async def settle_on_host(self) -> HostUpload:
        self._refuse_ended()
        with translated:
            return await self._call(self._settled_on_host, Due.CONTINUES)

    async def open_settled(self) -> IReadHandle:
        self._refuse_ended()
        with translated:
            return await self._blocking(Placed(self._open_settled, self._path, Due.CONTINUES), discard=_give_back)

    async def commit(self) -> None:
        self._refuse_ended()
        try:
            with translated:
                await self._call(self._commit, Due.CONTINUES)
        finally:
            await self.abort()

    async def quarantine(self, label: QuarantineLabel) -> str:
        self._refuse_ended()
        try:
            with translated:
                return await self._moved(self._quarantine.move(self._upload, label))
        finally:
            await self.abort()

    async def _moved(self, move: QuarantineMove) -> str:
        try:
            # On the pool in any case: the quarantine may be on a slower disk than the file.
            await self._blocking(Placed(lambda: move.begin(self._begun()), self._path, Due.CONTINUES))
            while not move.done:
                await self._blocking(Placed(move.step, move.directory, Due.CONTINUES))
            return move.name
        finally:
            await self._blocking(Placed(move.close, self._path, Due.ENDS))

    async def abort(self) -> None:
        if self._ended:
            return
        await self._call(self.give_up, Due.ENDS)

    def give_up(self) -> None:
        """Abort on the calling thread."""
        if not self._ended:
            self._ended = True
            self._upload.give_up()

    def _refuse_ended(self) -> None:
        if self._ended:
            raise StorageFailed("the upload has ended")

    async def _call(self, call: Callable[[], T], due: Due) -> T:
        """Make a call on the reactor if it is short and does not wait, else on the pool."""
        if self.at_hand and self._upload.weight() <= LIGHT_BYTES:
            return call()
        return await self._blocking(Placed(call, self._path, due))

    def _keeps(self, data: bytes) -> bool:
        """Return whether bytes wait for the next call: a small file is written and committed in a single call.

        This applies only to hidden files, because the bytes of an upload in place stay even if it breaks.
        """
        first = self._descriptor is None and not self._kept
        return first and len(data) <= FIRST_BYTES and self._upload.ready() is not None

    def _begun(self) -> int:
        if self._descriptor is None:
            self._descriptor = self._upload.begin()
            kept, self._kept = self._kept, b""
            self._write_all(self._descriptor, kept)
        return self._descriptor

    def _write(self, data: bytes) -> None:
        self._write_all(self._begun(), data)

    def _write_all(self, descriptor: int, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[self._system.write(descriptor, left) :]

    def _copy(self, source: int, offset: int, count: int) -> int:
        return self._system.copy_range(source, offset, self._begun(), count)

    def _resemble(self, entry: Entry) -> None:
        descriptor = self._begun()
        set_permission_bits(descriptor, entry.mode)
        os.utime(descriptor, ns=(entry.modified_ns, entry.modified_ns))

    def _settled(self) -> SettledFile:
        facts = facts_of(self._begun())
        return SettledFile(unique_of(facts), facts.size)

    def _settled_on_host(self) -> HostUpload:
        return HostUpload(self._settled(), self._upload.host_file())

    def _open_settled(self) -> LocalRead:
        descriptor = self._begun()
        entry = entry_of(facts_of(descriptor), paths.name(self._path))
        if entry is None:
            raise StorageFailed("the upload is no plain file")
        return LocalRead(self._blocking, reopened(descriptor), entry, b"", 0)

    def _commit(self) -> None:
        try:
            self._begun()
            self._upload.commit()
        finally:
            self.give_up()


@implementer(IHiddenWrite)
class LocalHiddenWrite(LocalWrite):
    """A file that gets its name at the commit."""


@implementer(IKeepsFormer)
class LocalKeepingWrite(LocalHiddenWrite):
    """A file that gets its name at the commit, which keeps the former file as a version."""

    _upload: KeepingUpload

    def kept_former(self) -> KeptFormer:
        return self._upload.kept
