"""The file of an unfinished upload while it is open.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.kernel.file_writers import open_existing
from ftpd_service.kernel.libc import error
from ftpd_service.kernel.renames import Rename
from ftpd_service.kernel.statx import FileFacts, facts_of
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.temporary import OpenFile

_EXISTING = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class UnfinishedFile(OpenFile):
    """A file with the hidden name of an unfinished upload, locked while it is open.  Provides `Temporary`.

    It belongs to the service alone, because its owner and mode might keep the service from opening it again.

    :param hidden: its name in the open directory, which the caller keeps open.
    """

    def __init__(self, system: SystemCalls, directory: int, hidden: bytes) -> None:
        self._system = system
        self._directory = directory
        self._hidden = hidden

    def open_existing(self) -> FileFacts | None:
        """Open the file and return its facts, or None if it is missing.

        :raises TemporarilyUnavailable: another upload has it open.
        :raises OSError:
        """
        try:
            self.descriptor = open_existing(self._hidden, _EXISTING, self._directory)
        except FileNotFoundError:
            return None
        try:
            return self._claimed()
        except BaseException:
            self.close()
            raise

    def create(self) -> None:
        """Make the file.

        :raises TemporarilyUnavailable: another process has made it meanwhile.
        :raises OSError:
        """
        try:
            self.descriptor = os.open(self._hidden, _NEW, 0o600, dir_fd=self._directory)
        except FileExistsError as problem:
            raise TemporarilyUnavailable("another upload of the account has the name") from problem
        if not self._system.lock(self.descriptor):
            # Another process has opened the new file before it was locked.
            self.close()
            raise TemporarilyUnavailable("another upload of the account has the name")

    def keep_until(self, seconds: float) -> None:
        """Tell other accounts' sweeps until when the file is kept, by its access time in seconds since 1970."""
        with suppress(OSError):
            os.utime(self.descriptor, ns=(int(seconds * 1e9), os.fstat(self.descriptor).st_mtime_ns))

    def take_place(self, name: bytes) -> None:
        self._settle(name, self._system.rename)

    def take_free(self, name: bytes) -> None:
        self._settle(name, self._system.rename_new)

    def leave(self, directory: int, name: bytes) -> None:
        if self.descriptor < 0:
            raise error(errno.ENOENT)
        self._system.rename_new(self._directory, self._hidden, directory, name)
        self.close()

    def discard(self) -> None:
        if self.descriptor >= 0:
            with suppress(OSError):
                os.unlink(self._hidden, dir_fd=self._directory)
        with suppress(OSError):
            self.close()

    def flush(self) -> None:
        """See `SystemCalls.flush`.

        :raises OSError:
        """
        self._system.flush(self.descriptor)

    def _settle(self, name: bytes, rename: Rename) -> None:
        if self.descriptor < 0:
            raise error(errno.ENOENT)
        rename(self._directory, self._hidden, self._directory, name)
        with suppress(OSError):
            self.close()

    def _claimed(self) -> FileFacts:
        facts = facts_of(self.descriptor)
        if not stat.S_ISREG(facts.mode) or facts.links > 1:
            # Somebody else than this server has put it there.
            raise error(errno.EPERM)
        if not self._system.lock(self.descriptor) or not self._stands(facts):
            raise TemporarilyUnavailable("another upload of the account has the name")
        return facts

    def _stands(self, facts: FileFacts) -> bool:
        """Return whether the name still is that of the open file, which may have been committed before the lock."""
        try:
            return facts_of(self._directory, self._hidden).key == facts.key
        except FileNotFoundError:
            return False
