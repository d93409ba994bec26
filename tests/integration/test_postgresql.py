"""Accounts in PostgreSQL: the rules of SQLite, migrations, and a server that goes away, hangs and comes back."""

from __future__ import annotations

import ftplib
import io
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from twisted.internet import reactor
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime

from ftpd_service.accounts.rows import AccountRow, add_account, disable_account
from ftpd_service.database.at_start import problem_at_start
from ftpd_service.database.connecting import connect, reading
from ftpd_service.database.queries import Database
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.tables import METADATA, SCHEMA_VERSION
from ftpd_service.database.upgrade import upgrade_database
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.pool import Unshared
from tests.accounts.database_contract import AccountsContract
from tests.accounts.in_database import DatabaseCase
from tests.accounts.rows_contract import RowsContract
from tests.cases import SynchronousTestCase, TestCase
from tests.database.ban_rows_contract import BanRowsContract
from tests.database.digest_rows_contract import DigestRowsContract
from tests.database.test_upgrade import UPGRADE
from tests.database.totals_contract import KeptTotalsContract
from tests.integration.postgresql import PASSWORD, emptied, server
from tests.interop.server import Server


class PostgreSqlAccountsTests(AccountsContract):
    """`DatabaseAccounts` with PostgreSQL."""

    def setUp(self) -> None:
        """Empty the tables."""
        self.settings = emptied()


class PostgreSqlRowsTests(RowsContract):
    """``accounts/rows.py`` with PostgreSQL."""

    def setUp(self) -> None:
        """Empty the tables."""
        self.settings = emptied()


class PostgreSqlTotalsTests(KeptTotalsContract):
    """``database/kept_totals.py`` with PostgreSQL."""

    def made(self) -> DatabaseSettings:
        """Empty the tables."""
        return emptied()


class PostgreSqlBansTests(BanRowsContract):
    """``database/ban_rows.py`` with PostgreSQL."""

    def made(self) -> DatabaseSettings:
        """Empty the tables."""
        return emptied()


class PostgreSqlDigestsTests(DigestRowsContract):
    """``database/digest_rows.py`` with PostgreSQL."""

    def made(self) -> DatabaseSettings:
        """Empty the tables."""
        return emptied()


del AccountsContract, BanRowsContract, DigestRowsContract, RowsContract, KeptTotalsContract


class MigrationTests(SynchronousTestCase):
    """`upgrade_database` with PostgreSQL."""

    def test_migrations_make_the_tables_that_the_code_uses(self) -> None:
        """Nothing differs between the migrated tables and `METADATA`."""
        settings = server().make("migrated")
        upgrade_database(settings)
        engine = connect(settings)
        self.addCleanup(engine.dispose)
        with reading(engine) as connection:
            self.assertEqual(compare_metadata(MigrationContext.configure(connection), METADATA), [])

    def test_upgrades_at_once_are_safe(self) -> None:
        """Of several processes one makes the tables, and the others find them."""
        url = server().make("contended").url
        command = [sys.executable, "-c", UPGRADE, url]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        said = sorted(process.communicate()[0].strip() for process in running)
        self.assertEqual(said, [SCHEMA_VERSION, SCHEMA_VERSION, "None"])

    def test_no_tables(self) -> None:
        """A service does not start; the line has the command and no password."""
        problem = str(self.assertRaises(ValueError, problem_at_start, server().make("empty"), "f.yaml"))
        self.assertIn(f"127.0.0.1:{server().port}/empty: it has no tables yet; run: ftpd-service -c f.yaml", problem)
        self.assertNotIn("sesame", problem)

    def test_the_password_in_a_file(self) -> None:
        """It counts, and a wrong one does not."""
        with open(path := self.mktemp(), "w", encoding="ascii") as file:
            file.write(f"{PASSWORD}\n")
        url = emptied().url
        bare = f"postgresql://ftpd@{url.partition('@')[2]}"
        self.assertIsNone(problem_at_start(DatabaseSettings(url=bare, password_file=path), "f.yaml"))
        with open(path, "w", encoding="ascii") as file:
            file.write("wrong\n")
        warning = problem_at_start(DatabaseSettings(url=bare, password_file=path), "f.yaml")
        self.assertIn("password authentication failed", str(warning))


