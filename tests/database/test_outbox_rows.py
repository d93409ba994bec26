"""The outbox in SQLite."""

from __future__ import annotations

from ftpd_service.database.settings import DatabaseSettings
from tests.database.outbox_rows_contract import OutboxRowsContract
from tests.database.places import made_sqlite


class SqliteOutboxTests(OutboxRowsContract):
    """A new file for each test."""

    def made(self) -> DatabaseSettings:
        """Make it."""
        return made_sqlite(self.mktemp())


del OutboxRowsContract
