"""The bounds of a store of digests, and the form of its numbers."""

from __future__ import annotations

MOST_STORED = 200_000
"""The most rows in a store, some 30 MiB; the rows that were written first are forgotten."""

TRIMMED_AFTER = 1000
"""The number of written rows after which a service trims the store."""


def signed(number: int) -> int:
    """Return a number of 64 bits as databases store it: the inodes of some file systems use the highest bit."""
    return number - (1 << 64) if number >= 1 << 63 else number
