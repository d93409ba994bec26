"""The table of the abilities that the server uses in a kernel and a C library, and that some of them lack."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ftpd_service.kernel import (
    allocator,
    change_times,
    descriptors,
    file_copies,
    file_systems,
    file_watches,
    file_writers,
    locks,
    openat2,
    page_cache,
    processor,
    renames,
    statx,
    zero_copy,
)


class Ability(NamedTuple):
    """A system call, or a part of it, that may be missing or forbidden by a filter (seccomp)."""

    name: str
    purpose: str
    otherwise: str
    """The server's fallback without the ability."""
    available: Callable[[], bool]
    """Tests for the ability without side effects, in microseconds."""


ABILITIES = (
    Ability(
        "openat2",
        "opens a client's path so that it cannot leave the root",
        "a walk opens the path name by name, and reads each link itself",
        openat2.available,
    ),
    Ability(
        "openat2 (cached)",
        "opens cached paths on the reactor (RESOLVE_CACHED)",
        "the pool opens every file",
        openat2.cached_available,
    ),
    Ability(
        "preadv2",
        "reads cached bytes on the reactor (RWF_NOWAIT)",
        "the pool reads every file that is not on tmpfs",
        page_cache.available,
    ),
    Ability(
        "statx",
        "tells an entry's facts and birth time",
        "stat tells them, without a birth time, and no file counts as being in memory",
        statx.available,
    ),
    Ability(
        "statx (mounts)",
        "tells the mount of a file, for the shares of threads",
        "threads are shared by hosts and accounts, not by mounts",
        statx.mounts_available,
    ),
    Ability(
        "fstatfs",
        "tells which file systems need neither a device nor a network",
        "every file system counts as one that may wait",
        file_systems.available,
    ),
    Ability(
        "O_TMPFILE",
        "writes an upload to a file without a name, which vanishes if the process dies",
        "an upload has a hidden name, and a sweep removes the leftovers of broken uploads",
        descriptors.unnamed_available,
    ),
    Ability(
        "renameat2",
        "gives an upload a free name, in a single call",
        "a hard link takes the name, or the name is checked first",
        renames.available,
    ),
    Ability(
        "F_OFD_SETLK",
        "locks hidden uploads and appended files against other processes",
        "flock locks them",
        locks.available,
    ),
    Ability(
        "sendfile",
        "sends a file from the page cache",
        "a download passes through Python in pieces",
        lambda: zero_copy.SENDFILE,
    ),
    Ability(
        "splice",
        "receives a file into the page cache",
        "an upload passes through Python in pieces",
        lambda: zero_copy.SPLICE,
    ),
    Ability(
        "copy_file_range",
        "copies a file on the server, and shares its blocks where the file system can",
        "sendfile copies the bytes, or they pass through Python in pieces",
        lambda: file_copies.COPY_FILE_RANGE,
    ),
    Ability(
        "sched_getcpu",
        "lets a client on this host that is being killed end all its connections",
        "the upload of a killed client may be committed as if it were complete",
        processor.available,
    ),
    Ability(
        "CLOCK_REALTIME_COARSE",
        "tells when a file's change time proves that its bytes are unchanged, so that digests are kept",
        "no digest is kept",
        change_times.available,
    ),
    Ability(
        "F_SETLEASE",
        "tells that no program has a file open for writing, before its digest is kept",
        "digests are kept only of files that have not changed for a minute",
        file_writers.available,
    ),
    Ability(
        "inotify",
        "tells that nobody has changed an upload since its last byte, so that the digest of its bytes is kept",
        "the file is read for its digest",
        file_watches.available,
    ),
    Ability(
        "malloc_trim",
        "returns memory to the system after a crowd",
        "the process keeps it for the next crowd",
        allocator.available,
    ),
)


def abilities() -> dict[str, bool]:
    """Return whether this process has each of the `ABILITIES`, in their order."""
    return {ability.name: ability.available() for ability in ABILITIES}
