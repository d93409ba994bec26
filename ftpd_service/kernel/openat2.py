"""Opening paths below a root with ``openat2`` (Linux 5.6), with the semantics of chroot.

The kernel resolves a path with RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS.  If the call is missing or forbidden (ENOSYS,
EPERM), `ftpd_service.kernel.walk` takes its place.  Both provide `Opening`, and the same tests cover both.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Protocol

from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.libc import WORKING_DIRECTORY, answers, error, failure, function
from ftpd_service.kernel.walk import open_by_walk

_OPENAT2 = 437
"""The number of the system call, the same on every architecture that Python runs on."""
_NO_XDEV, _NO_MAGICLINKS, _IN_ROOT, _CACHED = 0x01, 0x02, 0x10, 0x20
_TRIES = 128

_PARAMETERS = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)
_syscall = function("syscall", *_PARAMETERS, result=ctypes.c_long)


class Opening(Protocol):
    """A function that opens a path below the directory `root`, and never creates anything."""

    def __call__(self, root: int, path: bytes, flags: int, /) -> int:
        """Return a descriptor, closed on exec.  O_NOFOLLOW in `flags` affects only the last name.

        :raises OSError:
        """


def open_by_kernel(root: int, path: bytes, flags: int) -> int:
    """Open a path below the directory `root` with a single ``openat2``.  Provides `Opening`.

    :raises OSError: as `os.open` does; ELOOP beyond 40 links.
    """
    how = _how(flags, _IN_ROOT | _NO_MAGICLINKS)
    return settled(lambda: _openat2(root, path or b".", how))


def open_cached(root: int, path: bytes, flags: int) -> int:
    """Open a path as `open_by_kernel` does, but only from the kernel's name cache and on one file system (Linux 5.12).

    :raises OSError: EAGAIN if a name is not cached, EXDEV if the path leaves the file system, EINVAL or ENOSYS if the
        kernel lacks the flag.
    """
    return _openat2(root, path or b".", _how(flags, _IN_ROOT | _NO_MAGICLINKS | _NO_XDEV | _CACHED))


def open_root_cached(root: bytes) -> int:
    """Open an absolute host path as a root for other paths, if that does not wait; see `open_cached`.

    :raises OSError:
    """
    if not sys.platform.startswith("linux"):
        # Other systems use the number for another call.
        raise error(errno.ENOSYS)
    return _openat2(WORKING_DIRECTORY, root, _how(HELD | os.O_DIRECTORY, _CACHED))


def settled(attempt: Callable[[], int]) -> int:
    """Repeat a system call while it answers EAGAIN.

    openat2 does so when a rename anywhere in the system raced with a ``..``; a few attempts suffice.

    :raises OSError: the call's own error; EAGAIN after 128 attempts.
    """
    for _ in range(_TRIES - 1):
        with suppress(BlockingIOError, InterruptedError):
            return attempt()
    return attempt()


@lru_cache(maxsize=64)
def _how(flags: int, resolve: int) -> bytes:
    return struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, resolve)


def _openat2(root: int, path: bytes, how: bytes) -> int:
    if _syscall is None:
        raise error(errno.ENOSYS)
    descriptor: int = _syscall(_OPENAT2, root, path, how, len(how))
    if descriptor < 0:
        raise failure()
    return descriptor


@lru_cache(maxsize=2)
def best_opening(kernels: Opening = open_by_kernel) -> Opening:
    """Return the kernel's way if it works, else the walk; the test runs once per process."""
    if not sys.platform.startswith("linux"):
        return open_by_walk
    try:
        os.close(kernels(WORKING_DIRECTORY, b".", HELD))
    except OSError:
        return open_by_walk
    return kernels


def available() -> bool:
    """Return whether `best_opening` is the kernel's way."""
    return best_opening() is open_by_kernel


def cached_available() -> bool:
    """Return whether the kernel can open paths from its cache only."""
    return answers(lambda: os.close(open_root_cached(b"/")))
