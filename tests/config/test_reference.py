"""Tests that the shipped examples and the reference page keep up with the keys."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from ftpd_service.config.auth_sections import KINDS
from ftpd_service.config.example import example
from ftpd_service.config.keys import all_keys
from ftpd_service.config.load import load
from ftpd_service.config.reference import reference
from ftpd_service.config.schema import Config
from ftpd_service.config.sections import LATER
from ftpd_service.config.yaml_text import parse
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase
from tests.config.files import FileTestCase

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def text_of(*names: str) -> str:
    """A file of the source tree."""
    with open(os.path.join(TREE, *names), encoding="utf-8") as file:
        return file.read()


def with_examples(text: str) -> str:
    """A file with every example in force: a ``#`` that touches what stands behind it goes."""
    lines: list[str] = []
    for line in text.splitlines():
        example = re.match(r"( *)#(?! )(\S.*)", line)
        if example:
            key = f"{example[1]}{example[2].partition(':')[0]}:"
            # An example of another value takes the place of the default above it, if they are neighbours.
            lines = lines[:-5] + [old for old in lines[-5:] if not old.startswith(key)]
            lines.append(example[1] + example[2])
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def patterns(value: object, above: str = "") -> Iterator[str]:
    """The paths of all keys of plain values, as `all_keys` writes them."""
    if isinstance(value, list):
        for item in value:
            yield from patterns(item, f"{above}*.")
    elif isinstance(value, dict):
        for key, item in value.items():
            entries = above in ("accounts.", "groups.", "tls.names.") or above.endswith(".folders.")
            path = above + ("*" if entries else str(key))
            yield path
            if path != "auth.checkers.*.options":
                yield from patterns(item, f"{path}.")


class Reference(SynchronousTestCase):
    """docs/configuration.rst."""

    def test_the_page_is_what_the_keys_say(self) -> None:
        """Made anew by ``python -m ftpd_service.config.reference > docs/configuration.rst``."""
        self.assertEqual(text_of("docs", "configuration.rst"), reference())

    def test_every_key_has_a_description(self) -> None:
        """A sentence, ended."""
        self.assertEqual([key.path for key in all_keys() if not key.description.endswith(".")], [])

    def test_no_key_is_both_there_and_not(self) -> None:
        """A key that enters leaves the list of later ones."""
        self.assertEqual(LATER & {key.path for key in all_keys()}, frozenset())


class Examples(FileTestCase):
    """The files in etc/."""

    def test_the_full_example_is_what_the_keys_say(self) -> None:
        """Made anew by ``make docs``."""
        self.assertEqual(text_of("etc", "ftpd.yaml"), example())

    def test_the_full_example_is_all_defaults(self) -> None:
        """What it says of a default is true."""
        path = os.path.join(TREE, "etc", "ftpd.yaml")
        config = load(path, {})
        self.assertEqual(config, Config(source=path, warnings=config.warnings))

    def test_the_full_example_has_every_key(self) -> None:
        """And no other one."""
        values = parse(with_examples(text_of("etc", "ftpd.yaml")).encode()).values
        # The names of accounts, servers and parts, and the options of a stranger's class are no keys of the schema.
        entries = {"accounts.*", "groups.*", "tls.names.*", "accounts.*.folders.*", "account_defaults.folders.*"}
        free = (".options.", "logging.levels.", ".ldap.groups.", ".ldap.attributes.")
        named = {*entries, *(path for path in patterns(values) if any(part in path for part in free))}
        # Groups have the keys of `account_defaults`, and the example shows some of them.
        # Entries of hooks are shown by one example each, and docs/hooks.rst has their keys.
        apart = ("groups.", "hooks.rules.*", "hooks.verdicts.*")
        shown = {path for path in patterns(values) if not path.startswith(apart)}
        # The rules and uploads of a folder have the keys of those of an account.
        repeated = (".folders.*.rules", ".folders.*.uploads")
        known = {key.path for key in all_keys() if not any(part in key.path for part in repeated)}
        self.assertEqual(shown - named, {path for path in known if not path.startswith(apart)})

    def test_the_full_example_loads_with_its_examples(self) -> None:
        """Whoever takes a # away has a right file."""
        self.write("any\n", "bob.hash")
        config = self.loaded(with_examples(text_of("etc", "ftpd.yaml")))
        self.assertEqual(set(config.accounts.accounts), {"alice", "bob", "anonymous"})
        self.assertEqual(list(dict.fromkeys(type(one) for one in config.auth.checkers)), list(KINDS.values()))

    def test_the_minimal_example_serves_demo_and_anonymous(self) -> None:
        """On the loopback address, without a warning; anonymous only reads."""
        config = load(os.path.join(TREE, "etc", "ftpd-minimal.yaml"), {})
        self.assertEqual(config.warnings, ())
        self.assertEqual(config.listeners, Config().listeners)
        demo, anonymous = config.accounts.accounts["demo"], config.accounts.accounts["anonymous"]
        self.assertEqual((demo.permissions, demo.create_home), (Permissions.ALL, True))
        self.assertEqual(anonymous.permissions, Permissions.LIST | Permissions.READ)
        self.assertEqual(demo.home, os.path.join(TREE, "run", "demo"))
