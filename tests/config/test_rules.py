"""The keys about an account's tree: rules, folders, hidden and refused names, owner and mode of new files."""

from __future__ import annotations

from ftpd_service.account import AccountSettings
from ftpd_service.config.account_text import read_account
from ftpd_service.config.differences import changed
from ftpd_service.path_rules import Folder, PathRule
from ftpd_service.values import Permissions, VirtualPath
from tests.config.files import FileTestCase


class RulesOfFileTests(FileTestCase):
    """What comes of the keys."""

    def of_alice(self, keys: str) -> AccountSettings:
        """An account with some keys."""
        return self.loaded(f"accounts: {{alice: {{{keys}}}}}").accounts.accounts["alice"]

    def said(self, keys: str) -> tuple[str, str]:
        """The place and the text of the one problem with some keys."""
        problem = self.problem(f"accounts: {{alice: {{{keys}}}}}")
        return problem.path, problem.text

    def test_rules(self) -> None:
        """In order, with sets by name and lists."""
        rules = '[{path: "/in/**", allow: [list, create], id: drop-box}, {path: "*.key", deny: all}]'
        self.assertEqual(
            self.of_alice(f"rules: {rules}").rules,
            (
                PathRule(path="/in/**", allow=Permissions.LIST | Permissions.CREATE, id="drop-box"),
                PathRule(path="*.key", deny=Permissions.ALL),
            ),
        )

    def test_no_rules(self) -> None:
        """An empty list takes the place of a group's rules, and an absent one does not."""
        self.assertEqual((self.of_alice("rules: []").rules, self.of_alice("").rules), ((), None))

    def test_a_rule_with_both(self) -> None:
        """It is one of them."""
        said = self.said("rules: [{path: /a, allow: read, deny: all}]")
        self.assertEqual(said, ("accounts.alice.rules[0]", "expected either allow or deny, found both"))

    def test_a_rule_with_neither(self) -> None:
        """Likewise."""
        said = self.said("rules: [{path: /a}]")
        self.assertEqual(said, ("accounts.alice.rules[0]", "expected either allow or deny, found neither"))

    def test_a_rule_without_a_pattern(self) -> None:
        """Nothing is about everything by mistake."""
        self.assertEqual(self.said("rules: [{allow: read}]"), ("accounts.alice.rules[0].path", "missing"))

    def test_a_pattern_with_a_mistake(self) -> None:
        """The text says which."""
        path, text = self.said("rules: [{path: in/x, allow: read}]")
        self.assertEqual(path, "accounts.alice.rules[0].path")
        self.assertTrue(text.endswith('found "in/x": a pattern with a slash begins with / or **/'), text)

    def test_an_unknown_key_of_a_rule(self) -> None:
        """With the key that was meant."""
        said = self.said("rules: [{path: /a, allow: read, idd: x}]")
        self.assertEqual(said, ("accounts.alice.rules[0].idd", "unknown key; did you mean id?"))

    def test_two_rules_with_one_id(self) -> None:
        """The log could not tell them apart."""
        said = self.said("rules: [{path: /a, deny: all, id: x}, {path: /b, deny: all, id: x}]")
        self.assertEqual(said, ("accounts.alice.rules", "two rules have the id x: give each rule its own"))

    def test_an_id_that_looks_like_a_number(self) -> None:
        """Numbers are those of rules without an id; permissions is the default rule."""
        self.assertEqual(self.said('rules: [{path: /a, deny: all, id: "2"}]')[0], "accounts.alice.rules[0].id")
        self.assertEqual(self.said("rules: [{path: /a, deny: all, id: permissions}]")[0], "accounts.alice.rules[0].id")

    def test_folders(self) -> None:
        """Each with its place, and perhaps its own permissions and rules."""
        keys = 'folders: {/shared: {path: srv, permissions: read, rules: [{path: "/shared/in/**", allow: [create]}]}}'
        self.assertEqual(
            self.of_alice(keys).folders,
            (
                Folder(
                    path=VirtualPath("/shared"),
                    host=f"{self.folder}/srv",
                    permissions=Permissions.LIST | Permissions.READ,
                    rules=(PathRule(path="/shared/in/**", allow=Permissions.CREATE),),
                ),
            ),
        )

    def test_no_folders(self) -> None:
        """As with rules."""
        self.assertEqual((self.of_alice("folders: {}").folders, self.of_alice("").folders), ((), None))

    def test_a_place_that_is_none(self) -> None:
        """The root, a relative path, a slash at the end, dots."""
        places = ["/", "shared", "/shared/", "/a/../b", "/a//b"]
        said = [self.said(f'folders: {{"{place}": {{path: /srv}}}}')[1][:29] for place in places]
        self.assertEqual(said, ["expected places that begin wi"] * 5)

    def test_a_folder_without_a_directory(self) -> None:
        """It has to be somewhere."""
        self.assertEqual(self.said("folders: {/a: {permissions: read}}"), ("accounts.alice.folders./a.path", "missing"))

    def test_an_unknown_key_of_a_folder(self) -> None:
        """With the key that was meant."""
        said = self.said("folders: {/a: {path: /srv, permission: read}}")
        self.assertEqual(said, ("accounts.alice.folders./a.permission", "unknown key; did you mean permissions?"))

    def test_hidden_and_refused_names(self) -> None:
        """Lists of patterns."""
        alice = self.of_alice('hide: ["**/.*"], refuse: ["*.exe", "/a/*"]')
        self.assertEqual((alice.hide, alice.refuse), (("**/.*",), ("*.exe", "/a/*")))

    def test_a_pattern_where_a_list_is_wanted(self) -> None:
        """The text shows the list."""
        said = self.said('hide: "*.exe"')
        self.assertEqual(said[1], 'expected a list of patterns such as ["*.exe"], found "*.exe"')

    def test_new_files(self) -> None:
        """Bits in octal digits, an owner by names."""
        alice = self.of_alice('umask: "007", mode: "640", owner: "ftp:customers"')
        self.assertEqual((alice.umask, alice.mode, alice.owner), (0o007, 0o640, "ftp:customers"))

    def test_modes_are_texts_without_special_bits(self) -> None:
        """YAML would read 0640 as 640, and no client gets a set-user-ID file."""
        self.assertIn("found 640", self.said("mode: 0640")[1])
        self.assertIn("expected octal digits in quotes", self.said('mode: "4755"')[1])

    def test_owners_that_are_none(self) -> None:
        """An empty name, and more than two."""
        said = [self.said(f'owner: "{owner}"')[1][:14] for owner in ("a:", ":", "a:b:c", "a b")]
        self.assertEqual(said, ["expected user,"] * 4)

    def test_a_reload_tells_a_new_folder(self) -> None:
        """By its place."""
        old, new = (self.loaded(f"accounts: {{a: {{folders: {one}}}}}") for one in ("{}", "{/b: {path: /srv}}"))
        self.assertEqual(changed(old, new), ("accounts.a.folders./b is new",))

    def test_accounts_from_outside_have_the_keys_too(self) -> None:
        """Answers of checkers, and rows of a database."""
        values = {"rules": [{"path": "/in/**", "deny": "all"}], "folders": {"/a": {"path": "/srv"}}, "hide": [".*"]}
        account = read_account(values, folder="/etc")
        self.assertEqual(account.rules, (PathRule(path="/in/**", deny=Permissions.ALL),))
        self.assertEqual((account.folders, account.hide), ((Folder(path=VirtualPath("/a"), host="/srv"),), (".*",)))
