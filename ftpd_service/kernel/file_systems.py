"""The types of the file systems of open files, which tell whether work on them can wait for a device or a network.

Storages and movers decide by the type which work may run on the reactor.  The query itself may wait, as statfs(2) does
on a network file system that hangs.  So the pool asks once per mount, and the answer is cached under the device and
mount numbers, which ``statx`` tells without waiting (AT_STATX_DONT_SYNC).
"""

from __future__ import annotations

import ctypes

from ftpd_service.kernel import statx
from ftpd_service.kernel.libc import function
from ftpd_service.kernel.statx import Mount

_TMPFS, _RAMFS = 0x01021994, 0x858458F6
_EXT, _XFS, _BTRFS = 0xEF53, 0x58465342, 0x9123683E

IN_MEMORY = frozenset({_TMPFS, _RAMFS})
"""The file systems on which nothing waits for a device."""

LOCAL = IN_MEMORY | {_EXT, _XFS, _BTRFS}
"""The file systems without network or other programs: opening a file whose name is cached does not wait."""

_fstatfs = function("fstatfs")

# The first word of struct statfs is the type; the struct is shorter than this buffer on every architecture.
_Statfs = ctypes.c_long * 64

_types: dict[Mount, int] = {}
_MOST_KNOWN = 1000


def learn(descriptor: int) -> None:
    """Cache the file system's type of an open file.  The call may wait, so make it on the pool."""
    mount = statx.device_and_mount(descriptor)
    if mount is None or mount in _types or _fstatfs is None:
        return
    result = _Statfs()
    if _fstatfs(descriptor, result) == 0:
        if len(_types) >= _MOST_KNOWN:
            _types.clear()
        _types[mount] = result[0]


def type_of(descriptor: int) -> int:
    """Return the magic number of an open file's file system (statfs(2)), 0 if it is not cached.  Never waits."""
    mount = statx.device_and_mount(descriptor)
    return 0 if mount is None else _types.get(mount, 0)


def mount_of(descriptor: int) -> int | None:
    """Return the number of an open file's mount, or None if the kernel does not tell it.  Never waits."""
    mount = statx.device_and_mount(descriptor)
    return None if mount is None else mount[2] or None


def in_memory(descriptor: int) -> bool:
    """Return whether a file is known to be in memory, so that neither reads nor writes wait."""
    return type_of(descriptor) in IN_MEMORY


def is_local(descriptor: int) -> bool:
    """Return whether a file is known to be on a file system of this host, where writes rarely wait."""
    return type_of(descriptor) in LOCAL


def available() -> bool:
    return _fstatfs is not None
