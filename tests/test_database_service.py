"""A service with a database: its start, its logins, changes that count in live sessions."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import Any

from ftpd_service.accounts.rows import (
    AccountRow,
    add_account,
    change_account,
    disable_account,
    remove_account,
    set_password,
)
from ftpd_service.auth.settings import AccountsChecker, AuthSettings, DatabaseChecker
from ftpd_service.config.schema import Config
from ftpd_service.database.connecting import connect, writing
from ftpd_service.database.revision_watch import WATCH_SECONDS
from ftpd_service.database.schema_state import WrongSchema
from ftpd_service.service import FtpService
from tests.config.files import FileTestCase
from tests.database.places import made_sqlite, sqlite_settings
from tests.memory_service import Client, ServiceCase

MODULES = """
import sys
from ftpd_service.tap import Options, makeService
options = Options()
options.parseOptions(["-c", sys.argv[1]])
makeService(options)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"sqlalchemy", "alembic", "psycopg"}))
"""


class DatabaseServiceCase(ServiceCase):
    """A service whose account carol, with the password ``secret``, is in its database."""

    def setUp(self) -> None:
        """Make the database."""
        self.database = made_sqlite(self.mktemp(), timeout_seconds=3600.0)
        super().setUp()
        settings = {"home": self.home, "permissions": "all"}
        self.change(add_account, row=AccountRow(name="carol", password="{plain}secret", settings=settings), now=1.0)

    def config(self, **settings: Any) -> Config:  # Any: as in the class above
        """The configuration, which names the database."""
        auth = AuthSettings(checkers=(AccountsChecker(), DatabaseChecker()))
        return super().config(**{"database": self.database, "auth": auth, **settings})

    def change(self, call: Any, **given: Any) -> None:  # Any: a function of accounts/rows.py, and what it takes
        """Change the database as a tool does."""
        engine = connect(self.database)
        with writing(engine) as connection:
            call(connection, **given)
        engine.dispose()

    def started(self, config: Config | None = None) -> FtpService:
        """A service that has seen the counter once."""
        service = super().started(config)
        revisions = service.kept.revisions
        while revisions is not None and revisions.revision is None:
            self.reactor.run_one()
        return service

    def logged_in(self) -> Client:
        """A session of carol."""
        client = self.client()
        self.assertEqual(client.log_in("carol", "secret"), 230)
        return client

    def until_told(self, text: str) -> None:
        """Let the watch look, until the log has a text."""
        self.reactor.advance(2 * WATCH_SECONDS)
        while not self.log.count(text):
            self.reactor.run_one()
        self.reactor.advance(0)


class LoginTests(DatabaseServiceCase):
    """Logins to accounts of the database, beside those of the file."""

    def test_an_account_of_the_database(self) -> None:
        """With its own permissions."""
        self.started()
        self.assertEqual(self.logged_in().say("MKD new"), [257])

    def test_an_account_of_the_file(self) -> None:
        """It needs no database."""
        self.started()
        self.assertEqual(self.client().log_in("alice", "secret"), 230)

    def test_names_that_hostile_clients_send(self) -> None:
        """They are unknown, and the service goes on."""
        self.started()
        client = self.client()
        self.assertEqual(client.say("USER ' OR '1'='1"), [331])
        self.assertEqual(client.say("USER " + "a" * 400), [331])
        self.logged_in()


class ChangeTests(DatabaseServiceCase):
    """Changes while sessions are there."""

    def test_a_disabled_account(self) -> None:
        """Its sessions end with 421."""
        self.started()
        client = self.logged_in()
        self.change(disable_account, name="carol", now=2.0)
        self.until_told("account 'carol' has ended (account 'carol' is disabled): 1 sessions are closed")
        self.assertEqual(client.codes()[-1:], [421])

    def test_a_removed_account(self) -> None:
        """The same."""
        self.started()
        client = self.logged_in()
        self.change(remove_account, name="carol")
        self.until_told("account 'carol' has ended (the account is gone or disabled): 1 sessions are closed")
        self.assertEqual(client.codes()[-1:], [421])

    def test_permissions_count_in_live_sessions(self) -> None:
        """The session goes on with the new ones."""
        service = self.started()
        client = self.logged_in()
        less = {"home": self.home, "permissions": "read"}
        self.change(change_account, name="carol", change=partial(replace, settings=less), now=2.0)
        self.reactor.advance(2 * WATCH_SECONDS)
        live = service.kept.live
        while live._running is None:
            self.reactor.run_one()
        self.reactor.run_until(live._running)
        self.assertEqual(client.say("MKD new", "PWD"), [550, 257])

    def test_a_new_password(self) -> None:
        """The old one, which was right a moment ago, is wrong as soon as the change is seen."""
        service = self.started()
        self.logged_in()
        self.change(set_password, name="carol", stored="{plain}other", now=2.0)
        self.reactor.advance(2 * WATCH_SECONDS)
        revisions = service.kept.revisions
        assert revisions is not None
        while revisions.revision == 2:
            self.reactor.run_one()
        self.assertEqual(self.client().log_in("carol", "other"), 230)

    def test_stopped(self) -> None:
        """No timer is left."""
        service = self.started()
        self.reactor.run_until(service.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_a_reload_keeps_the_database(self) -> None:
        """The new checkers ask it."""
        service = self.started()
        self.reread(service, self.config())
        self.logged_in()

    def test_a_reload_that_brings_a_database(self) -> None:
        """It takes a restart, and the checker of the new file cannot be made before."""
        service = self.started(self.config(database=None, auth=AuthSettings()))
        self.reread(service, self.config())
        self.assertEqual(self.log.count("a new database needs a restart"), 1)


class StartTests(DatabaseServiceCase):
    """Databases with which a service does not start."""

    def test_a_file_that_is_missing(self) -> None:
        """Nothing is made of such a configuration."""
        config = self.config(database=sqlite_settings(self.mktemp()))
        self.assertRaises(WrongSchema, self.made, config)


class CommandLineTests(FileTestCase):
    """The same by ``twistd ftpd``."""

    def run_it(self, text: str) -> subprocess.CompletedProcess[str]:
        """Make a service of a file, and print which libraries of databases are loaded."""
        command = [sys.executable, "-c", MODULES, self.write(text)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def test_a_service_without_a_database(self) -> None:
        """It imports no library of databases."""
        self.assertEqual(self.run_it("accounts: {a: {password: any, home: /}}").stdout, "\n")

    def test_a_service_with_sqlite(self) -> None:
        """It imports SQLAlchemy, and neither alembic nor a driver of PostgreSQL."""
        path = made_sqlite(self.mktemp()).path
        text = f"{{database: 'sqlite:///{path}', auth: {{checkers: [database]}}}}"
        self.assertEqual(self.run_it(text).stdout, "sqlalchemy\n")

    def test_a_file_without_tables(self) -> None:
        """One line with the command, and exit status 1."""
        ended = self.run_it("database: sqlite:///ftpd.db\n")
        self.assertEqual((ended.returncode, ended.stderr.count("\n")), (1, 1))
        self.assertIn("ftpd.yaml:1: database: the database ", ended.stderr)
        self.assertIn("ftpd.yaml database upgrade\n", ended.stderr)
