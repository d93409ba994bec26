"""The sections of names: the general section, and those of listeners, accounts and groups."""

from __future__ import annotations

from ftpd_service.accounts.layers import Layers
from ftpd_service.config.account_text import read_account
from ftpd_service.naming import Naming
from tests.config.files import FileTestCase


class NameSectionTests(FileTestCase):
    """What comes of the keys."""

    def test_listener_goes_before_the_general_section(self) -> None:
        """Key by key; the graph merges them."""
        config = self.loaded('{names: {charset: GBK}, listeners: [{names: {charset: sjis}}, {endpoint: "tcp:2122"}]}')
        general = config.session.names
        merged = [listener.names.over(general).charset for listener in config.listeners]
        self.assertEqual(merged, ["shift_jis", "gbk"])

    def test_account_goes_before_group_and_defaults(self) -> None:
        """Likewise."""
        settings = self.loaded(
            """
            groups: {g: {names: {charset: gbk}}}
            account_defaults: {group: g, names: {charset: big5}}
            accounts: {a: {names: {charset: cp1252}}, b: {}}
            """
        ).accounts
        layers = Layers(groups=settings.groups, defaults=settings.defaults)
        found = [layers.account(name, settings.accounts[name]).names.charset for name in "ab"]
        self.assertEqual(found, ["cp1252", "gbk"])

    def test_account_from_outside_the_file(self) -> None:
        """Checkers and the database give the same keys."""
        self.assertEqual(read_account({"names": {"charset": "cp936"}}, folder="/").names, Naming(charset="gbk"))

    def test_unsafe_set_is_a_mistake(self) -> None:
        """The text says where the sets are listed."""
        problem = self.problem("names: {charset: utf-16}")
        self.assertEqual(problem.path, "names.charset")
        self.assertIn("expected a character set of docs/names.rst", problem.text)