class HangingTests(TestCase):
    """`Database` with one thread and one connection, to a server that hangs."""

    async def test_a_thread_is_free_as_soon_as_its_call_is_cut(self) -> None:
        """The server still hangs then, and nothing comes from it that could wake the thread."""
        lane = Unshared(Lane("test-database", 1, hung_seconds=60.0), IReactorFromThreads(reactor))
        settings = replace(emptied(), timeout_seconds=0.5, connections=1)
        database = Database(settings, lane, IReactorTime(reactor))
        self.assertEqual(await database.revision(), 1)
        server().send(signal.SIGSTOP)
        try:
            with self.assertRaises(DatabaseUnavailable):
                await database.revision()
            self.assertEqual(await lane(lambda: "free"), "free")
        finally:
            server().send(signal.SIGCONT)
        self.assertEqual(await database.revision(), 1)
        await database.close()


CONFIGURATION = """\
database: {{url: "{url}", timeout: 1s}}
auth: {{checkers: [accounts, {{database: {{}}, breaker: {{retry: 1s}}}}]}}
"""


class OutageTests(DatabaseCase):
    """A real service, whose database goes away and comes back."""

    def setUp(self) -> None:
        """Start a service with some accounts in its database, each of which logs in for the first time."""
        self.settings = emptied()
        self.server = Server(extra=CONFIGURATION.format(url=self.settings.url))
        self.addCleanup(self.server.stop)
        for name in ("carol", "dave", "erin"):
            settings = {"home": str(self.server.home), "permissions": "all"}
            row = AccountRow(name=name, password="{plain}secret", settings=settings)
            self.change(partial(add_account, row=row, now=1.0))
        self.server.start()

    def client(self, name: str) -> ftplib.FTP:
        """A session of an account.

        :raises ftplib.Error: it cannot log in.
        """
        client = ftplib.FTP()
        self.addCleanup(client.close)
        client.connect("127.0.0.1", self.server.port, timeout=60)
        client.login(name, "secret")
        return client

    def refused(self, name: str) -> str:
        """The reply to a login."""
        return str(self.assertRaises((ftplib.error_temp, ftplib.error_perm), self.client, name))

    def sent(self, client: ftplib.FTP) -> bytes:
        """What a file contains that a session has stored and listed."""
        client.storbinary("STOR new", io.BytesIO(b"content"))
        self.assertIn("new", client.nlst())
        got = io.BytesIO()
        client.retrbinary("RETR new", got.write)
        return got.getvalue()

    def test_killed_and_back(self) -> None:
        """421 meanwhile, sessions go on, accounts of the file log in, and the first login behind it is right again."""
        carol = self.client("carol")
        server().kill()
        try:
            self.assertTrue(self.refused("dave").startswith("421"))
            self.assertTrue(self.refused("nobody").startswith("421"))
            self.assertEqual(self.sent(carol), b"content")
            self.assertEqual(self.sent(self.client("alice")), b"content")
            self.server.logged("the database does not answer")
        finally:
            server().start()
        self.assertEqual(self.sent(self.client("erin")), b"content")
        self.server.logged("the database answers again")
        self.assertEqual(self.sent(carol), b"content")

    def test_hanging_and_going_on(self) -> None:
        """A server that takes calls and answers none: 421 after the timeout, and nobody else waits."""
        carol = self.client("carol")
        server().send(signal.SIGSTOP)
        try:
            self.assertTrue(self.refused("dave").startswith("421"))
            self.assertTrue(self.refused("nobody").startswith("421"))
            self.assertEqual(self.sent(carol), b"content")
            self.assertEqual(self.sent(self.client("alice")), b"content")
        finally:
            server().send(signal.SIGCONT)
        self.assertEqual(self.sent(self.client("erin")), b"content")

    def test_connections_that_an_administrator_ends(self) -> None:
        """The next login makes new ones, and no client sees it."""
        self.client("carol")
        own = "pid <> pg_backend_pid() AND datname = current_database()"
        end = text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {own}")
        self.look(lambda connection: connection.execute(end).all())
        self.client("dave")

    def test_a_change_ends_live_sessions(self) -> None:
        """The counter is seen by a service that only looks."""
        carol = self.client("carol")
        self.change(partial(disable_account, name="carol", now=2.0))
        self.server.logged("1 sessions are closed")
        self.assertTrue(str(self.assertRaises(ftplib.error_temp, carol.getresp)).startswith("421"))
        self.assertTrue(self.refused("carol").startswith("530"))
