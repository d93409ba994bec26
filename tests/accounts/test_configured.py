"""The accounts of the file, merged with the defaults."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterator

from zope.interface.verify import verifyObject

from ftpd_service.account import Account, AccountSettings, unusable_in_path
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.errors import LoginRefused
from ftpd_service.login_interfaces import IAccounts
from ftpd_service.resumption_mode import ResumptionMode
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase

READ = Permissions.LIST | Permissions.READ


def configured(
    entry: AccountSettings | None = None, defaults: AccountSettings | None = None, sessions: int | None = None
) -> ConfiguredAccounts:
    """Accounts with one entry, alice, or none."""
    entries = {} if entry is None else {"alice": entry}
    return ConfiguredAccounts(
        AccountsSettings(accounts=entries, defaults=defaults, limits=AccountSettings(sessions=sessions))
    )


class CountedEntries(UserDict[str, AccountSettings]):
    """Entries that count how often all of them are looked at."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()


class AccountTests(SynchronousTestCase):
    """Which names have an account."""

    def account(self, accounts: ConfiguredAccounts, name: str) -> Account | None:
        """The account of a name that another checker has accepted."""
        return accounts.otherwise(name, None)

    def test_provides_its_interface(self) -> None:
        """Whoever asks for IAccounts may be given this."""
        self.assertTrue(verifyObject(IAccounts, configured()))

    def test_entry_is_an_account(self) -> None:
        """A name with an entry has an account under its name."""
        self.assertEqual(self.account(configured(AccountSettings()), "alice"), Account(name="alice"))

    def test_unknown_name_without_defaults_is_none(self) -> None:
        """Without `account_defaults` a name without an entry gets nothing."""
        self.assertIsNone(self.account(configured(AccountSettings()), "bob"))

    def test_defaults_make_an_account_of_any_name(self) -> None:
        """With `account_defaults` every avatar id has an account."""
        self.assertEqual(self.account(configured(defaults=AccountSettings()), "bob"), Account(name="bob"))

    def test_own_cap_goes_before_the_others(self) -> None:
        """The entry's sessions decide where it has some."""
        accounts = configured(AccountSettings(sessions=1), AccountSettings(sessions=2), 3)
        self.assertEqual(self.account(accounts, "alice"), Account(name="alice", sessions=1))

    def test_cap_of_the_defaults_goes_before_the_limit(self) -> None:
        """Then the defaults' sessions."""
        accounts = configured(AccountSettings(), AccountSettings(sessions=2), 3)
        self.assertEqual(self.account(accounts, "alice"), Account(name="alice", sessions=2))

    def test_own_resumption_goes_before_the_defaults(self) -> None:
        """``off`` is a word, too."""
        required = AccountSettings(data_resumption=ResumptionMode.REQUIRED)
        accounts = configured(AccountSettings(data_resumption=ResumptionMode.OFF), required)
        self.assertEqual(self.account(accounts, "alice"), Account(name="alice", data_resumption=ResumptionMode.OFF))
        self.assertEqual(self.account(accounts, "bob"), Account(name="bob", data_resumption=ResumptionMode.REQUIRED))

    def test_limit_is_the_last_word(self) -> None:
        """Then `limits.sessions_per_account`."""
        self.assertEqual(
            self.account(configured(AccountSettings(), AccountSettings(), 3), "alice"),
            Account(name="alice", sessions=3),
        )


class PasswordTests(SynchronousTestCase):
    """Stored passwords."""

    def test_entry_gives_its_password(self) -> None:
        """The stored password of an entry is given as it is."""
        accounts = configured(AccountSettings(password="{plain}x"))
        self.assertEqual(self.successResultOf(accounts.stored("alice")), "{plain}x")

    def test_entry_without_one_gives_none(self) -> None:
        """An entry without a password cannot log in by itself."""
        self.assertIsNone(self.successResultOf(configured(AccountSettings()).stored("alice")))

    def test_defaults_are_no_password(self) -> None:
        """The defaults never let anybody in."""
        accounts = configured(defaults=AccountSettings(password="any"))
        self.assertIsNone(self.successResultOf(accounts.stored("bob")))

    def test_decoys_are_the_stored_passwords(self) -> None:
        """The decoys are what the entries have, those without a password left out."""
        accounts = ConfiguredAccounts(
            AccountsSettings(accounts={"a": AccountSettings(password="{plain}x"), "b": AccountSettings()})
        )
        self.assertEqual(accounts.decoys(), ("{plain}x",))

    def test_repr_of_an_entry_shows_no_password(self) -> None:
        """Settings may be logged; their passwords may not."""
        self.assertNotIn("hunter2", repr(AccountSettings(password="{plain}hunter2")))


