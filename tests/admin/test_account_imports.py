"""``ftpd-service account import``."""

from __future__ import annotations

import json

from tests.admin.accounts import AccountsCase

HASH = (
    "$6$rounds=1000$WLG7bRpfz.9KKnMH"
    "$aPljgEr59y4oIZghllTp7NssDbHC9Xxd0x4lueIxgSsmSg4MABnKSbAjbR6YH54KZfNi2CCwMoyHTnKZLfiLN0"
)


class ImportTests(AccountsCase):
    """``account import``."""

    def imported(self, form: str, text: str, *more: str) -> str:
        """Import a file."""
        return self.ok("account", "import", self.write("file", text), "--format", form, *more)

    def broken(self, form: str, text: str, *more: str) -> str:
        """Import a file with a mistake; nothing may change."""
        before = self.names()
        message = self.refused("account", "import", self.write("file", text), "--format", form, *more)
        self.assertEqual(self.names(), before)
        return message.removeprefix(f"Error: {self.path('file')}: ")

    def test_passwd(self) -> None:
        """Home and hash; an account without a login shell is disabled."""
        self.imported(
            "passwd", f"# comment\n\nalice:{HASH}:1:1::/home/alice:/bin/sh\nbin:x:2:2::/bin:/usr/sbin/nologin\n"
        )
        alice, other = self.row("alice"), self.row("bin")
        self.assertEqual((alice.password, alice.settings["home"], alice.enabled), (HASH, "/home/alice", True))
        self.assertEqual((other.password, other.enabled), (None, False))

    def test_passwd_with_shadow(self) -> None:
        """The hashes are in the other file; a locked account is disabled."""
        shadow = self.write("shadow", f"alice:{HASH}:1:0:9:7:::\nbob:!{HASH}:1:0:9:7:::\n")
        self.imported("passwd", "alice:x:1:1::/a:\nbob:x:2:2::/b:\n", "--shadow", shadow)
        self.assertEqual((self.row("alice").password, self.row("alice").enabled), (HASH, True))
        self.assertEqual((self.row("bob").password, self.row("bob").enabled), (HASH, False))

    def test_shadow_changes_passwords_only(self) -> None:
        """The settings of accounts that exist stay."""
        self.ok("account", "add", "alice", "--home", "/a")
        self.imported("shadow", f"alice:{HASH}:1:0:9:7:::\n", "--replace")
        self.assertEqual((self.row("alice").password, self.row("alice").settings), (HASH, {"home": "/a"}))

    def test_puredb(self) -> None:
        """Home, rates, sessions and quota; a chroot mark is no part of the home."""
        self.imported("puredb", f"alice:{HASH}:1:1::/srv/a/./:1000:2000:::3:100:5000000::::::\n")
        settings = self.row("alice").settings
        self.assertEqual(settings["home"], "/srv/a")
        self.assertEqual(settings["limits"], {"upload": "1000B/s", "download": "2000B/s", "sessions": 3})
        self.assertEqual(settings["quota"], {"files": 100, "bytes": 5000000})

    def test_networks_and_hours_of_puredb(self) -> None:
        """The addresses of clients that may log in, and the restriction of the time."""
        line = ":".join(["alice", HASH, "1", "1", "", "/a", *[""] * 9, "10.0.0.0/8,192.0.2.1", "", "0900-1800"])
        self.imported("puredb", line)
        settings = self.row("alice").settings
        self.assertEqual(settings["networks"], ["10.0.0.0/8", "192.0.2.1"])
        self.assertEqual(settings["hours"], "mon-sun 09:00-18:00")

    def test_json_of_the_configuration(self) -> None:
        """A mapping of names, with the keys of the file."""
        text = json.dumps({"alice": {"password": HASH, "home": "/a", "group": "customers"}})
        self.imported("json", text)
        row = self.row("alice")
        self.assertEqual((row.password, row.settings, row.group_name), (HASH, {"home": "/a"}, "customers"))

    def test_json_of_the_list(self) -> None:
        """What ``list --json`` prints goes into another database."""
        self.ok("account", "add", "alice", "--home", "/a", "--group", "customers")
        self.ok("account", "disable", "alice")
        text = self.ok("account", "list", "--json")
        self.ok("account", "remove", "alice")
        self.imported("json", text)
        row = self.row("alice")
        self.assertEqual((row.settings, row.group_name, row.enabled), ({"home": "/a"}, "customers", False))

    def test_group_of_the_option(self) -> None:
        """For accounts that name none."""
        self.imported("passwd", "alice:x:1:1::/a:\n", "--group", "customers")
        self.assertEqual(self.row("alice").group_name, "customers")

    def test_one_mistake_imports_nothing(self) -> None:
        """And names its line."""
        self.assertTrue(self.broken("passwd", "alice:x:1:1::/a:\n\nbob:x:1\n").startswith("line 3: expected 7 fields"))

    def test_unknown_hash_is_not_shown(self) -> None:
        """The line may hold a password."""
        message = self.broken("passwd", "alice:hunter2:1:1::/a:\n")
        self.assertTrue(message.startswith("line 1: alice: expected a password as one of"))
        self.assertNotIn("hunter2", message)

    def test_name_twice(self) -> None:
        """In the file."""
        self.assertEqual(self.broken("passwd", "a:x:1:1::/a:\na:x:1:1::/a:\n"), "line 2: 'a' stands twice\n")

    def test_name_that_exists(self) -> None:
        """Without --replace it is a mistake, and the accounts before it are not made."""
        self.ok("account", "add", "zoe")
        self.assertIn("there is an account 'zoe' already", self.broken("passwd", "a:x:1:1::/a:\nzoe:x:1:1::/z:\n"))

    def test_wrong_json(self) -> None:
        """Each kind of mistake, with its line."""
        self.assertIn(
            "line 3: bob: hom: unknown key", self.broken("json", '{"alice": {"home": "/a"},\n\n"bob": {"hom": 1}}')
        )
        self.assertIn("line 2: expected an account", self.broken("json", '[{"name": "a"},\n"b"]'))
        self.assertIn("expected a list of accounts", self.broken("json", "3"))
        self.assertIn("line 1", self.broken("json", '{"alice": '))

    def test_not_utf_8(self) -> None:
        """The line is named."""
        with open(self.path("file"), "wb") as file:
            file.write(b"a:x:1:1::/a:\n\xff:x:1:1::/b:\n")
        self.assertIn(
            "line 2: is not UTF-8", self.refused("account", "import", self.path("file"), "--format", "passwd")
        )

    def test_refused_addresses_of_puredb(self) -> None:
        """A restriction that we cannot keep is never dropped silently."""
        line = ":".join(["alice", HASH, "1", "1", "", "/a", *[""] * 8, "10.0.0.1", "", "", ""])
        self.assertIn("line 1: refused local addresses", self.broken("puredb", line))

    def test_dry_run(self) -> None:
        """Checks, and changes nothing."""
        self.assertIn("1 accounts", self.imported("passwd", "alice:x:1:1::/a:\n", "--dry-run"))
        self.assertEqual(self.names(), [])
