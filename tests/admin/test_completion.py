"""The words that ``ftpd-service`` offers to a shell, without a shell; tests/integration has bash and zsh."""

from __future__ import annotations

import os

from click.shell_completion import ShellComplete

from ftpd_service.admin.cli import main
from ftpd_service.admin.completed_values import MOST_NAMES
from tests.admin.commands import CommandCase


class CompletionTests(CommandCase):
    """Values besides sub-commands, options and files."""

    def offered(self, *words: str) -> list[str]:
        """The words that are offered for the last of these words."""
        *before, last = words
        complete = ShellComplete(main, {}, "ftpd-service", "_FTPD_SERVICE_COMPLETE")
        return [item.value for item in complete.get_completions(before, last)]

    def database(self, *names: str) -> str:
        """A configuration with a database that has these accounts and the group staff."""
        config = self.write("ftpd.yaml", "database: sqlite:///ftpd.db\naccounts: {anna: {home: /a, password: any}}\n")
        self.assertEqual(self.run_it("-c", config, "database", "upgrade").exit_code, 0)
        self.assertEqual(self.run_it("-c", config, "group", "add", "staff", "--home", "/g").exit_code, 0)
        for name in names:
            self.assertEqual(self.run_it("-c", config, "account", "add", name, "--home", "/a").exit_code, 0)
        return config

    def test_sub_commands(self) -> None:
        """By their beginning, at each level."""
        self.assertEqual(self.offered("tot"), ["totp-secret"])
        self.assertEqual(self.offered("account", "pa"), ["passwd"])

    def test_accounts_of_the_database(self) -> None:
        """For the sub-commands that change them."""
        config = self.database("alice", "albert", "bob")
        self.assertEqual(self.offered("-c", config, "account", "show", "al"), ["albert", "alice"])

    def test_a_name_with_a_pattern_character_is_no_pattern(self) -> None:
        """The beginning is a text."""
        config = self.database("alice")
        self.assertEqual(self.offered("-c", config, "account", "show", "%"), [])

    def test_groups_of_the_database(self) -> None:
        """Where an option or an argument takes one."""
        config = self.database()
        self.assertEqual(self.offered("-c", config, "account", "add", "--group", "s"), ["staff"])
        self.assertEqual(self.offered("-c", config, "group", "remove", ""), ["staff"])

    def test_accounts_of_file_and_database(self) -> None:
        """For a question about either."""
        config = self.database("alice", "bob")
        self.assertEqual(self.offered("-c", config, "explain", "a"), ["alice", "anna"])

    def test_a_new_account_has_no_known_name(self) -> None:
        """Adding a name that exists is a mistake."""
        config = self.database("alice")
        self.assertEqual(self.offered("-c", config, "account", "add", "a"), [])

    def test_many_accounts(self) -> None:
        """Only so many are offered."""
        config = self.database()
        rows = ", ".join(f'"a{number}": {{}}' for number in range(MOST_NAMES + 1))
        self.write("many.json", f"{{{rows}}}")
        imported = self.run_it("-c", config, "account", "import", "--format", "json", self.path("many.json"))
        self.assertEqual(imported.exit_code, 0, imported.output)
        self.assertEqual(len(self.offered("-c", config, "account", "show", "a")), MOST_NAMES)

    def test_no_configuration(self) -> None:
        """Nothing is offered, and nothing fails."""
        self.assertEqual(self.offered("-c", self.path("none.yaml"), "explain", "a"), [])

    def test_a_broken_configuration(self) -> None:
        """Nothing is offered, and nothing fails."""
        config = self.write("ftpd.yaml", "accounts: [unfit\n")
        self.assertEqual(self.offered("-c", config, "explain", "a"), [])
        self.assertEqual(self.offered("-c", config, "account", "show", "a"), [])

    def test_a_configuration_that_nobody_writes(self) -> None:
        """A named pipe would hold the shell for good."""
        os.mkfifo(self.path("pipe"))
        self.assertEqual(self.offered("-c", self.path("pipe"), "explain", "a"), [])

    def test_a_database_of_another_host(self) -> None:
        """It is not asked, as it may be slow."""
        config = self.write("ftpd.yaml", "database: postgresql://192.0.2.1/ftpd\naccounts: {anna: {home: /a}}\n")
        self.assertEqual(self.offered("-c", config, "explain", "a"), ["anna"])

    def test_the_code_of_an_unknown_shell(self) -> None:
        """Is a mistake of the command line."""
        self.assertEqual(self.run_it("completion", "csh").exit_code, 2)
