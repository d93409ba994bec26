"""The section `database`: URLs, keys, mistakes, and what needs it."""

from __future__ import annotations

import os

from ftpd_service.auth.settings import DatabaseChecker
from ftpd_service.config.differences import changed
from ftpd_service.database.settings import DatabaseSettings
from tests.config.files import FileTestCase


class DatabaseTests(FileTestCase):
    """The section as a URL and as a mapping."""

    def url(self, text: str) -> str:
        """The URL of a database."""
        settings = self.loaded(f"database: {text}").database
        assert settings is not None
        return settings.url

    def wrong(self, url: str) -> str:
        """The message for a wrong URL, which does not show it."""
        problem = self.problem(f"database: '{url}'")
        self.assertEqual(problem.path, "database.url")
        return problem.text

    def test_absent(self) -> None:
        """There is no database."""
        self.assertIsNone(self.loaded("listing: {}").database)

    def test_a_url_alone(self) -> None:
        """The other keys have their defaults."""
        expected = DatabaseSettings(url="sqlite:////srv/ftpd.db", connections=4, timeout_seconds=5.0)
        self.assertEqual(self.loaded("database: sqlite:////srv/ftpd.db").database, expected)

    def test_a_mapping(self) -> None:
        """A relative path of the file with the password starts at the configuration's directory."""
        text = "database: {url: 'postgresql://u@h/n', password_file: secret, connections: 9, timeout: 2s}"
        expected = DatabaseSettings(
            url="postgresql://u@h/n",
            password_file=os.path.join(self.folder, "secret"),
            connections=9,
            timeout_seconds=2.0,
        )
        self.assertEqual(self.loaded(text).database, expected)

    def test_a_relative_path(self) -> None:
        """It starts at the directory of the file."""
        self.assertEqual(self.url("sqlite:///data/ftpd.db"), f"sqlite:///{self.folder}/data/ftpd.db")

    def test_an_absolute_path(self) -> None:
        """It has four slashes."""
        self.assertEqual(self.url("sqlite:////var/lib/ftpd.db"), "sqlite:////var/lib/ftpd.db")

    def test_postgresql(self) -> None:
        """The URL stays as it is."""
        url = "postgresql://u:p%40@[::1]:5433/n?sslmode=require"
        self.assertEqual(self.url(f"'{url}'"), url)

    def test_an_environment_variable(self) -> None:
        """A password need not stand in the file."""
        config = self.loaded("database: 'postgresql://u:${SECRET}@h/n'", SECRET="x")
        assert config.database is not None
        self.assertEqual(config.database.url, "postgresql://u:x@h/n")

    def test_other_databases(self) -> None:
        """They are refused without a word of the URL."""
        self.assertIn("begins with neither", self.wrong("mysql://u:topsecret@h/n"))
        self.assertNotIn("topsecret", self.wrong("mysql://u:topsecret@h/n"))

    def test_too_few_slashes(self) -> None:
        """The message explains them."""
        self.assertIn("three slashes stand before a relative path", self.wrong("sqlite://ftpd.db"))

    def test_sqlite_without_a_file(self) -> None:
        """Memory is no place for accounts."""
        self.assertIn("expected the path of a file", self.wrong("sqlite:///:memory:"))
        self.assertIn("expected the path of a file", self.wrong("sqlite:///"))
        self.assertIn("expected the path of a file", self.wrong("sqlite:///x?mode=ro"))

    def test_wrong_postgresql_urls(self) -> None:
        """Without a name, or with a port that is none."""
        self.assertIn("the name of a database", self.wrong("postgresql://host"))
        self.assertIn("the name of a database", self.wrong("postgresql://host:x/n"))
        self.assertNotIn("secret", self.wrong("postgresql://u:se cret@h/n"))

    def test_no_text(self) -> None:
        """A number is no URL."""
        self.assertIn("found a number", self.problem("database: 5").text)

    def test_a_password_file_for_sqlite(self) -> None:
        """A file has no password."""
        problem = self.problem("database: {url: 'sqlite:///x', password_file: y}")
        self.assertEqual((problem.path, problem.text), ("database.password_file", "goes only with PostgreSQL"))

    def test_two_passwords(self) -> None:
        """One of them would be ignored."""
        problem = self.problem("database: {url: 'postgresql://u:p@h/n', password_file: y}")
        self.assertIn("found both", problem.text)

    def test_a_change_needs_a_restart_and_shows_no_password(self) -> None:
        """A reload tells it."""
        before = self.loaded("database: 'postgresql://u:old@h/n'")
        after = self.loaded("database: 'postgresql://u:new@h/n'")
        self.assertEqual(changed(before, after), ("database changed; needs a restart",))

    def test_the_settings_hide_the_url(self) -> None:
        """It may be in a traceback."""
        self.assertNotIn("secret", repr(self.loaded("database: 'postgresql://u:secret@h/n'").database))


class CheckerTests(FileTestCase):
    """The checker `database`."""

    def test_the_word(self) -> None:
        """It is a kind without settings."""
        config = self.loaded("{database: 'sqlite:///x', auth: {checkers: [database]}}")
        self.assertEqual(config.auth.checkers, (DatabaseChecker(),))

    def test_without_a_database(self) -> None:
        """There is nothing to ask."""
        problem = self.problem("auth: {checkers: [database]}")
        self.assertEqual(problem.text, "needs the section database, which names the database")
        self.assertIn("needs the section", self.problem("auth: {checkers: [{database: {}, timeout: 3s}]}").text)

    def test_twice(self) -> None:
        """There is one database."""
        problem = self.problem("{database: 'sqlite:///x', auth: {checkers: [database, {database: {}}]}}")
        self.assertEqual(problem.text, "database stands twice among the checkers")
