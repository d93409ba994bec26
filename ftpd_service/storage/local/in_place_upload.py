"""An upload under the final name.  Everything here blocks and runs on the pool."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from ftpd_service.errors import NotAPlainFile, PermissionDenied, TemporarilyUnavailable
from ftpd_service.hook_interfaces import HostFile
from ftpd_service.kernel.file_writers import open_existing
from ftpd_service.kernel.libc import error
from ftpd_service.kernel.statx import facts_of
from ftpd_service.storage.local.beneath import making
from ftpd_service.storage.local.durable import synced_names
from ftpd_service.storage.local.modes import drop_set_ids, make_private
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.temporary import OpenFile
from ftpd_service.storage.local.upload_target import UploadTarget, host_file_of, may_write
from ftpd_service.values import WriteMode

_EXISTING = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_NOCTTY
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class InPlaceUpload(OpenFile):
    """An upload under the final name; nothing changes before `begin`.  Provides `handles.Upload`.

    :raises OSError: the file may not be written, or the directory of a missing file may not.
    """

    def __init__(self, system: SystemCalls, target: UploadTarget) -> None:
        self._system = system
        self._target = target
        self._made = False
        place = target.place
        if target.facts is not None:
            self._open_existing()
        elif not may_write(place.directory, b"."):
            raise error(errno.EACCES)

    def begin(self) -> int:
        with making:
            mode = self._target.mode
            if self.descriptor < 0:
                self._make()
            drop_set_ids(self.descriptor)
            if mode is WriteMode.REPLACE:
                os.ftruncate(self.descriptor, 0)
            elif mode is WriteMode.APPEND:
                os.lseek(self.descriptor, 0, os.SEEK_END)
            elif mode is WriteMode.MODIFY:
                os.lseek(self.descriptor, self._target.offset, os.SEEK_SET)
            return self.descriptor

    def ready(self) -> int | None:
        # Making, locking or truncating a file may wait for a disk.
        return None

    def weight(self) -> int:
        facts = self._target.facts
        return 0 if facts is None else facts.size

    def former_size(self) -> int | None:
        return None if self._target.facts is None else self._target.facts.size

    def host_file(self) -> HostFile:
        return host_file_of(self._target, self.descriptor)

    def commit(self) -> None:
        with making:
            if self._target.policy.durable:
                self._sync()
            self.close()

    def _sync(self) -> None:
        if not self._made:
            self._system.sync(self.descriptor)
            return
        with synced_names(self._system, self._target.place.directory):
            self._system.sync(self.descriptor)

    def leave(self, directory: int, name: bytes) -> None:
        self._demand_removable()
        if not self._stands() or os.geteuid() not in (0, os.fstat(self.descriptor).st_uid):
            raise error(errno.EPERM)
        place = self._target.place
        self._system.rename_new(place.directory, place.name, directory, name)
        make_private(self.descriptor)

    def vanish(self) -> None:
        self._demand_removable()
        if self._stands():
            os.unlink(self._target.place.name, dir_fd=self._target.place.directory)

    def _demand_removable(self) -> None:
        if not may_write(self._target.place.directory, b"."):
            raise PermissionDenied("the file cannot be moved away: the directory may not be written")

    def _stands(self) -> bool:
        """Return whether the name still is the name of the open file."""
        named = self._target.place.facts()
        return named is not None and named.key == facts_of(self.descriptor).key

    def give_up(self) -> None:
        with suppress(OSError):
            self.close()
        self._target.hold.release()
        self._target.place.close()

    def _make(self) -> None:
        place = self._target.place
        try:
            self.descriptor = os.open(place.name, _NEW, 0o600, dir_fd=place.directory)
        except FileExistsError:
            if self._target.mode is WriteMode.CREATE:
                raise
            self._open_existing()
            return
        self._made = True
        self._target.ownership.give(self.descriptor)
        os.fchmod(self.descriptor, self._target.bits)
        self._lock()

    def _open_existing(self) -> None:
        place = self._target.place
        self.descriptor = open_existing(place.name, _EXISTING, place.directory)
        try:
            if not stat.S_ISREG(os.fstat(self.descriptor).st_mode):
                raise NotAPlainFile("not a plain file")
            self._lock()
        except BaseException:
            self.close()
            raise

    def _lock(self) -> None:
        # The bytes of two uploads would mix.
        facts = facts_of(self.descriptor)
        if not self._target.hold.file(facts.key) or not self._system.lock(self.descriptor):
            raise TemporarilyUnavailable("another upload changes the file")
