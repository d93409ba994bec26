"""The move of an upload into the quarantine, in place of its commit.

Inside a file system the file is moved.  Otherwise it is copied in steps, and has no name in the quarantine before it is
whole.  Everything here but the constructors blocks and runs on the pool.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress

from ftpd_service.errors import QuotaExceeded, StorageFailed, StorageFull
from ftpd_service.interfaces import Now
from ftpd_service.kernel.descriptors import reopened
from ftpd_service.quarantine_interfaces import QuarantineLabel
from ftpd_service.storage.local.leftovers import hidden_names, remove_leftovers
from ftpd_service.storage.local.quarantine_place import (
    account_directory,
    open_account,
    quarantine_name,
    share_of,
    stored_bytes,
)
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.local.temporary import Temporary, new_temporary
from ftpd_service.storage.local.upload import Upload
from ftpd_service.storage.name_rules import name_rules
from ftpd_service.storage.settings import StorageSettings

COPIED_BYTES = 8 * 1024 * 1024
"""The most bytes of a step of a copy."""

_COPIED = frozenset({errno.EXDEV, errno.EPERM})
"""The errors after which an upload is copied: another file system, or a file of another user."""
_NAMES_TRIED = 16


class Quarantine:
    """The quarantine that the settings of a storage name."""

    def __init__(self, settings: StorageSettings, *, system: SystemCalls, now: Now) -> None:
        self._settings = settings
        self._system = system
        self._now = now

    def move(self, upload: Upload, label: QuarantineLabel) -> QuarantineMove:
        """Return a move into the quarantine, which has not begun."""
        return QuarantineMove(upload, label, self._settings, system=self._system, now=self._now)


class QuarantineMove:
    """The move of an upload into the quarantine: `begin`, then `step` until it is `done`, and `close` in any case.

    :ivar directory: the descriptor of the account's directory, -1 while it is not open.
    :ivar name: the name below the quarantine, once the move is done.
    """

    def __init__(
        self, upload: Upload, label: QuarantineLabel, settings: StorageSettings, *, system: SystemCalls, now: Now
    ) -> None:
        self._upload = upload
        self._label = label
        self._settings = settings
        self._system = system
        self._now = now
        self._copy: _Copy | None = None
        self.directory = -1
        self.done = False
        self.name = ""

    def begin(self, descriptor: int) -> None:
        """Move the file of the upload, which is open, or begin to copy it.

        :raises OSError:
        :raises StorageError:
        """
        if self._settings.uploads.quarantine is None:
            raise StorageFailed("the configuration names no quarantine")
        self.directory = open_account(self._settings.uploads.quarantine, self._label.account)
        size = os.fstat(descriptor).st_size
        self._demand_share(size)
        self._sync(descriptor)
        try:
            self._take_name(self._upload.leave)
        except OSError as problem:
            if problem.errno not in _COPIED:
                raise
            self._begin_copy(descriptor, size)

    def step(self) -> None:
        """Copy a piece; after the last piece the copy gets its name, and the upload loses its own.

        :raises OSError:
        :raises StorageError:
        """
        copy = self._copy
        if copy is None or copy.more():
            return
        self._sync(copy.temporary.descriptor)
        name = self._take_name(lambda directory, name: copy.temporary.take_free(name))
        try:
            self._upload.vanish()
        except BaseException:
            # A file that keeps its name is not quarantined.
            self.done = False
            with suppress(OSError):
                os.unlink(name, dir_fd=self.directory)
            raise

    def close(self) -> None:
        """Close everything; nothing stays of a copy that is not done.  Never raises."""
        copy, self._copy = self._copy, None
        if copy is not None:
            copy.close()
        directory, self.directory = self.directory, -1
        if directory >= 0:
            with suppress(OSError):
                os.close(directory)

    def _take_name(self, take: Callable[[int, bytes], None]) -> bytes:
        for _ in range(_NAMES_TRIED):
            name = quarantine_name(self._label.path, self._now(), self._system.token())
            try:
                take(self.directory, name.encode("ascii"))
            except FileExistsError:
                continue
            self._sync(self.directory)
            self.name, self.done = f"{account_directory(self._label.account)}/{name}", True
            return name.encode("ascii")
        raise StorageFailed("no free name found in the quarantine")

    def _sync(self, descriptor: int) -> None:
        if self._settings.uploads.durable:
            self._system.sync(descriptor)

    def _begin_copy(self, descriptor: int, size: int) -> None:
        rules = name_rules(self._settings.hidden_prefix)
        old = self._now() - self._settings.leftover_seconds
        remove_leftovers(self.directory, hidden_names(self.directory, rules), older_than=old)
        space = os.fstatvfs(self.directory)
        if space.f_blocks and space.f_bavail * space.f_frsize < size + self._label.keep_free:
            raise StorageFull("too little space is free on the file system of the quarantine")
        source = reopened(descriptor)
        try:
            temporary = new_temporary(self._system, self.directory, rules.hidden_prefix)
            self._copy = _Copy(self._system, source, temporary)
        except BaseException:
            os.close(source)
            raise

    def _demand_share(self, size: int) -> None:
        most = self._settings.uploads.quarantine_bytes
        if most is not None and stored_bytes(self.directory) + share_of(size) > most:
            raise QuotaExceeded(f"uploads.quarantine_size: {most} bytes of an account")


class _Copy:
    """A copy of an open file, which nobody sees before it has a name."""

    def __init__(self, system: SystemCalls, source: int, temporary: Temporary) -> None:
        self._system = system
        self._source = source
        self._place = 0
        self.temporary = temporary

    def more(self) -> bool:
        """Copy a piece, and return whether there was any."""
        copied = self._system.copy_range(self._source, self._place, self.temporary.descriptor, COPIED_BYTES)
        self._place += copied
        return copied > 0

    def close(self) -> None:
        """Close both files, and remove the copy unless it has a name."""
        self.temporary.discard()
        with suppress(OSError):
            os.close(self._source)