class TlsTests(SynchronousTestCase):
    """Which accounts need TLS."""

    def accounts(self, defaults: bool | None = None, **needs: bool | None) -> ConfiguredAccounts:
        """Accounts by what each entry says."""
        entries = {name: AccountSettings(needs_tls=need) for name, need in needs.items()}
        common = None if defaults is None else AccountSettings(needs_tls=defaults)
        return ConfiguredAccounts(AccountsSettings(accounts=entries, defaults=common))

    def needed(self, accounts: ConfiguredAccounts, *names: str) -> list[bool | None]:
        """What the accounts say of some names."""
        return [self.successResultOf(accounts.needs_tls(name)) for name in names]

    def test_none_does(self) -> None:
        """Then every name may be tried."""
        for accounts in (self.accounts(), self.accounts(alice=None, bob=False), self.accounts(False, alice=None)):
            self.assertFalse(self.successResultOf(accounts.some_need_tls()))

    def test_one_does(self) -> None:
        """The others are known, and an unknown name is not."""
        accounts = self.accounts(alice=True, bob=None)
        self.assertEqual(self.needed(accounts, "alice", "bob", "carol"), [True, False, None])
        self.assertTrue(self.successResultOf(accounts.some_need_tls()))

    def test_the_defaults_do(self) -> None:
        """All but those that say otherwise."""
        accounts = self.accounts(True, alice=None, bob=False)
        self.assertEqual(self.needed(accounts, "alice", "bob"), [True, False])

    def test_defaults_alone_need_it(self) -> None:
        """Names without an entry may have an account by the defaults."""
        self.assertTrue(self.successResultOf(self.accounts(True, bob=False).some_need_tls()))

    def test_anonymous_has_two_names(self) -> None:
        """Both are let in in clear, or neither."""
        self.assertEqual(self.needed(self.accounts(anonymous=None), "anonymous", "FTP"), [False, False])
        self.assertEqual(self.needed(self.accounts(anonymous=True), "Anonymous", "ftp"), [True, True])

    def test_the_question_is_not_asked_of_each_account_at_each_login(self) -> None:
        """Ten thousand accounts cost a login in clear no more than one."""
        entries = CountedEntries({"alice": AccountSettings(), "bob": AccountSettings(needs_tls=True)})
        accounts = ConfiguredAccounts(AccountsSettings(accounts=entries))
        self.successResultOf(accounts.some_need_tls())
        walks = entries.walks
        self.assertTrue(self.successResultOf(accounts.some_need_tls()))
        accounts.decoys()
        self.assertEqual(entries.walks, walks)

    def test_the_account_says_so(self) -> None:
        """Whichever name led to it."""
        accounts = configured(AccountSettings(needs_tls=False), defaults=AccountSettings(needs_tls=True))
        known = [accounts.otherwise(name, None) for name in ("alice", "bob")]
        self.assertEqual([account.needs_tls for account in known if account], [False, True])


class EntryTests(SynchronousTestCase):
    """`account`, which the checker of the file answers: entries only."""

    def test_entry_is_found(self) -> None:
        """An entry has an account, merged with the defaults."""
        accounts = configured(AccountSettings(), AccountSettings(sessions=2))
        self.assertEqual(self.successResultOf(accounts.account("alice")), Account(name="alice", sessions=2))

    def test_entry_is_merged_once(self) -> None:
        """Each login of the account gets the same record."""
        accounts = configured(AccountSettings())
        first, second = (self.successResultOf(accounts.account("alice")) for _ in range(2))
        self.assertIs(first, second)

    def test_defaults_do_not_make_an_entry(self) -> None:
        """A live session whose entry is gone has no account any more, whatever the defaults are."""
        self.assertIsNone(self.successResultOf(configured(defaults=AccountSettings()).account("bob")))


