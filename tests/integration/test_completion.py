"""Completion of ``ftpd-service`` by real shells, with the shipped files of share/."""

from __future__ import annotations

import click

from ftpd_service.admin.cli import main
from tests.integration.shells import ShellCase

SUB_COMMANDS = main.list_commands(click.Context(main))


class BashTests(ShellCase):
    """bash, with Debian's bash-completion."""

    def test_sub_commands(self) -> None:
        """All of them."""
        self.assertEqual(self.in_bash("ftpd-service ")[1:], SUB_COMMANDS)

    def test_sub_commands_of_a_sub_command(self) -> None:
        """By their beginning."""
        self.assertEqual(self.in_bash("ftpd-service account e"), ["ftpd-service", "account", "enable"])

    def test_options(self) -> None:
        """Behind two dashes."""
        self.assertEqual(self.in_bash("ftpd-service bans add --")[3:], ["--for", "--reason", "--help"])

    def test_file_names(self) -> None:
        """For the configuration, with the directories on the way."""
        (self.folder / "first.yaml").touch()
        (self.folder / "fixed").mkdir()
        self.assertEqual(sorted(self.in_bash("ftpd-service -c fi")[2:]), ["first.yaml", "fixed"])

    def test_words_of_an_argument(self) -> None:
        """Those that it may be."""
        self.assertEqual(self.in_bash("ftpd-service print fail2ban-")[2:], ["fail2ban-filter", "fail2ban-jail"])

    def test_accounts(self) -> None:
        """Those of the configuration that the line names."""
        (self.folder / "f.yaml").write_text("accounts: {alice: {home: /a}, bob: {home: /b}}\n")
        self.assertEqual(self.in_bash("ftpd-service -c f.yaml explain a")[4:], ["alice"])


class ZshTests(ShellCase):
    """zsh, whose compinit finds the shipped function."""

    def test_sub_commands(self) -> None:
        """All of them."""
        self.assertEqual(sorted(self.in_zsh("ftpd-service ")[1:]), SUB_COMMANDS)

    def test_sub_commands_of_a_sub_command(self) -> None:
        """By their beginning."""
        self.assertEqual(self.in_zsh("ftpd-service account e"), ["ftpd-service", "account", "enable"])

    def test_options(self) -> None:
        """Behind two dashes."""
        self.assertEqual(sorted(self.in_zsh("ftpd-service bans add --")[3:]), ["--for", "--help", "--reason"])

    def test_file_names(self) -> None:
        """For the configuration, with the directories on the way."""
        (self.folder / "first.yaml").touch()
        (self.folder / "fixed").mkdir()
        self.assertEqual(sorted(self.in_zsh("ftpd-service -c fi")[2:]), ["first.yaml", "fixed/"])

    def test_accounts(self) -> None:
        """Those of the configuration that the line names."""
        (self.folder / "f.yaml").write_text("accounts: {alice: {home: /a}, bob: {home: /b}}\n")
        self.assertEqual(self.in_zsh("ftpd-service -c f.yaml explain a")[4:], ["alice"])
