"""``ftpd-service database upgrade``, and the database that other sub-commands open."""

from __future__ import annotations

import os

from ftpd_service.accounts.rows import all_accounts
from ftpd_service.admin.database_of_file import opened
from ftpd_service.database.connecting import reading
from ftpd_service.database.schema_state import WrongSchema
from ftpd_service.database.tables import SCHEMA_VERSION
from tests.admin.commands import CommandCase


class UpgradeCommandTests(CommandCase):
    """The sub-command."""

    def setUp(self) -> None:
        """Write a configuration."""
        super().setUp()
        self.config = self.write("ftpd.yaml", "database: sqlite:///ftpd.db\n")

    def upgrade(self) -> str:
        """Run the command, which succeeds; its output."""
        result = self.run_it("-c", self.config, "database", "upgrade")
        self.assertEqual(result.exit_code, 0, result.output)
        return result.output

    def test_the_tables_are_made(self) -> None:
        """The output names the database and the version."""
        self.assertEqual(self.upgrade(), f"{self.path('ftpd.db')}: the tables have version {SCHEMA_VERSION} now\n")

    def test_a_second_run(self) -> None:
        """There is nothing to do."""
        self.upgrade()
        self.assertIn("already", self.upgrade())

    def test_a_file_that_names_no_database(self) -> None:
        """One line says what to add."""
        self.write("ftpd.yaml", "listing: {}\n")
        result = self.run_it("-c", self.config, "database", "upgrade")
        self.assertEqual(result.exit_code, 1)
        self.assertIn("database: is missing, as in  database: sqlite:///ftpd.db", result.output)

    def test_a_database_that_does_not_answer(self) -> None:
        """One line says why, without the password."""
        self.write("ftpd.yaml", "database: 'postgresql://u:topsecret@127.0.0.1:1/x'\n")
        result = self.run_it("-c", self.config, "database", "upgrade")
        self.assertEqual((result.exit_code, result.output.count("\n")), (1, 1))
        self.assertIn("refused", result.output)
        self.assertNotIn("topsecret", result.output)

    def test_a_folder_that_cannot_be_written(self) -> None:
        """One line names the file."""
        self.write("ftpd.yaml", "database: sqlite:///no/such/ftpd.db\n")
        result = self.run_it("-c", self.config, "database", "upgrade")
        self.assertIn(f"{self.path('no', 'such', 'ftpd.db')}: No such file or directory", result.output)

    def test_other_commands_open_it(self) -> None:
        """If it has the tables."""
        self.upgrade()
        engine = opened(self.config)
        self.addCleanup(engine.dispose)
        with reading(engine) as connection:
            self.assertEqual(all_accounts(connection), [])

    def test_other_commands_do_not_make_it(self) -> None:
        """They tell the command that does."""
        problem = self.assertRaises(WrongSchema, opened, self.config)
        self.assertIn(f"run: ftpd-service -c {self.config} database upgrade", str(problem))
        self.assertFalse(os.path.exists(self.path("ftpd.db")))
