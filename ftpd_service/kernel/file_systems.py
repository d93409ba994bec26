"""Which file systems open files are on: whether work on them can wait for a device, a network or another program.

Storages and movers both decide by it what may run on the reactor.  Even to ask may wait: statfs(2) of a hung network
file system does.  So it is asked on the pool, once for each mount, and remembered under what ``statx`` tells without
any waiting (AT_STATX_DONT_SYNC): device and mount.
"""

from __future__ import annotations

import ctypes

from ftpd_service.kernel import statx
from ftpd_service.kernel.libc import function
from ftpd_service.kernel.statx import Mount

_TMPFS, _RAMFS = 0x01021994, 0x858458F6
_EXT, _XFS, _BTRFS = 0xEF53, 0x58465342, 0x9123683E

IN_MEMORY = frozenset({_TMPFS, _RAMFS})
"""Nothing on these waits for a device."""

LOCAL = IN_MEMORY | {_EXT, _XFS, _BTRFS}
"""Opening a file on these waits for nothing when its name is in the kernel's cache: no network, no other program."""

_fstatfs = function("fstatfs")

# The first word of struct statfs is the type; the rest is never looked at, and shorter than this everywhere.
_Statfs = ctypes.c_long * 64

_types: dict[Mount, int] = {}
_MOST_KNOWN = 1000


def learn(descriptor: int) -> None:
    """Remember what an open file, or a descriptor of its place, is on.  May wait: on the pool only."""
    mount = statx.device_and_mount(descriptor)
    if mount is None or mount in _types or _fstatfs is None:
        return
    result = _Statfs()
    if _fstatfs(descriptor, result) == 0:
        if len(_types) >= _MOST_KNOWN:
            _types.clear()
        _types[mount] = result[0]


def type_of(descriptor: int) -> int:
    """The magic number of an open file's file system (statfs(2)); 0 where nobody has learnt it.  Never waits."""
    mount = statx.device_and_mount(descriptor)
    return 0 if mount is None else _types.get(mount, 0)


def mount_of(descriptor: int) -> int | None:
    """The number of the mount that an open file is on; None where the kernel does not tell.  Never waits."""
    mount = statx.device_and_mount(descriptor)
    return None if mount is None else mount[2] or None


def in_memory(descriptor: int) -> bool:
    """Whether a file is known to live in memory altogether, so that neither reading nor writing it waits."""
    return type_of(descriptor) in IN_MEMORY


def is_local(descriptor: int) -> bool:
    """Whether a file is known to be on a file system of this host: what is written to it hardly ever waits."""
    return type_of(descriptor) in LOCAL


def available() -> bool:
    """Whether the types of file systems can be learnt."""
    return _fstatfs is not None
