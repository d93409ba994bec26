"""What --check tells of this host: homes, rights of files, descriptors."""

from __future__ import annotations

import os
import resource

from ftpd_service.config.load import inspected, load
from tests.config.files import FileTestCase
from tests.tls.hands import pair


class HostCase(FileTestCase):
    """A file that is right."""

    def setUp(self) -> None:
        """A folder, and a home in it."""
        super().setUp()
        self.home = os.path.join(self.folder, "home")
        os.mkdir(self.home)

    def told(self, text: str, *, mode: int = 0o600) -> list[str]:
        """The warnings of a file, without its name."""
        path = self.write(text)
        os.chmod(path, mode)
        return [line.removeprefix(path) for line in inspected(path, load(path, {"SECRET": "x"}))]


class HomeTests(HostCase):
    """Where accounts live."""

    def test_a_home_that_is_there(self) -> None:
        """Nothing is told."""
        self.assertEqual(self.told("accounts:\n  alice: {home: home}\n"), [])

    def test_a_missing_home(self) -> None:
        """What becomes of the logins, and what to do."""
        (line,) = self.told("accounts:\n  alice:\n    home: none\n")
        self.assertTrue(line.startswith(f":3: accounts.alice.home: {self.folder}/none is missing"))
        self.assertIn("create_home: true", line)

    def test_a_missing_home_that_is_made(self) -> None:
        """By the account's own word, or by the defaults'."""
        self.assertEqual(self.told("accounts: {alice: {home: none, create_home: true}}"), [])
        self.assertEqual(self.told("account_defaults: {create_home: true}\naccounts: {alice: {home: none}}"), [])
        self.assertEqual(len(self.told("account_defaults: {home: none, create_home: true}")), 0)

    def test_a_missing_home_of_a_storage_that_is_not_local(self) -> None:
        """Its class decides what the home is."""
        named = "storage: {python: 'acme:Storage'}"
        self.assertEqual(self.told(f"account_defaults: {{home: none, {named}}}\naccounts: {{alice: {{home: x}}}}"), [])
        local = f"account_defaults: {{{named}}}\naccounts: {{alice: {{home: none, storage: local}}}}"
        self.assertEqual(len(self.told(local)), 1)

    def test_a_file_is_no_home(self) -> None:
        """It cannot be made one either."""
        (line,) = self.told("accounts:\n  alice: {home: ftpd.yaml, create_home: true}\n")
        self.assertTrue(line.startswith(":2: accounts.alice.home: "))
        self.assertIn("is no directory", line)

    def test_a_home_below_a_file(self) -> None:
        """With the system's reason."""
        (line,) = self.told("accounts:\n  alice: {home: ftpd.yaml/x}\n")
        self.assertIn("Not a directory", line)

    def test_the_home_of_the_defaults(self) -> None:
        """For each account that has no other; of all others only the template is known."""
        text = f"account_defaults:\n  home: {self.folder}/{{name}}\naccounts:\n  home: {{}}\n  bob: {{}}\n"
        (line,) = self.told(text)
        self.assertIn(f":5: accounts.bob: {self.folder}/bob is missing", line)
        (line,) = self.told("account_defaults:\n  home: none\naccounts: {a: {}, b: {}}\n")
        self.assertIn(":2: account_defaults.home: ", line)

    def test_a_name_that_must_not_stand_in_a_path(self) -> None:
        """Its logins are refused by the name alone, as the realm sees it: there is no home to look for."""
        text = f"account_defaults:\n  home: {self.folder}/{{name}}\naccounts: {{.a: {{}}, a/b: {{}}}}\n"
        self.assertEqual(self.told(text), [])


class DescriptorTests(HostCase):
    """``limits.sessions`` and RLIMIT_NOFILE."""

    def setUp(self) -> None:
        """A process that may have 256."""
        super().setUp()
        self.patch(resource, "getrlimit", lambda which: (256, 256))

    def test_more_sessions_than_descriptors(self) -> None:
        """With the number, and what to raise."""
        (line,) = self.told("limits:\n  sessions: 1000000\n")
        self.assertTrue(line.startswith(":2: limits.sessions: "))
        self.assertIn("256: raise LimitNOFILE=", line)

    def test_the_bound(self) -> None:
        """Some are needed beside the sessions."""
        self.assertEqual(self.told("limits: {sessions: 38}"), [])
        self.assertEqual(len(self.told("limits: {sessions: 39}")), 1)

    def test_the_default_is_not_told(self) -> None:
        """A first try under a shell's limit is no mistake."""
        self.assertEqual(self.told("limits: {idle_timeout: 5m}"), [])


