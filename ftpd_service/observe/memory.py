"""Returning free memory to the system when a crowd, or a run of hashes, has gone; and the memory budget of hashes.

OpenSSL holds some 40 KiB for a session, and the C library keeps freed memory: 500 sessions that came and went left 35
MB with the process until glibc's malloc_trim was called, which took 3 ms (measured).  Sessions that ended in the middle
of a handshake are reference cycles, so these cycles are collected first.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from contextlib import suppress

from zope.interface import implementer

from ftpd_service.events import Event, SessionEnded, SessionStarted
from ftpd_service.interfaces import IObserver
from ftpd_service.kernel.allocator import trim

HASHES_BYTES = 256 * 1024 * 1024
"""The memory budget of hashes, enough for a hash of argon2's usual 64 MiB on each of four processors."""

CROWD = 200
"""The number of concurrent sessions from which a return of memory pays, when half of them have gone."""


@implementer(IObserver)
class Crowds:
    """A counter of sessions that notices when a crowd has gone.

    :param gone: is called at that moment; it must not block.
    """

    def __init__(self, gone: Callable[[], object]) -> None:
        self._gone = gone
        self._live = 0
        self._most = 0

    def observe(self, event: Event) -> None:
        """Count sessions as they begin and end."""
        if isinstance(event, SessionStarted):
            self._live += 1
            self._most = max(self._most, self._live)
        elif isinstance(event, SessionEnded):
            self._live -= 1
            if self._most >= CROWD and self._live <= self._most // 2:
                self._most = self._live
                self._gone()

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class begin or end a session."""
        return issubclass(kind, SessionStarted | SessionEnded)


def give_back() -> None:
    """Collect cycles, then `trim`.  This takes some milliseconds, on the pool."""
    gc.collect()
    trim()


def memory_for_hashes(folder: str = "/") -> int:
    """Return the bytes that concurrent hashes may use: a quarter of the free memory, `HASHES_BYTES` at most.

    :param folder: the folder of the system's own files.
    """
    limits = [_number(f"{folder}proc/meminfo", rb"MemAvailable:\s+(\d+) kB") * 1024]
    limits.append(_number(f"{folder}sys/fs/cgroup/memory.max", rb"(\d+)"))
    return min([HASHES_BYTES, *(limit // 4 for limit in limits if limit)])


def _number(path: str, pattern: bytes) -> int:
    """Return a number from a file of the system, or 0 if there is no such number."""
    with suppress(OSError), open(path, "rb") as file:
        found = re.search(pattern, file.read())
        return 0 if found is None else int(found[1])
    return 0
