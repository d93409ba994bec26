"""What this process has open, for tests of what is given back.

Never the number of descriptors: the collector may close those of an earlier test at any time.
"""

from __future__ import annotations

import os
from contextlib import suppress


def open_files(begins: str) -> set[str]:
    """Number and name of every open file whose name begins so; ``pipe:`` and ``socket:`` are such, too."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        # The listing's own descriptor is gone by now.
        with suppress(FileNotFoundError):
            leads = os.readlink(f"/proc/self/fd/{number}")
            if leads.startswith(begins):
                found.add(f"{number} {leads}")
    return found
