"""An upload that its account can resume after a break.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

from ftpd_service.errors import AlreadyExists, StorageError, TemporarilyUnavailable
from ftpd_service.hook_interfaces import HostFile
from ftpd_service.kernel.libc import error
from ftpd_service.kernel.statx import FileFacts
from ftpd_service.storage.local.beneath import making
from ftpd_service.storage.local.durable import name_on_disk
from ftpd_service.storage.local.handles import LocalWrite
from ftpd_service.storage.local.keeping_upload import keeps_versions, replace_and_keep
from ftpd_service.storage.local.modes import make_private, take_after
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.unfinished import Unfinished, shown_size
from ftpd_service.storage.local.unfinished_file import UnfinishedFile
from ftpd_service.storage.local.upload_target import UploadTarget, check_standing, host_file_of, may_write
from ftpd_service.storage.whole_file import FIRST_BYTES
from ftpd_service.values import WriteMode

_ANEW = (WriteMode.REPLACE, WriteMode.SUPERSEDE)
"""The modes that begin anew, whatever has come before."""


class ResumableUpload:
    """An upload to a file with a hidden name that gets its final name at commit, and stays hidden after a break.

    Nothing changes before `begin`.  Only a plain STOR replaces a file that got the final name meanwhile; a resumed
    upload gives way to it.  Provides `handles.Upload`.

    :param begun: the facts of the unfinished upload that is there, whose file is open; None without it.
    """

    def __init__(
        self,
        system: SystemCalls,
        file: UnfinishedFile,
        target: UploadTarget,
        begun: FileFacts | None,
        unfinished: Unfinished,
    ) -> None:
        self._system = system
        self._file = file
        self._target = target
        self._begun = begun
        self._unfinished = unfinished
        self._spoilt = False

    def begin(self) -> int:
        file = self._file
        with making:
            if self._begun is None:
                file.create()
            elif self._target.mode in _ANEW:
                os.ftruncate(file.descriptor, 0)
            else:
                self._go_on(self._begun.size)
            self._keep()
        return file.descriptor

    def ready(self) -> int | None:
        # Making or truncating a file may wait for a disk.
        return None

    def weight(self) -> int:
        if self._target.policy.keep_versions:
            # The commit may wait for the lock of the versions.
            return sys.maxsize
        descriptor = self._file.descriptor
        return 0 if descriptor < 0 else os.fstat(descriptor).st_size

    def former_size(self) -> int | None:
        if self._begun is None or self._target.mode in _ANEW:
            return None
        return shown_size(self._begun.size)

    def host_file(self) -> HostFile:
        return host_file_of(self._target, self._file.descriptor)

    def commit(self) -> None:
        file, target = self._file, self._target
        with making:
            take_after(file.descriptor, None, target.bits, target.ownership)
            if self._unfinished.kept_longer:
                file.keep_until(self._unfinished.now())
            try:
                file.flush()
            except OSError:
                # Nobody knows which bytes have reached the disk.
                self._spoilt = True
                raise
            if target.policy.durable:
                self._commit_on_disk()
            else:
                self._take_name()

    def _commit_on_disk(self) -> None:
        try:
            name_on_disk(self._system, self._target.place, self._file.descriptor, self._take_name, free=True)
        except FileExistsError:
            raise
        except OSError:
            self._spoilt = True
            raise

    def _take_name(self) -> None:
        file, target = self._file, self._target
        try:
            file.take_free(target.place.name)
        except FileExistsError:
            if target.mode is not WriteMode.REPLACE:
                raise
            if keeps_versions(target.policy, target.place):
                replace_and_keep(self._system, target, file.take_place)
            else:
                file.take_place(target.place.name)

    def leave(self, directory: int, name: bytes) -> None:
        make_private(self._file.descriptor)
        self._file.leave(directory, name)

    def vanish(self) -> None:
        self._file.discard()

    def give_up(self) -> None:
        file = self._file
        with suppress(OSError):
            if file.descriptor >= 0:
                if self._worthless():
                    file.discard()
                else:
                    self._keep()
        with suppress(OSError):
            file.close()
        self._target.hold.release()
        self._target.place.close()

    def _go_on(self, size: int) -> None:
        """Set the place of the next byte; the byte that the client has not seen is cut off, unless it knows of it."""
        shown = shown_size(size)
        start = shown if self._target.mode is WriteMode.APPEND else self._target.offset
        os.ftruncate(self._file.descriptor, max(shown, start))
        os.lseek(self._file.descriptor, start, os.SEEK_SET)

    def _keep(self) -> None:
        """Tell other accounts how long the file is kept, unless they keep it as long in any case."""
        if self._unfinished.kept_longer:
            self._file.keep_until(self._unfinished.until())

    def _worthless(self) -> bool:
        """Return whether nobody can resume the upload: it has no byte, or a file has the final name."""
        empty = not os.fstat(self._file.descriptor).st_size
        return self._spoilt or empty or self._target.place.facts() is not None


class LocalResumableWrite(LocalWrite):
    """A file open for writing that is kept under a hidden name if the upload breaks."""

    def give_up(self) -> None:
        if not self._ended and self._kept:
            # The bytes that wait for the next call have arrived, too.
            with suppress(OSError, StorageError):
                self._begun()
        super().give_up()

    def _keeps(self, data: bytes) -> bool:
        return self._descriptor is None and not self._kept and len(data) <= FIRST_BYTES


class Resuming:
    """Opens the uploads that an account can resume after a break."""

    def __init__(self, unfinished: Unfinished, system: SystemCalls) -> None:
        self._unfinished = unfinished
        self._system = system

    def open(self, target: UploadTarget) -> ResumableUpload | None:
        """Return the upload to a free name, or None if it cannot be resumable.

        That is because its hidden name would be too long, or because a plain STOR finds that another session of the
        account writes to the unfinished file.

        :raises TemporarilyUnavailable: another session of the account writes to the file that would be resumed.
        :raises AlreadyExists: the mode is CREATE, and there is an unfinished upload of the account.
        :raises RestartBeyondEnd:
        :raises OSError:
        """
        mode = target.mode
        hidden = self._unfinished.hidden(target.place.name)
        if hidden is None:
            check_standing(None, mode, target.offset)
            return None
        file = UnfinishedFile(self._system, target.place.directory, hidden)
        try:
            begun = self._claimed(file, target, hidden)
        except TemporarilyUnavailable as problem:
            if mode in _ANEW:
                return None
            if mode is WriteMode.CREATE:
                raise AlreadyExists("another upload has the name") from problem
            raise
        try:
            check_standing(begun, mode, target.offset)
            if not may_write(target.place.directory, b"."):
                raise error(errno.EACCES)
        except BaseException:
            file.close()
            raise
        return ResumableUpload(self._system, file, target, begun, self._unfinished)

    def _claimed(self, file: UnfinishedFile, target: UploadTarget, hidden: bytes) -> FileFacts | None:
        """Take the hidden name for this upload, and return the facts of the unfinished upload, whose file is open."""
        if not target.hold.name(target.above.key, hidden):
            raise TemporarilyUnavailable("another upload of the account has the name")
        begun = file.open_existing()
        if begun is not None and self._unfinished.expired(begun.modified_ns):
            file.discard()
            return None
        return begun