class HomeTests(SynchronousTestCase):
    """Where the files are."""

    def account(self, accounts: ConfiguredAccounts, name: str = "alice") -> Account:
        """The account of a name."""
        found = accounts.otherwise(name, None)
        assert found is not None
        return found

    def test_own_settings_decide(self) -> None:
        """An entry's home, permissions and create_home go before the defaults'."""
        accounts = configured(
            AccountSettings(home="/srv/a", permissions=READ, create_home=False),
            AccountSettings(home="/srv/{name}", permissions=Permissions.ALL, create_home=True),
        )
        self.assertEqual(self.account(accounts), Account(name="alice", home="/srv/a", permissions=READ))

    def test_defaults_fill_what_an_entry_leaves_out(self) -> None:
        """What the entry leaves out comes from the defaults."""
        accounts = configured(
            AccountSettings(), AccountSettings(home="/srv/{name}", permissions=Permissions.ALL, create_home=True)
        )
        account = self.account(accounts)
        self.assertEqual((account.home_path(), account.create_home), ("/srv/alice", True))
        self.assertEqual(account.permissions, Permissions.ALL)

    def test_nothing_said_means_read_only_and_no_making(self) -> None:
        """Defaults refuse: without a word an account can list and read, and no home is made."""
        account = self.account(configured(AccountSettings(home="/srv/a")))
        self.assertEqual((account.permissions, account.create_home), (READ, False))

    def test_no_home_is_none(self) -> None:
        """An account without any home has none; the login is refused later."""
        self.assertIsNone(self.account(configured(AccountSettings())).home_path())

    def test_name_is_put_in_once(self) -> None:
        """An avatar id that looks like the template is not expanded again."""
        accounts = configured(defaults=AccountSettings(home="/srv/{name}"))
        self.assertEqual(self.account(accounts, "{name}").home_path(), "/srv/{name}")

    def test_dangerous_id_is_refused_where_a_template_uses_it(self) -> None:
        """``..`` as an avatar id does not leave the folder of homes."""
        accounts = configured(defaults=AccountSettings(home="/srv/{name}"))
        self.assertRaises(LoginRefused, self.account(accounts, "..").home_path)

    def test_dangerous_id_is_harmless_without_a_template(self) -> None:
        """The rule holds wherever a template uses the id, and nowhere else."""
        accounts = configured(defaults=AccountSettings(home="/srv/shared"))
        self.assertEqual(self.account(accounts, "DOMAIN/bob").home_path(), "/srv/shared")


class UnusableTests(SynchronousTestCase):
    """Avatar ids that must not become part of a path."""

    def test_empty(self) -> None:
        """An empty id would name the folder of all homes."""
        self.assertIsNotNone(unusable_in_path(""))

    def test_leading_dot(self) -> None:
        """``.``, ``..`` and hidden names are refused."""
        self.assertIsNotNone(unusable_in_path(".ssh"))

    def test_slash(self) -> None:
        """An id with a slash would name somebody else's folder."""
        self.assertIsNotNone(unusable_in_path("a/b"))

    def test_control_characters(self) -> None:
        """NUL, line ends, DEL and the C1 controls are refused."""
        self.assertNotIn(None, [unusable_in_path(f"a{character}") for character in "\0\n\r\x1f\x7f\x85"])

    def test_dot_and_blank_inside_are_harmless(self) -> None:
        """Names of people and mail addresses pass."""
        self.assertIsNone(unusable_in_path("anna.b c@example.net"))

    def test_letters_of_other_scripts_are_harmless(self) -> None:
        """UTF-8 names pass, and bytes that are no UTF-8 (as lone surrogates) too."""
        self.assertIsNone(unusable_in_path("зоя\udcff"))
