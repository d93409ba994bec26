"""``ftpd-service account`` and ``ftpd-service group``, on a database of SQLite."""

from __future__ import annotations

import json

from ftpd_service.accounts.rows import GroupRow, set_group
from ftpd_service.admin.database_of_file import opened
from ftpd_service.auth.passwords import verify
from ftpd_service.database.connecting import reading, writing
from ftpd_service.database.tables import current_revision
from tests.admin.accounts import CONFIGURATION, AccountsCase
from tests.admin.commands import CommandCase


class AddTests(AccountsCase):
    """``account add``."""

    def test_options_become_settings(self) -> None:
        """In the form of the configuration file."""
        words = ("--home", "/srv/a", "--permissions", "read,create", "--set", "limits.sessions=2")
        self.ok("account", "add", "alice", *words)
        settings = {"home": "/srv/a", "permissions": ["read", "create"], "limits": {"sessions": 2}}
        self.assertEqual(self.row("alice").settings, settings)

    def test_password_is_stored_as_a_hash(self) -> None:
        """The next line of standard input."""
        self.ok("account", "add", "alice", "--password-stdin", typed="secret\nmore\n")
        stored = self.row("alice").password
        assert stored is not None
        self.assertTrue(verify(stored, b"secret"))

    def test_without_a_password(self) -> None:
        """The account is made, and the command says how to give it one."""
        self.assertIn("'ftpd-service account passwd alice'", self.ok("account", "add", "alice"))
        self.assertIsNone(self.row("alice").password)

    def test_group_fills_what_is_left_out(self) -> None:
        """The groups of the file count too."""
        self.ok("account", "add", "alice", "--group", "customers")
        told = self.shown("alice")
        self.assertEqual((told["home"], told["group"]), ("/srv/alice", "customers"))
        self.assertEqual(told["permissions"], ["list", "read", "create", "append", "make-directory"])

    def test_unknown_group_is_refused(self) -> None:
        """The logins of such an account would be refused."""
        self.assertIn("there is no group 'nobody'", self.refused("account", "add", "alice", "--group", "nobody"))
        self.assertEqual(self.names(), [])

    def test_name_that_exists(self) -> None:
        """Nothing is changed."""
        self.ok("account", "add", "alice", "--home", "/a")
        self.assertIn("already", self.refused("account", "add", "alice", "--home", "/b"))
        self.assertEqual(self.shown("alice")["home"], "/a")

    def test_name_with_control_characters(self) -> None:
        """Databases and logs would not bear it."""
        self.assertIn("control character", self.refused("account", "add", "a\x01b"))

    def test_wrong_value_names_its_key(self) -> None:
        """Whether it came by an option or by --set."""
        self.assertIn("permissions: ", self.refused("account", "add", "alice", "--permissions", "most"))
        self.assertIn("limits.sessions: ", self.refused("account", "add", "alice", "--set", "limits.sessions=many"))
        self.assertIn("colour: unknown key", self.refused("account", "add", "alice", "--set", "colour=red"))
        self.assertIn("expected KEY=VALUE", self.refused("account", "add", "alice", "--set", "tls"))

    def test_code_is_no_setting(self) -> None:
        """Only the file names classes."""
        self.assertIn("only the configuration", self.refused("account", "add", "a", "--set", "storage={python: 'a:B'}"))


class LostGroupTests(AccountsCase):
    """Accounts and groups that cannot be used."""

    def test_account_whose_group_is_gone_is_disabled(self) -> None:
        """The group may have left the configuration file; a new group must be there."""
        self.ok("account", "add", "alice", "--group", "customers")
        self.write("ftpd.yaml", CONFIGURATION.replace("customers", "others"))
        self.ok("account", "disable", "alice")
        self.assertFalse(self.row("alice").enabled)
        self.assertIn("there is no group 'nobody'", self.refused("account", "set", "alice", "--group", "nobody"))

    def test_group_with_wrong_settings_is_named(self) -> None:
        """Another program may have written it."""
        engine = opened(self.config)
        self.addCleanup(engine.dispose)
        with writing(engine) as connection:
            set_group(connection, GroupRow(name="g", settings={"permissions": "most"}))
        self.assertIn("group 'g' of the database: permissions:", self.refused("account", "list"))