class RightsTests(HostCase):
    """Files with secrets that others may read."""

    PLAIN = "accounts:\n  alice: {{home: home, password: '{}'}}\n"

    def test_a_file_with_passwords_in_clear(self) -> None:
        """Where everybody may read it."""
        (line,) = self.told(self.PLAIN.format("{plain}x"), mode=0o644)
        self.assertTrue(line.startswith(":1: accounts: "))
        self.assertIn("passwords in clear, and everybody on this host may read it: chmod o-rwx", line)
        self.assertEqual(self.told(self.PLAIN.format("{plain}x"), mode=0o600), [])

    def test_a_group_that_is_not_the_services(self) -> None:
        """Its own is how the file is handed to a service; root cannot tell which that will be."""
        self.patch(os, "geteuid", lambda: 1000)
        self.patch(os, "getegid", lambda: 4_000_000)
        self.patch(os, "getgroups", list)
        (line,) = self.told(self.PLAIN.format("{plain}x"), mode=0o640)
        self.assertIn("a group that is not the service's", line)
        self.patch(os, "getgroups", lambda: [os.stat(self.folder).st_gid])
        self.assertEqual(self.told(self.PLAIN.format("{plain}x"), mode=0o640), [])

    def test_hashes_may_be_read(self) -> None:
        """And so may a reference to the environment."""
        self.assertEqual(self.told(self.PLAIN.format("any"), mode=0o644), [])
        self.assertEqual(self.told(self.PLAIN.format("{plain}${SECRET}"), mode=0o644), [])

    def test_a_password_file(self) -> None:
        """At its own key."""
        os.chmod(self.write("{plain}x\n", "secret"), 0o604)
        (line,) = self.told("accounts:\n  alice: {home: home, password_file: secret}\n", mode=0o644)
        self.assertTrue(line.startswith(f":2: accounts.alice.password_file: {self.folder}/secret holds"))

    def test_keys_and_their_passwords(self) -> None:
        """Of the default and of each name."""
        one, two = pair(self.folder, "one.example"), pair(self.folder, "two.example")
        assert one.private_key is not None and two.private_key is not None
        secret = self.write("x\n", "secret")
        for file in (one.private_key, two.private_key, secret):
            os.chmod(file, 0o644)
        lines = self.told(
            f"tls:\n  certificate: {one.certificate}\n  private_key: {one.private_key}\n"
            f"  private_key_password_file: {secret}\n  names:\n"
            f"    two.example: {{certificate: {two.certificate}, private_key: {two.private_key}}}\n"
        )
        self.assertEqual([line.split(": ")[0] for line in lines], [":3", ":4", ":6"])
        self.assertIn("the password of a private key", lines[1])

    def test_a_key_in_the_file_of_its_certificate(self) -> None:
        """Then it is that file which must not be read."""
        one = pair(self.folder, "one.example")
        os.chmod(one.certificate, 0o644)
        (line,) = self.told(f"tls:\n  certificate: {one.certificate}\n")
        self.assertIn(":2: tls.certificate: ", line)


class OwnerTests(HostCase):
    """The owner of new files."""

    def test_an_unknown_owner(self) -> None:
        """The text names it."""
        (line,) = self.told("groups:\n  g: {owner: no-such-user}\n")
        self.assertIn("groups.g.owner: this host has no user 'no-such-user': new files keep the owner", line)

    def test_an_owner_whom_the_system_would_refuse(self) -> None:
        """A plain user may not give files away, to a group of others either."""
        self.patch(os, "geteuid", lambda: 1000)
        self.patch(os, "getegid", lambda: 1000)
        self.patch(os, "getgroups", lambda: [1001])
        told = self.told("groups:\n  a: {owner: '7:8'}\n  b: {owner: ':1001'}\n  c: {owner: '1000'}\n")
        self.assertEqual([line[:24] for line in told], [":2: groups.a.owner: the "] * 2)
        self.assertIn("needs CAP_CHOWN", told[0])
