"""Real files for tests of digests, with a clock for change times that the test sets."""

from __future__ import annotations

import os

from ftpd_service.digests.proofs import KernelFiles
from ftpd_service.kernel.change_times import changes_now_ns
from ftpd_service.storage.local.handles import LocalRead
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import Entry, EntryKind

CONTENT = b"x" * 3_000_000


class LaterFiles(KernelFiles):
    """The kernel's files on any file system, some time later.

    :ivar later_ns: how much later.
    :ivar unasked: whether the kernel does not tell who writes.
    """

    later_ns = 0
    unasked = False

    def trusted(self, descriptor: int) -> bool:
        return True

    def now_ns(self) -> int:
        return changes_now_ns() + self.later_ns

    def writers(self, descriptor: int) -> bool | None:
        return None if self.unasked else super().writers(descriptor)


def reading(path: str) -> LocalRead:
    """Open a file as a storage does for a digest."""
    descriptor = os.open(path, os.O_RDONLY)
    return LocalRead(at_once, descriptor, entry_of(descriptor), b"", 0)


def entry_of(descriptor: int) -> Entry:
    """The entry of an open file."""
    return Entry("f", EntryKind.FILE, os.fstat(descriptor).st_size, 0, 0o644)
