"""Storages that accounts name, looked at without a login: what the operator reads of a mistake."""

from __future__ import annotations

from ftpd_service.account import AccountSettings, StorageChoice
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.login_storages import find_storages, storage_problems
from ftpd_service.runtime.imported import PluginProblem
from tests.cases import SynchronousTestCase
from tests.storage.strangers import HERE


class FindTests(SynchronousTestCase):
    """The look at a storage without a login."""

    def text(self, path: str, **options: object) -> str:
        """The mistake of an account's storage."""
        choice = StorageChoice(python=path, options=options)
        accounts = AccountsSettings(accounts={"bob": AccountSettings(storage=choice)})
        ((where, text),) = storage_problems(accounts)
        self.assertEqual(where, ("accounts", "bob", "storage"))
        raised = self.assertRaises(PluginProblem, find_storages, accounts)
        self.assertEqual(str(raised), f"accounts.bob.storage: {text}")
        return text

    def test_no_path(self) -> None:
        """A module alone."""
        self.assertIn("expected package.module:Name", self.text("acme.store"))

    def test_no_module(self) -> None:
        """The import fails."""
        self.assertIn("tests.nowhere cannot be imported: ModuleNotFoundError", self.text("tests.nowhere:Storage"))

    def test_module_that_is_broken(self) -> None:
        """Whatever the import raises."""
        self.assertIn("cannot be imported", self.text("tests.auth.broken_module:Storage"))

    def test_no_name(self) -> None:
        """The module has no such class."""
        self.assertIn("has no Missing", self.text(f"{HERE}:Missing"))

    def test_no_class(self) -> None:
        """A value."""
        self.assertIn("is no class or function", self.text(f"{HERE}:NOT_CALLABLE"))

    def test_class_of_another_kind(self) -> None:
        """A class says what it implements."""
        self.assertIn("provides neither ftpd_service.interfaces.IStorage", self.text("collections:OrderedDict"))

    def test_option_that_is_unknown(self) -> None:
        """The class is not called, only its signature is read; no value is shown."""
        text = self.text(f"{HERE}:Remembered", buckets="hunter2")
        self.assertIn("options given (buckets): got an unexpected keyword argument 'buckets'", text)
        self.assertNotIn("hunter2", text)

    def test_option_that_is_missing(self) -> None:
        """Likewise."""
        self.assertIn("options given (none): missing a required", self.text(f"{HERE}:Demanding"))

    def test_defaults(self) -> None:
        """A mistake of the defaults has their key."""
        settings = AccountsSettings(defaults=AccountSettings(storage=StorageChoice(python="tests.nowhere:S")))
        self.assertEqual([where for where, _ in storage_problems(settings)], [("account_defaults", "storage")])

    def test_every_mistake_is_told(self) -> None:
        """Not the first alone."""
        wrong = AccountSettings(storage=StorageChoice(python="tests.nowhere:S"))
        settings = AccountsSettings(accounts={"a": wrong, "b": AccountSettings(), "c": wrong})
        self.assertEqual([where[1] for where, _ in storage_problems(settings)], ["a", "c"])
