"""The seam to the place where digests are kept over a restart: a table of the database, or a file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ftpd_service.values import DigestRow, FileVersion


class DigestStore(Protocol):
    """Rows of digests.  A version of an earlier boot is never found: see docs/architecture.rst."""

    async def load(self, version: FileVersion) -> Mapping[str, str]:
        """Return the digests of a version by algorithm.

        :raises DatabaseUnavailable: there was no answer in time.
        """

    async def save(self, rows: Sequence[DigestRow]) -> None:
        """Write rows, in place of those of other versions of the same files.

        :raises DatabaseUnavailable: nothing may have been written.
        """

    async def close(self) -> None:
        """Close the store, after the last call."""
