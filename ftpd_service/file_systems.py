"""Which file systems an open file is on: whether work on it can wait for a device, a network or another program.

Storages and movers both decide by it what may run on the reactor.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

_TMPFS, _RAMFS = 0x01021994, 0x858458F6
_EXT, _XFS, _BTRFS = 0xEF53, 0x58465342, 0x9123683E

IN_MEMORY = frozenset({_TMPFS, _RAMFS})
"""Nothing on these waits for a device."""

LOCAL = IN_MEMORY | {_EXT, _XFS, _BTRFS}
"""Opening a file on these waits for nothing when its name is in the kernel's cache: no network, no other program."""


def type_of(descriptor: int) -> int:
    """The magic number of an open file's file system (statfs(2)); 0 where it cannot be told."""
    if _fstatfs is None:
        return 0
    result = _Statfs()
    return result[0] if _fstatfs(descriptor, result) == 0 else 0


def in_memory(descriptor: int) -> bool:
    """Whether a file lives in memory altogether, so that neither reading nor writing it waits for a device."""
    return type_of(descriptor) in IN_MEMORY


def _found_fstatfs() -> Callable[[int, ctypes.Array[ctypes.c_long]], int] | None:
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(None, use_errno=True).fstatfs
    except (OSError, AttributeError):
        return None


# The first word of struct statfs is the type; the rest is never looked at, and shorter than this everywhere.
_Statfs = ctypes.c_long * 64
_fstatfs = _found_fstatfs()
