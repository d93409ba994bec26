"""The manual pages in share/man are current, and speak of every key, sub-command and option."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from ftpd_service.admin.cli import main
from ftpd_service.admin.completion_command import PROGRAM
from ftpd_service.config.keys import all_keys
from ftpd_service.config.reference import shown_path
from ftpd_service.manual import roff
from ftpd_service.manual.command_page import command_page
from ftpd_service.manual.file_page import EXAMPLE_FILE, file_page
from tests.cases import SynchronousTestCase
from tests.config.files import FileTestCase
from tests.config.test_reference import text_of


def sub_commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every sub-command at any depth, with its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from sub_commands(command, f"{above}{name} ")


def section_of(page: str, heading: str) -> str:
    """A part of a page, from its heading to the next one."""
    found = re.search(rf'^\.SS "{re.escape(roff.escaped(heading))}"$(.*?)^\.S[HS] ', page, re.MULTILINE | re.DOTALL)
    return "" if found is None else found[1]


class FilePageTests(FileTestCase):
    """ftpd.yaml(5)."""

    def test_the_page_is_what_the_keys_say(self) -> None:
        """Made anew by ``make docs``."""
        self.assertEqual(text_of("share", "man", "man5", "ftpd.yaml.5"), file_page())

    def test_every_key_has_an_entry(self) -> None:
        """But for those of groups, which are those of account_defaults."""
        page = file_page()
        shown = [shown_path(key.path) for key in all_keys() if not key.path.startswith("groups.*")]
        entries = (f'.SS "{roff.escaped(path)}"\n' if "." not in path else f"\n{roff.bold(path)}\n" for path in shown)
        self.assertEqual([entry for entry in entries if entry not in page], [])

    def test_the_example_is_right(self) -> None:
        """Every key in it is one, and every value as well."""
        self.write("any\n", "alice.hash")
        config = self.loaded(EXAMPLE_FILE)
        self.assertEqual(list(config.accounts.accounts), ["alice"])


class CommandPageTests(SynchronousTestCase):
    """ftpd-service(1)."""

    def test_the_page_is_what_the_commands_say(self) -> None:
        """Made anew by ``make docs``."""
        self.assertEqual(text_of("share", "man", "man1", "ftpd-service.1"), command_page())

    def test_every_sub_command_has_a_part(self) -> None:
        """With its help."""
        page = command_page()
        named = [words for words, _ in sub_commands(main)]
        self.assertIn("account add", named)
        self.assertEqual([words for words in named if not section_of(page, words)], [])

    def test_every_option_has_an_entry_with_its_sub_command(self) -> None:
        """By its longest form."""
        page = command_page()
        lacking = [
            (words, option)
            for words, command in sub_commands(main)
            for parameter in command.params
            if isinstance(parameter, click.Option)
            for option in parameter.opts
            if roff.bold(option) not in section_of(page, words)
        ]
        self.assertEqual(lacking, [])

    def test_a_new_sub_command_appears_by_itself(self) -> None:
        """The page follows the tree of the commands."""

        @click.command()
        @click.option("--slowly", is_flag=True, help="Without haste.")
        def dance(slowly: bool) -> None:
            """Move to music."""

        page = command_page(click.Group(PROGRAM, commands={"dance": dance}))
        self.assertIn("Move to music.", section_of(page, "dance"))
        self.assertIn(roff.bold("--slowly"), section_of(page, "dance"))

    def test_a_hidden_sub_command_is_left_out(self) -> None:
        """As the command's own help does."""
        group = click.Group(PROGRAM, commands={"dance": click.Command("dance", hidden=True)})
        self.assertNotIn("dance", command_page(group))
