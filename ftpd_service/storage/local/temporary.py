"""The new file of a hidden upload, which nobody sees until it gets its name."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import Protocol

from ftpd_service.kernel.descriptors import NO_UNNAMED
from ftpd_service.kernel.libc import error
from ftpd_service.kernel.renames import Rename
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.wire.names import encode

_NAMES_TRIED = 16


class Temporary(Protocol):
    """A hidden file in a directory that the caller keeps open."""

    @property
    def descriptor(self) -> int:
        """Return the descriptor, open for writing until the file gets its name or is discarded."""

    def take_place(self, name: bytes) -> None:
        """Take a name, replacing a file of that name, and close."""

    def take_free(self, name: bytes) -> None:
        """Take a free name, or fail with EEXIST, and close."""

    def leave(self, directory: int, name: bytes) -> None:
        """Take a free name in another directory, or fail with EEXIST or EXDEV; only a file with the name is closed."""

    def discard(self) -> None:
        """Close and leave nothing behind; safe to call twice.  Never raises."""


def new_temporary(system: SystemCalls, directory: int, prefix: bytes) -> Temporary:
    """Make a hidden file in an open directory: without a name if the file system can, else with a hidden name.

    :raises OSError:
    """
    try:
        return UnnamedFile(system, directory, prefix, system.open_unnamed(directory))
    except OSError as problem:
        if problem.errno not in NO_UNNAMED:
            raise
    return NamedFile(system, directory, prefix)


class OpenFile:
    """The descriptor of a file while it is open.

    :ivar descriptor: -1 after the close.
    """

    descriptor = -1

    def close(self) -> None:
        """Close the file; safe to call twice.

        :raises OSError:
        """
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class UnnamedFile(OpenFile):
    """An O_TMPFILE file, which vanishes if the process dies.  Provides `Temporary`."""

    def __init__(self, system: SystemCalls, directory: int, prefix: bytes, descriptor: int) -> None:
        self._system = system
        self._directory = directory
        self._prefix = prefix
        self.descriptor = descriptor

    def take_place(self, name: bytes) -> None:
        # A link cannot replace a file, so the file gets a hidden name between two calls.  The lock shows that it is no
        # leftover.
        self._system.lock(self.descriptor)
        hidden = _free_name(self._system, self._prefix, self._take_name)
        try:
            self._system.rename(self._directory, hidden, self._directory, name)
        except OSError:
            with suppress(OSError):
                os.unlink(hidden, dir_fd=self._directory)
            raise
        self.close()

    def take_free(self, name: bytes) -> None:
        self._take_name(name)
        self.close()

    def leave(self, directory: int, name: bytes) -> None:
        self._system.name_unnamed(self.descriptor, directory, name)
        self.close()

    def discard(self) -> None:
        with suppress(OSError):
            self.close()

    def _take_name(self, name: bytes) -> None:
        self._system.name_unnamed(self.descriptor, self._directory, name)


class NamedFile(OpenFile):
    """A file with a hidden name from the start, locked so that it is no leftover.  Provides `Temporary`."""

    def __init__(self, system: SystemCalls, directory: int, prefix: bytes) -> None:
        self._system = system
        self._directory = directory
        self._hidden: bytes | None = _free_name(system, prefix, self._create)
        system.lock(self.descriptor)

    def take_place(self, name: bytes) -> None:
        self._settle(name, self._system.rename)

    def take_free(self, name: bytes) -> None:
        self._settle(name, self._system.rename_new)

    def leave(self, directory: int, name: bytes) -> None:
        if self._hidden is None:
            raise error(errno.ENOENT)
        self._system.rename_new(self._directory, self._hidden, directory, name)
        self._hidden = None
        self.close()

    def discard(self) -> None:
        hidden, self._hidden = self._hidden, None
        if hidden is not None:
            with suppress(OSError):
                os.unlink(hidden, dir_fd=self._directory)
        with suppress(OSError):
            self.close()

    def _settle(self, name: bytes, rename: Rename) -> None:
        if self._hidden is None:
            raise error(errno.ENOENT)
        # The close comes first, because a network disk reports only now that it is full.
        self.close()
        rename(self._directory, self._hidden, self._directory, name)
        self._hidden = None

    def _create(self, name: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        self.descriptor = os.open(name, flags, 0o600, dir_fd=self._directory)


class _TakeName(Protocol):
    def __call__(self, name: bytes, /) -> None: ...


def _free_name(system: SystemCalls, prefix: bytes, take: _TakeName) -> bytes:
    """Take a free hidden name, and return it.

    :raises OSError:
    """
    for _ in range(_NAMES_TRIED):
        name = prefix + encode(system.token())
        try:
            take(name)
        except FileExistsError:
            continue
        return name
    raise error(errno.EEXIST)
