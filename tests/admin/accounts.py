"""A configuration file with a database of SQLite, for the sub-commands ``account`` and ``group``."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from argon2 import PasswordHasher
from click.testing import Result

from ftpd_service.accounts.rows import AccountRow, account_row
from ftpd_service.admin import password_prompt
from ftpd_service.admin.database_of_file import opened
from ftpd_service.database.connecting import reading
from tests.admin.commands import CommandCase

CONFIGURATION = """
database: sqlite:///ftpd.db
auth: {checkers: [database]}
groups: {customers: {permissions: write, home: "/srv/{name}"}}
"""


class AccountsCase(CommandCase):
    """A configuration file whose database has its tables."""

    def setUp(self) -> None:
        super().setUp()
        cheap = partial(PasswordHasher, time_cost=1, memory_cost=64, parallelism=1)
        self.patch(password_prompt, "PasswordHasher", cheap)
        self.config = self.write("ftpd.yaml", CONFIGURATION)
        self.ok("database", "upgrade")

    def command(self, *words: str, typed: str = "") -> Result:
        """Carry out a sub-command."""
        return self.run_it("-c", self.config, *words, typed=typed)

    def ok(self, *words: str, typed: str = "") -> str:
        """Carry out a sub-command that succeeds; its output."""
        result = self.command(*words, typed=typed)
        self.assertEqual(result.exit_code, 0, result.output)
        return result.output

    def refused(self, *words: str, typed: str = "") -> str:
        """Carry out a sub-command that fails; its message."""
        result = self.command(*words, typed=typed)
        self.assertEqual(result.exit_code, 1, result.output)
        return result.output

    def row(self, name: str) -> AccountRow:
        """An account as the database has it."""
        engine = opened(self.config)
        self.addCleanup(engine.dispose)
        with reading(engine) as connection:
            return account_row(connection, name)

    def shown(self, name: str) -> dict[str, Any]:  # Any: JSON
        """An account as ``show`` prints it."""
        told: dict[str, Any] = json.loads(self.ok("account", "show", name, "--json"))  # Any: JSON
        return told

    def names(self) -> list[str]:
        """The names of all accounts."""
        return [one["name"] for one in json.loads(self.ok("account", "list", "--json"))]
