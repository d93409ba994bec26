"""Bans as rows of SQLite."""

from __future__ import annotations

from ftpd_service.database.settings import DatabaseSettings
from tests.database.ban_rows_contract import BanRowsContract
from tests.database.places import made_sqlite


class BanRowsTests(BanRowsContract):
    """``database/ban_rows.py`` with SQLite."""

    def made(self) -> DatabaseSettings:
        """Make a file."""
        return made_sqlite(self.mktemp())


del BanRowsContract
