"""Has the C library give memory back to the system when a crowd, or a run of hashes, has gone; what hashes may take.

OpenSSL holds some 40 KiB for a session, and the C library keeps what it frees: 500 sessions that came and went left
35 MB with the process until glibc's malloc_trim was called, which took 3 ms (measured).  Some hold themselves (those
that ended in mid-handshake), and are collected first.
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
"""Enough for a hash of argon2's usual 64 MiB on each of four processors."""

CROWD = 200
"""So many sessions at once are worth it, when half of them have gone."""


@implementer(IObserver)
class Crowds:
    """Counts sessions, and tells when a crowd has gone.

    :param gone: is called then; it must not wait.
    """

    def __init__(self, gone: Callable[[], object]) -> None:
        self._gone = gone
        self._live = 0
        self._most = 0

    def observe(self, event: Event) -> None:
        """Count."""
        if isinstance(event, SessionStarted):
            self._live += 1
            self._most = max(self._most, self._live)
        elif isinstance(event, SessionEnded):
            self._live -= 1
            if self._most >= CROWD and self._live <= self._most // 2:
                self._most = self._live
                self._gone()

    def wants(self, kind: type[Event]) -> bool:
        """Sessions that begin and end."""
        return issubclass(kind, SessionStarted | SessionEnded)


def give_back() -> None:
    """Collect cycles, then `trim`; some milliseconds, on the pool."""
    gc.collect()
    trim()


def memory_for_hashes(folder: str = "/") -> int:
    """How many bytes the hashes that run at once may take: a quarter of what is free now, `HASHES_BYTES` at most.

    :param folder: where the system's own files are.
    """
    limits = [_number(f"{folder}proc/meminfo", rb"MemAvailable:\s+(\d+) kB") * 1024]
    limits.append(_number(f"{folder}sys/fs/cgroup/memory.max", rb"(\d+)"))
    return min([HASHES_BYTES, *(limit // 4 for limit in limits if limit)])


def _number(path: str, pattern: bytes) -> int:
    """A number in a file of the system's; 0 where there is none."""
    with suppress(OSError), open(path, "rb") as file:
        found = re.search(pattern, file.read())
        return 0 if found is None else int(found[1])
    return 0
