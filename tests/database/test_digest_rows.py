"""Kept digests in SQLite."""

from __future__ import annotations

from ftpd_service.database.settings import DatabaseSettings
from tests.database.digest_rows_contract import DigestRowsContract
from tests.database.places import made_sqlite


class SqliteDigestsTests(DigestRowsContract):
    """A new file for each test."""

    def made(self) -> DatabaseSettings:
        """Make it."""
        return made_sqlite(self.mktemp())


del DigestRowsContract
