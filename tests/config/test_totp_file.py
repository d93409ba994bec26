"""The key `totp_file` of accounts."""

from __future__ import annotations

import os

from ftpd_service.config.account_text import read_account, read_group
from ftpd_service.config.load import inspected
from tests.config.files import FileTestCase

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


class TotpFileTests(FileTestCase):
    """Its values, and its check on this host."""

    def value(self, text: str) -> str | None:
        """The setting of an account."""
        return self.loaded(f"accounts: {{a: {{home: /x, totp_file: {text}}}}}").accounts.accounts["a"].totp_file

    def test_paths(self) -> None:
        """Relative ones are beside the configuration; the name may stand in them."""
        relative, absolute = self.value("totp/a"), self.value("'/totp/{name}'")
        self.assertEqual((relative, absolute), (os.path.join(self.folder, "totp/a"), "/totp/{name}"))

    def test_none_and_null(self) -> None:
        """One lifts the file of the defaults, the other is as if the key were absent."""
        self.assertEqual((self.value("none"), self.value("null")), ("", None))

    def test_wrong_values(self) -> None:
        """They are told."""
        for text in ("7", "'~/a'", "'/totp/{user}'", "''"):
            problem = self.problem(f"accounts: {{a: {{home: /x, totp_file: {text}}}}}")
            self.assertEqual(problem.path, "accounts.a.totp_file", text)

    def test_row_of_a_database(self) -> None:
        """It has the same key."""
        self.assertEqual(read_account({"totp_file": "totp/a"}, folder="/etc/ftpd").totp_file, "/etc/ftpd/totp/a")

    def test_group_with_one_file(self) -> None:
        """All its accounts would have the same secret."""
        problem = self.problem("groups:\n  staff:\n    totp_file: /x/staff\n")
        self.assertEqual((problem.line, problem.path), (3, "groups.staff.totp_file"))
        self.assertIn("expected {name} in the path", problem.text)

    def test_defaults_with_one_file(self) -> None:
        """Likewise."""
        self.assertEqual(self.problem("account_defaults: {totp_file: /x}").path, "account_defaults.totp_file")

    def test_group_of_a_database_with_one_file(self) -> None:
        """Likewise; it may lift the file of the defaults."""
        self.assertRaises(ValueError, read_group, {"totp_file": "/x/staff"}, folder="/")
        self.assertEqual(read_group({"totp_file": "none"}, folder="/").totp_file, "")

    def warnings(self) -> list[str]:
        """The warnings about the key on this host."""
        config = self.loaded(f"accounts: {{a: {{home: {self.folder}, totp_file: a}}}}")
        return [warning for warning in inspected(str(config.source), config) if "totp_file" in warning]

    def test_file_that_cannot_be_used_is_told(self) -> None:
        """Missing, or without a secret; the text does not show it."""
        self.assertIn("No such file", self.warnings()[0])
        self.write("hunter2\n", "a")
        (warning,) = self.warnings()
        self.assertNotIn("hunter2", warning)

    def test_file_that_everybody_may_read_is_told(self) -> None:
        """It holds a secret."""
        os.chmod(self.write(SECRET, "a"), 0o644)
        self.assertIn("everybody", self.warnings()[0])
        os.chmod(self.write(SECRET, "a"), 0o600)
        self.assertEqual(self.warnings(), [])

    def test_file_through_the_defaults_is_told(self) -> None:
        """At the account, which has no key of its own; an account without codes has no file."""
        text = f"account_defaults: {{home: {self.folder}, totp_file: '{{name}}.totp'}}\naccounts:\n  a: {{}}\n"
        config = self.loaded(f"{text}  b: {{totp_file: none}}\n")
        (warning,) = [one for one in inspected(str(config.source), config) if "totp_file" in one]
        self.assertIn(f":3: accounts.a: totp_file: {self.folder}/a.totp cannot be read: No such file", warning)
