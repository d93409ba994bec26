"""The key ``storage`` of accounts and of their defaults."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from ftpd_service.account import AccountSettings, StorageChoice
from ftpd_service.config.differences import changed
from ftpd_service.config.json_schema import json_schema
from tests.config.files import FileTestCase

NAMED = '{python: "acme.store:Storage", options: {bucket: uploads, password: hunter2}, timeout: 2s}'


class Storages(FileTestCase):
    """What the file says of files that are elsewhere."""

    def of_alice(self, storage: str) -> AccountSettings:
        """The settings of an account with such a key."""
        return self.loaded(f"accounts: {{alice: {{password: '{{plain}}x', storage: {storage}}}}}").accounts.accounts[
            "alice"
        ]

    def test_a_class(self) -> None:
        """Its path, its options and its time reach the account."""
        self.assertEqual(
            self.of_alice(NAMED).storage,
            StorageChoice(
                python="acme.store:Storage", options={"bucket": "uploads", "password": "hunter2"}, timeout_seconds=2.0
            ),
        )

    def test_the_word_local(self) -> None:
        """An account may keep local files although its defaults say otherwise."""
        self.assertEqual(self.of_alice("local").storage, StorageChoice())

    def test_the_defaults(self) -> None:
        """For all accounts that say nothing."""
        config = self.loaded(f"account_defaults: {{storage: {NAMED}}}\naccounts: {{a: {{}}, b: {{storage: local}}}}")
        accounts = config.accounts
        self.assertEqual([accounts.has_local_files(name) for name in (None, "a", "b")], [False, False, True])

    def test_the_schema_of_the_file(self) -> None:
        """The word, a mapping with the class, and nothing else."""
        schema = Draft202012Validator(json_schema())
        values: tuple[object, ...] = ("local", {"python": "acme:S"}, "${WHERE}", "remote", {"options": {}}, 5)
        valid = [schema.is_valid({"account_defaults": {"storage": value}}) for value in values]
        self.assertEqual(valid, [True, True, True, False, False, False])

    def test_without_the_key(self) -> None:
        """Files are local."""
        self.assertTrue(self.loaded("accounts: {a: {}}").accounts.has_local_files("a"))

    def test_mistakes(self) -> None:
        """Another word, a class that is missing, a key that is unknown, no value: each with its line."""
        problems = self.problems(
            "accounts:\n"
            "  a: {storage: remote}\n"
            "  b: {storage: {options: {}}}\n"
            "  c: {storage: {python: 'acme:S', option: {}}}\n"
            "  d: {storage: }\n"
            "  e: {storage: {python: 'acme:S', options: 5}}\n"
        )
        self.assertEqual(
            [(one.line, one.path, one.text.partition(",")[0]) for one in problems],
            [
                (2, "accounts.a.storage", "expected local"),
                (3, "accounts.b.storage.python", "missing"),
                (4, "accounts.c.storage.option", "unknown key; did you mean options?"),
                (5, "accounts.d.storage", "expected local"),
                (6, "accounts.e.storage.options", "expected a mapping of keyword arguments"),
            ],
        )

    def test_an_account_without_home_is_warned_of_only_where_files_are_local(self) -> None:
        """A storage of another kind may do without."""
        text = "accounts: {a: {password: any, storage: STORAGE}}"
        named, local = (self.loaded(text.replace("STORAGE", one)).warnings for one in (NAMED, "local"))
        self.assertEqual(["has no home" in " ".join(one) for one in (named, local)], [False, True])

    def test_a_reload_names_the_key_and_shows_no_option(self) -> None:
        """One line, whatever is different in it; options may be passwords."""
        old = f"accounts: {{a: {{storage: {NAMED}}}}}"
        for new in (old.replace("hunter2", "hunter3"), old.replace("acme", "other"), "accounts: {a: {}}"):
            texts = changed(self.loaded(old), self.loaded(new))
            self.assertEqual(texts, ("accounts.a.storage changed",))
