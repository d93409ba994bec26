"""Migrations: the tables that they make, twice, from a newer version, and by two processes."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ftpd_service.database.connecting import connect, reading
from ftpd_service.database.schema_state import WrongSchema, check_schema
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.tables import METADATA, SCHEMA_VERSION, current_revision
from ftpd_service.database.upgrade import scripts, upgrade_database
from ftpd_service.errors import DatabaseUnavailable
from tests.cases import SynchronousTestCase
from tests.database.places import made_sqlite, sqlite_settings

COMMAND = "run: ftpd-service -c '/etc/my ftpd.yaml' database upgrade"
UPGRADE = """
import sys
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.upgrade import upgrade_database
print(upgrade_database(DatabaseSettings(url=sys.argv[1])).before)
"""


def pretend(settings: DatabaseSettings, version: str) -> None:
    """Say in a database that its tables have another version."""
    with closing(sqlite3.connect(settings.path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


def judged(settings: DatabaseSettings) -> None:
    """Judge the tables as a service does at its start."""
    engine = connect(settings)
    try:
        with reading(engine) as connection:
            check_schema(connection, "/etc/my ftpd.yaml")
    finally:
        engine.dispose()


class UpgradeTests(SynchronousTestCase):
    """`upgrade_database` with SQLite."""

    def test_the_newest_migration_is_the_schema_of_this_version(self) -> None:
        """A new migration raises `SCHEMA_VERSION`, which the service compares without alembic."""
        self.assertEqual(scripts().get_current_head(), SCHEMA_VERSION)

    def test_migrations_make_the_tables_that_the_code_uses(self) -> None:
        """Nothing differs between the migrated tables and `METADATA`."""
        engine = connect(made_sqlite(self.mktemp()))
        self.addCleanup(engine.dispose)
        with reading(engine) as connection:
            self.assertEqual(compare_metadata(MigrationContext.configure(connection), METADATA), [])

    def test_a_new_database_has_a_revision(self) -> None:
        """The counter of changes is there from the start."""
        engine = connect(made_sqlite(self.mktemp()))
        self.addCleanup(engine.dispose)
        with reading(engine) as connection:
            self.assertEqual(current_revision(connection), 1)

    def test_a_second_upgrade_changes_nothing(self) -> None:
        """The result names the version before."""
        settings = made_sqlite(self.mktemp())
        self.assertEqual(upgrade_database(settings).before, SCHEMA_VERSION)

    def test_upgrades_at_once_are_safe(self) -> None:
        """Of several processes one makes the tables, and the others find them."""
        url = sqlite_settings(self.mktemp()).url
        command = [sys.executable, "-c", UPGRADE, url]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        said = sorted(process.communicate()[0].strip() for process in running)
        self.assertEqual(said, [SCHEMA_VERSION, SCHEMA_VERSION, "None"])

    def test_only_its_owner_reads_the_file(self) -> None:
        """The file contains hashes of passwords."""
        settings = made_sqlite(self.mktemp())
        self.assertEqual(stat.S_IMODE(os.stat(settings.path).st_mode), 0o600)

    def test_readers_do_not_wait_for_writers(self) -> None:
        """The file keeps a write-ahead log."""
        with closing(sqlite3.connect(made_sqlite(self.mktemp()).path)) as connection:
            self.assertEqual(connection.execute("PRAGMA journal_mode").fetchone(), ("wal",))

    def test_a_folder_that_is_missing(self) -> None:
        """The error names the file."""
        settings = DatabaseSettings(url="sqlite:////no/such/folder/ftpd.db")
        problem = self.assertRaises(DatabaseUnavailable, upgrade_database, settings)
        self.assertEqual(str(problem), "/no/such/folder/ftpd.db: No such file or directory")

    def test_tables_of_a_newer_version_stay_as_they_are(self) -> None:
        """An older server must not touch them."""
        settings = made_sqlite(self.mktemp())
        pretend(settings, "9999")
        problem = self.assertRaises(WrongSchema, upgrade_database, settings)
        self.assertIn("its tables have version 9999", str(problem))


class CheckTests(SynchronousTestCase):
    """`check_schema`."""

    def test_the_tables_of_this_version(self) -> None:
        """They are accepted."""
        judged(made_sqlite(self.mktemp()))

    def test_no_tables(self) -> None:
        """The text has the command."""
        settings = sqlite_settings(self.mktemp())
        sqlite3.connect(settings.path).close()
        problem = self.assertRaises(WrongSchema, judged, settings)
        self.assertEqual(str(problem), f"it has no tables yet; {COMMAND}")

    def test_older_tables(self) -> None:
        """The text has both versions and the command."""
        settings = made_sqlite(self.mktemp())
        pretend(settings, "0000")
        problem = self.assertRaises(WrongSchema, judged, settings)
        self.assertIn("have version 0000, and this ftpd-service needs", str(problem))
        self.assertTrue(str(problem).endswith(f"; {COMMAND}"))

    def test_newer_tables(self) -> None:
        """The text asks for a newer server."""
        settings = made_sqlite(self.mktemp())
        pretend(settings, "9999")
        self.assertIn("or a newer one", str(self.assertRaises(WrongSchema, judged, settings)))

    def test_a_missing_file(self) -> None:
        """A look makes no file."""
        settings = sqlite_settings(self.mktemp())
        self.assertRaises(DatabaseUnavailable, judged, settings)
        self.assertFalse(os.path.exists(settings.path))
