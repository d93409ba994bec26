"""The totals of accounts in SQLite."""

from __future__ import annotations

from ftpd_service.database.settings import DatabaseSettings
from tests.database.places import made_sqlite
from tests.database.totals_contract import KeptTotalsContract


class SqliteTotalsTests(KeptTotalsContract):
    """A new file for each test."""

    def made(self) -> DatabaseSettings:
        """Make it."""
        return made_sqlite(self.mktemp())


del KeptTotalsContract
