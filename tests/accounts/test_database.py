"""Accounts in SQLite."""

from __future__ import annotations

from functools import partial

from sqlalchemy import text

from ftpd_service.accounts.rows import UNREADABLE, all_accounts, disable_account, remove_account
from tests.accounts.database_contract import AccountsContract
from tests.accounts.rows_contract import RowsContract
from tests.database.places import made_sqlite


class SqliteAccountsTests(AccountsContract):
    """`DatabaseAccounts` with SQLite."""

    def setUp(self) -> None:
        """Make the tables."""
        self.settings = made_sqlite(self.mktemp())

    def test_settings_that_are_no_json(self) -> None:
        """Another program may have written the row: that account is refused."""
        self.add("alice")
        self.change(lambda connection: connection.execute(text("UPDATE accounts SET settings = '{broken'")))
        self.assertIn("cannot be used", self.refusal("alice"))

    def test_broken_settings_hide_no_demand_for_tls(self) -> None:
        """They break no question about all accounts."""
        self.add("alice")
        self.change(lambda connection: connection.execute(text("UPDATE accounts SET settings = '{\"required\"'")))
        self.add("bob", settings={"tls": "required"})
        self.assertTrue(self.answer(self.accounts().some_need_tls()))

    def test_a_password_of_bytes(self) -> None:
        """It is some text, which is no password's format; so are decoys."""
        self.add("alice")
        self.change(lambda connection: connection.execute(text("UPDATE accounts SET password = X'2435'")))
        accounts = self.accounts()
        self.assertEqual((self.answer(accounts.stored("alice")), self.answer(accounts.stored("bob"))), ("b'$5'", None))
        self.assertEqual(set(accounts.decoys()), {"b'$5'"})


class SqliteRowsTests(RowsContract):
    """``accounts/rows.py`` with SQLite."""

    def setUp(self) -> None:
        """Make the tables."""
        self.settings = made_sqlite(self.mktemp())

    def test_settings_that_are_no_json(self) -> None:
        """The account is listed, and can be disabled and removed."""
        self.add("alice")
        self.change(lambda connection: connection.execute(text("UPDATE accounts SET settings = '{broken'")))
        self.assertEqual(self.look(all_accounts)[0].settings, {UNREADABLE: "{broken"})
        self.change(partial(disable_account, name="alice", now=2.0))
        self.assertEqual(self.account().enabled, False)
        self.change(partial(remove_account, name="alice"))
        self.assertEqual(self.look(all_accounts), [])


# Trial would run the rules themselves, which have no database.
del AccountsContract, RowsContract
