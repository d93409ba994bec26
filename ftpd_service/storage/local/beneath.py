"""Paths below a root that cannot be left, with the semantics of chroot.

The kernel resolves a path by ``openat2`` with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS; where that call is missing or
forbidden (ENOSYS, EPERM) `ftpd_service.kernel.walk` does.  Both provide `Opening`, and tests give both the same tree.

The root is opened for each call: a login then holds no descriptor while nothing happens, and a home that is mounted
later is found.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from types import TracebackType
from typing import Protocol

from ftpd_service.errnos import Turning, error_for
from ftpd_service.errors import NameNotAllowed, NotAPlainFile, NotFound, StorageError
from ftpd_service.kernel.file_systems import learn
from ftpd_service.kernel.walk import HELD, LINKS_FOLLOWED, open_by_walk

_OPENAT2 = 437
"""The number of the system call: the same on every architecture that Python runs on (Linux 5.6)."""
_NO_XDEV, _NO_MAGICLINKS, _IN_ROOT, _CACHED = 0x01, 0x02, 0x10, 0x20
_WORKING_DIRECTORY = -100  # AT_FDCWD
_TRIES = 128

_syscall = ctypes.CDLL(None, use_errno=True).syscall
_syscall.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
_syscall.restype = ctypes.c_long


class Opening(Protocol):
    """Opens what stands at a path below the directory `root`; never creates."""

    def __call__(self, root: int, path: bytes, flags: int, /) -> int:
        """A descriptor, closed on exec.  O_NOFOLLOW in `flags` is about the last name only.

        :raises OSError:
        """


def open_by_kernel(root: int, path: bytes, flags: int) -> int:
    """A descriptor of what stands at a path below the directory `root`, by one ``openat2``.  Provides `Opening`.

    :raises OSError: as `os.open` does; ELOOP beyond 40 links.
    """
    how = _how(flags, _IN_ROOT | _NO_MAGICLINKS)
    return settled(lambda: _openat2(root, path or b".", how))


def open_cached(root: int, path: bytes, flags: int) -> int:
    """The same where the kernel has every name of the path in memory and all is on one file system (Linux 5.12).

    :raises OSError: EAGAIN where a name would have to be looked up, EXDEV on the way to another file system; EINVAL
        and ENOSYS where the kernel knows no such thing.
    """
    return _openat2(root, path or b".", _how(flags, _IN_ROOT | _NO_MAGICLINKS | _NO_XDEV | _CACHED))


def open_root_cached(root: bytes) -> int:
    """A descriptor to start paths from, of an absolute host path, where that waits for nothing; see `open_cached`.

    :raises OSError:
    """
    if not sys.platform.startswith("linux"):
        # The number is another call's there.
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    return _openat2(_WORKING_DIRECTORY, root, _how(HELD | os.O_DIRECTORY, _CACHED))


def settled(attempt: Callable[[], int]) -> int:
    """Make a system call that may answer EAGAIN, until it does not.

    openat2 does so when a rename anywhere raced with a ``..``; it settles after a few tries.

    :raises OSError: its own; EAGAIN after 128 of them.
    """
    for _ in range(_TRIES - 1):
        with suppress(BlockingIOError, InterruptedError):
            return attempt()
    return attempt()


@lru_cache(maxsize=64)
def _how(flags: int, resolve: int) -> bytes:
    return struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, resolve)


def _openat2(root: int, path: bytes, how: bytes) -> int:
    descriptor: int = _syscall(_OPENAT2, root, path, how, len(how))
    if descriptor < 0:
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem))
    return descriptor


@lru_cache(maxsize=2)
def best_opening(kernels: Opening = open_by_kernel) -> Opening:
    """The kernel's way where it works, else the walk; tried once a process."""
    if not sys.platform.startswith("linux"):
        return open_by_walk
    try:
        os.close(kernels(_WORKING_DIRECTORY, b".", HELD))
    except OSError:
        return open_by_walk
    return kernels


class Place:
    """A name in a directory that is held open until `close`: what changes act on."""

    __slots__ = ("directory", "name")

    def __init__(self, directory: int, name: bytes) -> None:
        self.directory = directory
        self.name = name

    def close(self) -> None:
        """Give the directory back; safe to call twice."""
        directory, self.directory = self.directory, -1
        if directory >= 0:
            os.close(directory)

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Jail:
    """Opens virtual paths, as bytes, below one directory of the host.

    :param root: an absolute host path; the operator's, so its own links are followed.
    """

    def __init__(self, root: bytes, opening: Opening) -> None:
        self._root = root
        self._opening = opening

    def open(self, path: bytes, flags: int) -> int:
        """A descriptor of what stands at a path, links followed inside the root.

        :raises OSError:
        """
        root = os.open(self._root, HELD | os.O_DIRECTORY)
        try:
            learn(root)
            return self._opening(root, path.lstrip(b"/"), flags | os.O_CLOEXEC)
        finally:
            os.close(root)

    def parent(self, path: bytes) -> Place:
        """The directory that a path's last name is in, and that name; the path is not the root.

        :raises OSError:
        """
        above, _, name = path.rpartition(b"/")
        return Place(self.open(above, HELD | os.O_DIRECTORY), name)

    def target(self, path: bytes) -> Place:
        """Like `parent`, of what links at the path's end lead to, which need not exist.

        :raises OSError: EISDIR where they lead to a directory by ``..`` or a slash.
        """
        for _ in range(LINKS_FOLLOWED + 1):
            place = self.parent(path)
            try:
                text = os.readlink(place.name, dir_fd=place.directory)
            except OSError as problem:
                if problem.errno in (errno.EINVAL, errno.ENOENT):
                    return place
                place.close()
                raise
            place.close()
            path = text if text.startswith(b"/") else path.rpartition(b"/")[0] + b"/" + text
            if path.rpartition(b"/")[2] in (b"", b".", b".."):
                os.close(self.open(path, HELD | os.O_DIRECTORY))
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


_FINDING: dict[int, type[StorageError]] = {
    errno.ENOTDIR: NotFound,
    errno.ENAMETOOLONG: NotFound,
    errno.ENXIO: NotAPlainFile,
    errno.ENODEV: NotAPlainFile,
}
_MAKING = _FINDING | {errno.ENAMETOOLONG: NameNotAllowed}


def _meaning(meanings: dict[int, type[StorageError]], problem: OSError) -> StorageError:
    special = meanings.get(problem.errno or 0)
    return error_for(problem) if special is None else special(os.strerror(problem.errno or 0))


finding = Turning(partial(_meaning, _FINDING))
"""Turns an `OSError` about a path that is to be found into an error of this package."""

making = Turning(partial(_meaning, _MAKING))
"""The same for a name that is to be made."""
