"""The change times of files (ctime), the clock that sets them, and the file systems whose change times can be trusted.

The kernel sets a file's change time with each write, by the coarse clock, which moves once in a tick (4 ms at 250 Hz).
Two changes within a tick get the same time, so only a change time in the past tells later changes.  No program can set
the change time of a file, unlike the modification time.
"""

from __future__ import annotations

import time
from contextlib import suppress

from ftpd_service.kernel.file_systems import IN_MEMORY, LOCAL

TRUSTED_CHANGES = LOCAL - IN_MEMORY
"""The file systems on which each change of a file's bytes changes its change time before the bytes.

On tmpfs and ramfs a store through a memory map changes no time (seen).  The times of network file systems, FUSE and
FAT are those of other programs and hosts, or coarser than they look.
"""

_COARSE_CLOCK = getattr(time, "CLOCK_REALTIME_COARSE", 5)  # Linux's number; Python has no name for it.
_BOOT = "/proc/sys/kernel/random/boot_id"


def tick_ns() -> int:
    """Return the time between two moves of the clock for change times, in nanoseconds."""
    return round(time.clock_getres(_COARSE_CLOCK) * 1_000_000_000)


def changes_now_ns() -> int:
    """Return the clock for change times: no later change of any file gets an earlier time."""
    return time.clock_gettime_ns(_COARSE_CLOCK)


def boot_name() -> str | None:
    """Return the random name of this boot of the kernel, or None if the system has no such names."""
    with suppress(OSError), open(_BOOT, encoding="ascii") as file:
        return file.readline().strip() or None
    return None


def available() -> bool:
    """Return whether the system has a clock for change times and names its boots."""
    try:
        return tick_ns() > 0 and boot_name() is not None
    except OSError:
        return False
