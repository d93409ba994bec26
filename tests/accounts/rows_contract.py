"""The rules of the functions with which tools change accounts, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ftpd_service.accounts.rows import (
    AccountRow,
    GroupRow,
    NoSuchRow,
    UnfitRow,
    account_row,
    add_account,
    all_accounts,
    all_groups,
    change_account,
    disable_account,
    enable_account,
    group_row,
    remove_account,
    remove_group,
    set_group,
    set_password,
)
from ftpd_service.database.tables import current_revision
from tests.accounts.in_database import HOSTILE, DatabaseCase


class RowsContract(DatabaseCase):
    """``accounts/rows.py``."""

    def account(self, name: str = "alice") -> AccountRow:
        """The row of an account."""
        return self.look(partial(account_row, name=name))

    def test_an_account_comes_back(self) -> None:
        """With its times."""
        self.add("alice", password="$5$x", group_name="g", settings={"home": "/x", "limits": {"sessions": 4}})
        expected = AccountRow(
            name="alice",
            password="$5$x",
            group_name="g",
            settings={"home": "/x", "limits": {"sessions": 4}},
            created=1.0,
            changed=1.0,
        )
        self.assertEqual(self.account(), expected)

    def test_accounts_are_sorted(self) -> None:
        """By name."""
        self.add("bob")
        self.add("alice")
        self.assertEqual([row.name for row in self.look(all_accounts)], ["alice", "bob"])

    def test_a_name_that_is_taken(self) -> None:
        """Nothing is changed, and nothing counted."""
        self.add("alice", password="$5$x")
        self.assertRaises(UnfitRow, self.add, "alice")
        self.assertEqual((self.account().password, self.look(current_revision)), ("$5$x", 2))

    def test_names_that_cannot_be(self) -> None:
        """Control characters, surrogates, nothing, and more than the table holds."""
        for name in ("", "\0", "a\n", "\udcff", "a" * 256):
            self.assertRaises(UnfitRow, self.add, name)
        self.assertEqual(self.look(all_accounts), [])

    def test_the_longest_name(self) -> None:
        """It fits."""
        self.add("a" * 255)
        self.assertEqual(self.account("a" * 255).name, "a" * 255)

    def test_a_change_counts_itself(self) -> None:
        """The former row, the new one, and the counter."""
        self.add("alice", password="$5$x")
        change = partial(
            change_account, name="alice", change=lambda row: replace(row, settings={"home": "/y"}), now=2.0
        )
        after = self.change(change)
        self.assertEqual(after, replace(self.account(), settings={"home": "/y"}))
        self.assertEqual((after.password, after.created, after.changed), ("$5$x", 1.0, 2.0))
        self.assertEqual(self.look(current_revision), 3)

    def test_the_name_stays(self) -> None:
        """A change cannot rename."""
        self.add("alice")
        self.change(partial(change_account, name="alice", change=lambda row: replace(row, name="bob"), now=2.0))
        self.assertEqual(self.account().name, "alice")

    def test_a_password(self) -> None:
        """It is stored, and taken away."""
        self.add("alice")
        self.change(partial(set_password, name="alice", stored="$5$y", now=2.0))
        self.assertEqual(self.account().password, "$5$y")
        self.change(partial(set_password, name="alice", stored=None, now=2.0))
        self.assertIsNone(self.account().password)

    def test_disabled_and_enabled(self) -> None:
        """One after the other."""
        self.add("alice")
        self.change(partial(disable_account, name="alice", now=2.0))
        self.assertFalse(self.account().enabled)
        self.change(partial(enable_account, name="alice", now=2.0))
        self.assertTrue(self.account().enabled)

    def test_removed(self) -> None:
        """The account is gone, and the change is counted."""
        self.add("alice")
        self.change(partial(remove_account, name="alice"))
        self.assertEqual((self.look(all_accounts), self.look(current_revision)), ([], 3))

    def test_names_that_are_not_there(self) -> None:
        """Nothing is counted; no name is part of a query."""
        self.add("alice")
        for name in HOSTILE:
            self.assertRaises(NoSuchRow, self.change, partial(remove_account, name=name))
            self.assertRaises(NoSuchRow, self.change, partial(disable_account, name=name, now=2.0))
            self.assertRaises(NoSuchRow, self.change, partial(remove_group, name=name))
        self.assertEqual((self.account().enabled, self.look(current_revision)), (True, 2))

    def test_a_group_is_made_and_changed(self) -> None:
        """Both are counted."""
        self.change(partial(set_group, row=GroupRow(name="g", settings={"home": "/x"})))
        self.change(partial(set_group, row=GroupRow(name="g", settings={"home": "/y"})))
        self.assertEqual(self.look(all_groups), [GroupRow(name="g", settings={"home": "/y"})])
        self.assertEqual(self.look(partial(group_row, name="g")).settings, {"home": "/y"})
        self.assertEqual(self.look(current_revision), 3)

    def test_a_group_with_accounts_stays(self) -> None:
        """They would be refused without it."""
        self.change(partial(set_group, row=GroupRow(name="g")))
        self.add("alice", group_name="g")
        problem = self.assertRaises(UnfitRow, self.change, partial(remove_group, name="g"))
        self.assertEqual(str(problem), "the group 'g' has 1 accounts: give them another group first")

    def test_a_group_without_accounts_is_removed(self) -> None:
        """It is gone."""
        self.change(partial(set_group, row=GroupRow(name="g")))
        self.change(partial(remove_group, name="g"))
        self.assertEqual(self.look(all_groups), [])

    def test_a_failed_transaction_changes_nothing(self) -> None:
        """Neither accounts nor the counter."""

        def broken(connection: object) -> None:
            add_account(connection, AccountRow(name="alice"), now=1.0)  # type: ignore[arg-type]  # a Connection
            raise LookupError

        self.assertRaises(LookupError, self.change, broken)
        self.assertEqual((self.look(all_accounts), self.look(current_revision)), ([], 1))
