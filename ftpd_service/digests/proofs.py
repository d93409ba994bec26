"""Looks at open files: whether their version proves their bytes, now or soon.  Nothing here waits for a disk.

The order matters.  The version is looked at first, then the clock, then whether a program may be writing, then the
bytes.  Each change after the third look begins with an opening after it, so it sets a change time that is not before
the clock, and thus another than the version's.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from ftpd_service.kernel.change_times import TRUSTED_CHANGES, changes_now_ns, tick_ns
from ftpd_service.kernel.file_systems import type_of
from ftpd_service.kernel.file_writers import has_writers
from ftpd_service.policy.settled_versions import settled_at_ns
from ftpd_service.values import FileVersion


class Look(NamedTuple):
    """A look at an open file."""

    version: FileVersion
    wait_seconds: float | None
    """The time until its version proves its bytes, 0 if it does; None if a program may be writing."""


class KernelFiles:
    """Open files as the kernel shows them; tests replace it."""

    def __init__(self, trusted: frozenset[int] = TRUSTED_CHANGES) -> None:
        """Trust the change times of these file systems, by their magic numbers."""
        self._trusted = trusted
        self._tick_ns = tick_ns()

    def trusted(self, descriptor: int) -> bool:
        """Return whether the change times of a file can be trusted."""
        return type_of(descriptor) in self._trusted

    def version(self, descriptor: int) -> FileVersion:
        """Return the version of a file.

        :raises OSError:
        """
        return FileVersion.of(os.fstat(descriptor))

    def now_ns(self) -> int:
        """Return the clock for change times."""
        return changes_now_ns()

    def writers(self, descriptor: int) -> bool | None:
        """Return whether a program has a file open for writing; None if the kernel does not tell."""
        return has_writers(descriptor)

    def look(self, descriptor: int) -> Look:
        """Look at a file whose bytes are read afterwards.

        :raises OSError:
        """
        version, now_ns = self.version(descriptor), self.now_ns()
        settled = settled_at_ns(version, tick_ns=self._tick_ns, writers=self.writers(descriptor))
        if settled is None:
            return Look(version, None)
        return Look(version, max(settled - now_ns, 0) / 1_000_000_000)
