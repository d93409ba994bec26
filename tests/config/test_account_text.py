"""Settings of accounts from outside the file."""

from __future__ import annotations

from ftpd_service.account import AccountSettings
from ftpd_service.config.account_text import read_account, read_group
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase


class ReadAccountTests(SynchronousTestCase):
    """The keys of an entry of `accounts`, as plain values."""

    def read(self, **values: object) -> AccountSettings:
        """The settings."""
        return read_account(values, folder="/etc/ftpd")

    def refused(self, **values: object) -> str:
        """Why they are refused."""
        return str(self.assertRaises(ValueError, self.read, **values))

    def test_values_have_the_forms_of_the_file(self) -> None:
        """Relative paths are relative to the file, words and rates are read."""
        settings = self.read(home="alice", permissions="write", group="g", limits={"upload": "1KiB/s", "sessions": 2})
        write = Permissions.LIST | Permissions.READ | Permissions.CREATE | Permissions.APPEND
        expected = AccountSettings(
            home="/etc/ftpd/alice",
            permissions=write | Permissions.MAKE_DIRECTORY,
            group="g",
            sessions=2,
            rates={"upload": 1024},
        )
        self.assertEqual(settings, expected)

    def test_nothing_is_nothing(self) -> None:
        """Every key may be left out."""
        self.assertEqual(self.read(), AccountSettings())

    def test_all_mistakes_are_told(self) -> None:
        """Each with its key."""
        text = self.refused(home=3, permisions="all")
        self.assertIn("home: ", text)
        self.assertIn("permisions: unknown key", text)

    def test_password_is_no_key(self) -> None:
        """The source keeps it itself."""
        self.assertIn("password: ", self.refused(password="{plain}x"))

    def test_code_is_named_by_the_file_only(self) -> None:
        """An answer from the network never chooses what this process imports."""
        self.assertIn("only the configuration file", self.refused(storage={"python": "os:system"}))


class ReadGroupTests(SynchronousTestCase):
    """The settings of a group."""

    def test_a_group_has_keys_of_accounts(self) -> None:
        """Its accounts take them."""
        self.assertEqual(read_group({"home": "/x"}, folder="/etc/ftpd").home, "/x")

    def test_only_a_group_may_cap_its_sessions(self) -> None:
        """An account with the key would cap nothing."""
        values = {"limits": {"group_sessions": 5}}
        self.assertEqual(read_group(values, folder="/").group_sessions, 5)
        self.assertRaisesRegex(ValueError, "limits.group_sessions", read_account, values, folder="/")

    def test_a_group_has_no_group(self) -> None:
        """There are no groups of groups."""
        self.assertRaisesRegex(ValueError, "group", read_group, {"group": "g"}, folder="/")
