"""``ftpd-service quota``, on a database of SQLite."""

from __future__ import annotations

import json

from sqlalchemy import insert

from ftpd_service.admin.database_of_file import opened
from ftpd_service.database.connecting import writing
from ftpd_service.database.tables import quotas
from tests.admin.accounts import AccountsCase
from tests.admin.commands import CommandCase


class QuotaCommandTests(AccountsCase):
    """Two accounts: alice with 7 bytes in 2 files, and bob whose files are changing."""

    def setUp(self) -> None:
        super().setUp()
        engine = opened(self.config)
        with writing(engine) as connection:
            connection.execute(insert(quotas).values(name="alice", bytes=7, files=2, dirty=False))
            connection.execute(insert(quotas).values(name="bob", bytes=0, files=0, dirty=True))
        engine.dispose()

    def test_show_all(self) -> None:
        """A line for each account."""
        self.assertEqual(self.ok("quota", "show"), "alice\t7\t2\nbob\tchanging\n")

    def test_show_one_as_json(self) -> None:
        """An object."""
        told = json.loads(self.ok("quota", "show", "alice", "--json"))
        self.assertEqual(told, {"name": "alice", "bytes": 7, "files": 2, "changing": False})

    def test_show_all_as_json(self) -> None:
        """A list; numbers that are changing are null."""
        told = json.loads(self.ok("quota", "show", "--json"))
        self.assertEqual([(one["name"], one["bytes"]) for one in told], [("alice", 7), ("bob", None)])

    def test_show_an_unknown_account(self) -> None:
        """The message says when it will be known."""
        self.assertIn("before its next upload", self.refused("quota", "show", "carol"))

    def test_recount_of_one(self) -> None:
        """Its totals are forgotten, and no others."""
        self.assertIn("'alice'", self.ok("quota", "recount", "alice"))
        self.assertEqual(self.ok("quota", "show"), "bob\tchanging\n")

    def test_recount_of_all(self) -> None:
        """The message has their number."""
        self.assertIn("2 accounts", self.ok("quota", "recount"))
        self.assertEqual(self.ok("quota", "show"), "")


class NoDatabaseTests(CommandCase):
    """A configuration without a database."""

    def test_one_line_says_so(self) -> None:
        """Totals are kept nowhere."""
        config = self.write("ftpd.yaml", "listeners: [{endpoint: 'tcp:2121'}]\n")
        result = self.run_it("-c", config, "quota", "recount")
        self.assertEqual((result.exit_code, result.output.count("\n")), (1, 1))
        self.assertIn("database: is missing", result.output)
