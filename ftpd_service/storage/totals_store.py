"""The seam to the place where totals are kept over a restart, such as a database."""

from __future__ import annotations

from typing import Protocol

from ftpd_service.policy.quotas import Totals


class TotalsStore(Protocol):
    """Keeps the totals of accounts over a restart.

    A row that is missing, where a service has made it before, is an operator's wish that the files are counted.
    """

    async def load(self, name: str) -> Totals | None:
        """Return the totals of an account, or None if they are not known, or dirty.

        :raises DatabaseUnavailable: the store does not answer.
        """

    async def mark_dirty(self, name: str) -> bool:
        """Note that the files of an account are about to change, and return whether there was a row.

        :raises DatabaseUnavailable: the store does not answer.
        """

    async def save(self, name: str, totals: Totals) -> bool:
        """Keep the totals of an account that has a row, and mark it clean; return False if there is no row.

        :raises DatabaseUnavailable: the store does not answer; the totals may have been kept nevertheless.
        """


class NoStore:
    """The store of a service without a database: each process counts the files of each account once."""

    async def load(self, name: str) -> Totals | None:
        """Know nothing."""
        return None

    async def mark_dirty(self, name: str) -> bool:
        """Do nothing."""
        return True

    async def save(self, name: str, totals: Totals) -> bool:
        """Do nothing."""
        return True