class ChangeTests(AccountsCase):
    """``account set``, ``passwd``, ``disable``, ``enable``, ``remove``."""

    def setUp(self) -> None:
        super().setUp()
        self.ok(
            "account", "add", "alice", "--home", "/a", "--set", "limits.sessions=2", "--password-stdin", typed="x\n"
        )

    def revision(self) -> int:
        """The counter that a running service watches."""
        engine = opened(self.config)
        self.addCleanup(engine.dispose)
        with reading(engine) as connection:
            return current_revision(connection)

    def test_other_settings_stay(self) -> None:
        """Only what is given changes."""
        before = self.row("alice")
        self.ok("account", "set", "alice", "--permissions", "all")
        after = self.row("alice")
        self.assertEqual(after.settings, {"home": "/a", "limits": {"sessions": 2}, "permissions": "all"})
        self.assertEqual((after.password, after.created), (before.password, before.created))

    def test_key_is_taken_away(self) -> None:
        """An empty section goes with its last key."""
        self.ok("account", "set", "alice", "--unset", "limits.sessions")
        self.assertEqual(self.row("alice").settings, {"home": "/a"})

    def test_wrong_value_changes_nothing(self) -> None:
        """The transaction is undone."""
        self.refused("account", "set", "alice", "--home", "/b", "--set", "tls=maybe")
        self.assertEqual(self.row("alice").settings["home"], "/a")

    def test_group_comes_and_goes(self) -> None:
        """--no-group takes the account out."""
        self.ok("account", "set", "alice", "--group", "customers")
        self.assertEqual(self.row("alice").group_name, "customers")
        self.ok("account", "set", "alice", "--no-group")
        self.assertIsNone(self.row("alice").group_name)

    def test_new_password(self) -> None:
        """The former one does not count any more."""
        self.ok("account", "passwd", "alice", "--password-stdin", typed="new\n")
        stored = self.row("alice").password
        assert stored is not None
        self.assertEqual((verify(stored, b"new"), verify(stored, b"x")), (True, False))

    def test_disabled_and_enabled(self) -> None:
        """The list says so."""
        self.ok("account", "disable", "alice")
        self.assertIn("disabled", self.ok("account", "list"))
        self.ok("account", "enable", "alice")
        self.assertNotIn("disabled", self.ok("account", "list"))

    def test_removed(self) -> None:
        """It is gone."""
        self.ok("account", "remove", "alice")
        self.assertEqual(self.names(), [])

    def test_unknown_name(self) -> None:
        """Each command says so in a line."""
        for words in (("set", "bob"), ("disable", "bob"), ("enable", "bob"), ("remove", "bob"), ("show", "bob")):
            self.assertEqual(self.refused("account", *words), "Error: there is no account 'bob' in the database\n")

    def test_running_service_sees_each_change(self) -> None:
        """The counter moves."""
        before = self.revision()
        self.ok("account", "set", "alice", "--permissions", "all")
        self.ok("account", "disable", "alice")
        self.assertEqual(self.revision(), before + 2)


class GroupTests(AccountsCase):
    """``group``."""

    def test_settings_count_for_its_accounts(self) -> None:
        """After a change too."""
        self.ok("group", "add", "staff", "--home", "/staff/{name}")
        self.ok("account", "add", "alice", "--group", "staff")
        self.ok("group", "set", "staff", "--permissions", "all")
        told = self.shown("alice")
        self.assertEqual((told["home"], len(told["permissions"])), ("/staff/alice", 10))

    def test_group_with_accounts_stays(self) -> None:
        """Their logins would be refused."""
        self.ok("group", "add", "staff")
        self.ok("account", "add", "alice", "--group", "staff")
        self.assertIn("has 1 accounts", self.refused("group", "remove", "staff"))
        self.ok("account", "set", "alice", "--no-group")
        self.ok("group", "remove", "staff")
        self.assertEqual(json.loads(self.ok("group", "list", "--json")), [])

    def test_names_are_kept_apart(self) -> None:
        """``add`` makes, ``set`` changes."""
        self.assertIn("there is no group 'staff'", self.refused("group", "set", "staff"))
        self.ok("group", "add", "staff")
        self.assertIn("already", self.refused("group", "add", "staff"))

    def test_group_is_shown(self) -> None:
        """With its own settings."""
        self.ok("group", "add", "staff", "--permissions", "read")
        told = json.loads(self.ok("group", "show", "staff", "--json"))
        self.assertEqual(told, {"name": "staff", "settings": {"permissions": "read"}})


class WithoutDatabaseTests(CommandCase):
    """What a file without a database gets."""

    def test_a_line(self) -> None:
        """Which key is missing."""
        config = self.write("ftpd.yaml", "listing: {dot_files: true}\n")
        result = self.run_it("-c", config, "account", "list")
        self.assertEqual(result.exit_code, 1)
        self.assertIn("database is missing", result.output.replace(":", "").replace("  ", " "))

    def test_missing_tables(self) -> None:
        """The command that makes them."""
        config = self.write("ftpd.yaml", CONFIGURATION)
        result = self.run_it("-c", config, "account", "list")
        self.assertEqual(result.exit_code, 1)
        self.assertIn(f"ftpd-service -c {config} database upgrade", result.output)
