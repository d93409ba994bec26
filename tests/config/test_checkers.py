"""The entries of `auth.checkers`: kinds, words, keys of every entry, checkers of installed packages."""

from __future__ import annotations

from typing import Any

from ftpd_service.auth.settings import AccountsChecker, CheckerSettings, InstalledChecker, PythonChecker
from ftpd_service.config.differences import changed
from ftpd_service.config.load import load
from ftpd_service.policy.breaker import BreakerSettings
from tests.auth.packages import install
from tests.config.files import FileTestCase


class EntriesCase(FileTestCase):
    """A file with one entry."""

    def entry(self, text: str) -> CheckerSettings:
        """The settings of an entry, written in one line."""
        (checker,) = self.loaded(f"auth: {{checkers: [{text}]}}").auth.checkers
        return checker


class KindTests(EntriesCase):
    """The key that names the kind."""

    def test_word(self) -> None:
        """A kind without settings is a word."""
        self.assertEqual(self.entry("accounts"), AccountsChecker())

    def test_word_with_keys_of_every_entry(self) -> None:
        """As a mapping it takes them, with or without a value of its own."""
        expected = AccountsChecker(timeout_seconds=3.0, final=True)
        self.assertEqual(self.entry("{accounts: {}, timeout: 3s, final: true}"), expected)
        self.assertEqual(self.entry("{accounts: null, timeout: 3s, final: true}"), expected)

    def test_word_as_a_mapping_counts_as_the_word(self) -> None:
        """It may not stand twice."""
        self.assertIn("twice", self.problem("auth: {checkers: [accounts, {accounts: {}, timeout: 2s}]}").text)

    def test_keys_of_every_entry(self) -> None:
        """Also where the kind is a text."""
        entry = self.entry("{python: 'a:B', verified_for: 0, breaker: {failures: 2, retry: 5s}}")
        self.assertEqual((entry.verified_seconds, entry.breaker), (0.0, BreakerSettings(failures=2, retry_seconds=5.0)))

    def test_absent_keys_of_every_entry(self) -> None:
        """The time of the section counts, and the breaker has its defaults."""
        entry = self.entry("accounts")
        self.assertEqual((entry.verified_seconds, entry.breaker), (None, BreakerSettings()))

    def test_python(self) -> None:
        """A text, with options beside it."""
        expected = PythonChecker(path="a:B", options={"x": 1})
        self.assertEqual(self.entry("{python: 'a:B', options: {x: 1}}"), expected)


class InstalledTests(EntriesCase):
    """Kinds of other packages."""

    def test_name_of_an_entry_point(self) -> None:
        """Its value is the options; the other keys are those of every entry."""
        install(self, acme="acme:Checker")
        expected = InstalledChecker(name="acme", options={"url": "x"}, timeout_seconds=2.0)
        self.assertEqual(self.entry("{acme: {url: x}, timeout: 2s}"), expected)

    def test_without_options(self) -> None:
        """A null will do."""
        install(self, acme="acme:Checker")
        self.assertEqual(self.entry("acme: null"), InstalledChecker(name="acme"))

    def test_options_that_are_no_mapping(self) -> None:
        """They are refused, and not shown."""
        install(self, acme="acme:Checker")
        problem = self.problem("auth: {checkers: [acme: hunter2]}")
        self.assertEqual(problem.text, "expected a mapping of keyword arguments, found a text")

    def test_name_that_is_not_installed(self) -> None:
        """The key is told."""
        problem = self.problem("auth: {checkers: [{acme: {}}]}")
        self.assertEqual(problem.path, "auth.checkers[0].acme")
        self.assertEqual(problem.text, "unknown key; no installed package offers a checker of this name")

    def test_two_kinds(self) -> None:
        """One of them may be another package's."""
        install(self, acme="acme:Checker")
        self.assertIn("found python and acme", self.problem("auth: {checkers: [{python: 'a:B', acme: {}}]}").text)

    def test_mistake_beside_it(self) -> None:
        """It is told at its own key."""
        install(self, acme="acme:Checker")
        self.assertEqual(self.problem("auth: {checkers: [{acme: {}, timeout: soon}]}").path, "auth.checkers[0].timeout")

    def test_a_reload_tells_a_change_without_the_options(self) -> None:
        """They may hold passwords."""
        install(self, acme="acme:Checker")
        files: list[Any] = [  # Any: see `changed`
            load(self.write(f"auth: {{checkers: [acme: {{p: {secret}}}]}}"), {}) for secret in ("one", "two")
        ]
        self.assertEqual(changed(*files), ("auth.checkers changed",))
