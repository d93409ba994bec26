"""Accounts in SQLite."""

from __future__ import annotations

from tests.accounts.database_contract import AccountsContract
from tests.accounts.rows_contract import RowsContract
from tests.database.places import made_sqlite


class SqliteAccountsTests(AccountsContract):
    """`DatabaseAccounts` with SQLite."""

    def setUp(self) -> None:
        """Make the tables."""
        self.settings = made_sqlite(self.mktemp())


class SqliteRowsTests(RowsContract):
    """``accounts/rows.py`` with SQLite."""

    def setUp(self) -> None:
        """Make the tables."""
        self.settings = made_sqlite(self.mktemp())


# Trial would run the rules themselves, which have no database.
del AccountsContract, RowsContract
