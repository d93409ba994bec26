"""The look at the database before a service starts."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace

from ftpd_service.database.at_start import problem_at_start
from ftpd_service.database.schema_state import WrongSchema
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.runtime.imported import PluginProblem
from tests.cases import SynchronousTestCase
from tests.database.places import made_sqlite, sqlite_settings

NOWHERE = DatabaseSettings(url="postgresql://u:topsecret@127.0.0.1:1/x?sslmode=disable&password=secret2")


class AtStartTests(SynchronousTestCase):
    """`problem_at_start`."""

    def problem(self, settings: DatabaseSettings) -> str:
        """Why the service does not start."""
        return str(self.assertRaises(PluginProblem, problem_at_start, settings, "f.yaml"))

    def test_a_database_with_its_tables(self) -> None:
        """There is nothing to say."""
        self.assertIsNone(problem_at_start(made_sqlite(self.mktemp()), "f.yaml"))

    def test_a_file_that_is_missing(self) -> None:
        """The line has the command, and no file is made."""
        settings = sqlite_settings(self.mktemp())
        self.assertEqual(
            self.problem(settings),
            f"the database {settings.path}: there is no such file; to make the database, run: "
            "ftpd-service -c f.yaml database upgrade",
        )
        self.assertFalse(os.path.exists(settings.path))

    def test_older_tables(self) -> None:
        """The line has the database and the command."""
        settings = made_sqlite(self.mktemp())
        with closing(sqlite3.connect(settings.path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '0000'")
        problem = self.assertRaises(WrongSchema, problem_at_start, settings, "f.yaml")
        self.assertTrue(str(problem).startswith(f"the database {settings.path}: its tables have version 0000, "))

    def test_a_file_that_is_no_database(self) -> None:
        """The service would never be able to use it."""
        settings = sqlite_settings(self.mktemp())
        with open(settings.path, "w", encoding="ascii") as file:
            file.write("not a database, and longer than its header would be" * 20)
        self.assertEqual(self.problem(settings), f"the database {settings.path}: file is not a database")

    def test_a_server_that_does_not_answer(self) -> None:
        """It may answer later; the warning shows no password."""
        warning = problem_at_start(NOWHERE, "f.yaml")
        assert warning is not None
        self.assertTrue(warning.startswith("the database postgresql://u:***@127.0.0.1:1/x does not answer ("), warning)
        self.assertNotIn("secret", warning)

    def test_a_password_file_that_is_missing(self) -> None:
        """The warning names it."""
        url = "postgresql://u@127.0.0.1:1/x"
        warning = problem_at_start(replace(NOWHERE, url=url, password_file="/no/such/secret"), "f.yaml")
        self.assertIn("/no/such/secret: No such file or directory", str(warning))

    def test_a_missing_driver(self) -> None:
        """The line names the extra."""
        self.patch(sys, "modules", {**sys.modules, "psycopg": None})
        self.assertEqual(
            self.problem(NOWHERE),
            'postgresql: the library psycopg is missing; install it by: pip install "ftpd-service[postgresql]"',
        )
