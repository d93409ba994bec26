"""From when on the version of a file proves that its bytes are unchanged: the rule of git's index for racy entries.

A change within the tick of an earlier change gets the same change time, so a look at the bytes proves nothing for later
unless it begins in a later tick.  Two ticks are demanded, as kernel and service may read the clock at its move.
"""

from __future__ import annotations

from ftpd_service.values import FileVersion

TICKS = 2

UNASKED_NS = 60 * 1_000_000_000
"""The age of a change time from which nobody counts as writing, where the kernel does not tell who writes.

A write sets the change time first and copies the bytes then; a store through a memory map sets it once in the 30
seconds after which the kernel writes pages to the disk.
"""

_STEPS_NS = (1_000_000_000, 100_000_000, 10_000_000, 1_000_000)


def granularity_ns(ctime_ns: int, tick_ns: int) -> int:
    """Return the step in which a file system may store change times, judging by one of them.

    Small inodes of ext4 have no place for nanoseconds, and no system call tells.
    """
    for step in _STEPS_NS:
        if ctime_ns % step == 0:
            return max(step, tick_ns)
    return tick_ns


def settled_at_ns(version: FileVersion, *, tick_ns: int, writers: bool | None) -> int | None:
    """Return the time from which a look at the bytes proves something, or None: never, as a program may be writing.

    :param writers: whether a program has the file open for writing; None if the kernel does not tell.
    """
    if writers:
        return None
    if writers is None:
        return version.ctime_ns + max(UNASKED_NS, TICKS * granularity_ns(version.ctime_ns, tick_ns))
    return version.ctime_ns + TICKS * granularity_ns(version.ctime_ns, tick_ns)
