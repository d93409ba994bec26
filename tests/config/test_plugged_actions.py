"""Actions of other packages in ``hooks.rules``."""

from __future__ import annotations

from ftpd_service.config.problems import Problem
from ftpd_service.hooks.settings import InstalledAction, PythonAction
from tests.auth.packages import offer
from tests.config.files import FileTestCase

ABOVE = "database: 'sqlite:////var/lib/ftpd/db'\nhooks:\n  rules:\n    - id: notify\n      on: uploaded\n      do:\n"
"""The lines above the action, which is line 7."""


class PluggedKeysTests(FileTestCase):
    """The keys, and their mistakes."""

    def entry(self, inside: str) -> object:
        """The settings of an action."""
        ((action,),) = (rule.actions for rule in self.loaded(f"{ABOVE}        - {{{inside}}}\n").hooks.rules)
        return action

    def wrong(self, inside: str) -> Problem:
        """The only mistake."""
        return self.problem(f"{ABOVE}        - {{{inside}}}\n")

    def test_dotted_path(self) -> None:
        """With options, and the keys of every action."""
        expected = PythonAction(path="acme:Publish", options={"topic": "files"}, timeout_seconds=5.0)
        self.assertEqual(self.entry("python: 'acme:Publish', options: {topic: files}, timeout: 5s"), expected)

    def test_name_of_an_entry_point(self) -> None:
        """Its options are the value, which may be empty."""
        offer(self, "ftpd_service.actions", {"broker": "acme:Publish"})
        expected = InstalledAction(name="broker", options={"topic": "files"}, retry_seconds=3600.0)
        self.assertEqual(self.entry("broker: {topic: files}, retry_for: 1h"), expected)
        self.assertEqual(self.entry("broker: null"), InstalledAction(name="broker"))

    def test_options_of_an_entry_point_are_keyword_arguments(self) -> None:
        """Anything else is told at the line."""
        offer(self, "ftpd_service.actions", {"broker": "acme:Publish"})
        self.assertEqual(self.wrong("broker: files").line, 7)

    def test_name_that_no_package_offers(self) -> None:
        """The text says so, at the line and the key."""
        problem = self.wrong("broker: {topic: files}")
        self.assertEqual((problem.line, problem.path), (7, "hooks.rules[0].do[0].broker"))
        self.assertIn("no installed package offers an action", problem.text)

    def test_two_kinds(self) -> None:
        """Both are named."""
        offer(self, "ftpd_service.actions", {"broker": "acme:Publish"})
        self.assertIn("program and broker", self.wrong("program: [/bin/true], broker: {}").text)

    def test_options_without_a_path(self) -> None:
        """They would do nothing."""
        offer(self, "ftpd_service.actions", {"broker": "acme:Publish"})
        self.assertEqual(self.wrong("broker: {}, options: {topic: files}").path, "hooks.rules[0].do[0].options")
