"""The accounts of the file, merged with the defaults."""

from __future__ import annotations

from zope.interface.verify import verifyObject

from ftpd_service.accounts.configured import ConfiguredAccounts, Home, unusable_in_path
from ftpd_service.accounts.settings import AccountSettings, AccountsSettings
from ftpd_service.errors import LoginRefused
from ftpd_service.interfaces import IAccounts
from ftpd_service.policy.throttles import Rates
from ftpd_service.values import Account, Permissions, ResumptionMode
from tests.cases import SynchronousTestCase

READ = Permissions.LIST | Permissions.READ


def configured(
    entry: AccountSettings | None = None, defaults: AccountSettings | None = None, sessions: int | None = None
) -> ConfiguredAccounts:
    """Accounts with one entry, alice, or none."""
    entries = {} if entry is None else {"alice": entry}
    return ConfiguredAccounts(AccountsSettings(accounts=entries, defaults=defaults, sessions=sessions))


class AccountTests(SynchronousTestCase):
    """Which names have an account."""

    def account(self, accounts: ConfiguredAccounts, name: str) -> Account | None:
        """What `account` answers; it never waits."""
        found: Account | None = self.successResultOf(accounts.account(name))
        return found

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
        self.assertEqual(self.successResultOf(accounts.password_hash("alice")), "{plain}x")

    def test_entry_without_one_gives_none(self) -> None:
        """An entry without a password cannot log in by itself."""
        self.assertIsNone(self.successResultOf(configured(AccountSettings()).password_hash("alice")))

    def test_defaults_are_no_password(self) -> None:
        """The defaults never let anybody in."""
        accounts = configured(defaults=AccountSettings(password="any"))
        self.assertIsNone(self.successResultOf(accounts.password_hash("bob")))

    def test_decoys_are_the_stored_passwords(self) -> None:
        """The decoys are what the entries have, those without a password left out."""
        accounts = ConfiguredAccounts(
            AccountsSettings(accounts={"a": AccountSettings(password="{plain}x"), "b": AccountSettings()})
        )
        self.assertEqual(accounts.decoys(), ("{plain}x",))

    def test_rates_are_those_of_the_entry_or_the_defaults(self) -> None:
        """And nobody's are no limits."""
        settings = AccountsSettings(
            accounts={"alice": AccountSettings(rates=Rates(upload=1))}, defaults=AccountSettings(rates=Rates(upload=2))
        )
        accounts = ConfiguredAccounts(settings)
        self.assertEqual((accounts.rates("alice"), accounts.rates("bob")), (Rates(upload=1), Rates(upload=2)))
        self.assertEqual(ConfiguredAccounts(AccountsSettings()).rates("bob"), Rates())

    def test_repr_of_an_entry_shows_no_password(self) -> None:
        """Settings may be logged; their passwords may not."""
        self.assertNotIn("hunter2", repr(AccountSettings(password="{plain}hunter2")))


class TlsTests(SynchronousTestCase):
    """Which accounts need TLS."""

    def clear(self, defaults: bool | None = None, **needs: bool | None) -> frozenset[str] | None:
        """The names whose passwords may be looked at in clear, by what each entry says."""
        entries = {name: AccountSettings(needs_tls=need) for name, need in needs.items()}
        common = None if defaults is None else AccountSettings(needs_tls=defaults)
        return ConfiguredAccounts(AccountsSettings(accounts=entries, defaults=common)).clear_logins()

    def test_none_does(self) -> None:
        """Then every name may be tried."""
        self.assertIsNone(self.clear())
        self.assertIsNone(self.clear(alice=None, bob=False))
        self.assertIsNone(self.clear(defaults=False, alice=None))

    def test_one_does(self) -> None:
        """The others are all that is left: an unknown name is none of them."""
        self.assertEqual(self.clear(alice=True, bob=None), frozenset({"bob"}))

    def test_the_defaults_do(self) -> None:
        """All but those that say otherwise."""
        self.assertEqual(self.clear(defaults=True, alice=None, bob=False), frozenset({"bob"}))

    def test_anonymous_has_two_names(self) -> None:
        """Both are let in in clear, or neither."""
        self.assertEqual(self.clear(alice=True, anonymous=None), frozenset({"anonymous", "ftp"}))
        self.assertEqual(self.clear(alice=None, anonymous=True), frozenset({"alice"}))

    def test_the_account_says_so(self) -> None:
        """Whichever name led to it."""
        accounts = configured(AccountSettings(needs_tls=False), defaults=AccountSettings(needs_tls=True))
        known = [self.successResultOf(accounts.account(name)) for name in ("alice", "bob")]
        self.assertEqual([account.needs_tls for account in known if account], [False, True])


class HomeTests(SynchronousTestCase):
    """Where the files are."""

    def test_own_settings_decide(self) -> None:
        """An entry's home, permissions and create_home go before the defaults'."""
        accounts = configured(
            AccountSettings(home="/srv/a", permissions=READ, create_home=False),
            AccountSettings(home="/srv/{name}", permissions=Permissions.ALL, create_home=True),
        )
        self.assertEqual(accounts.home("alice"), Home(path="/srv/a", create=False, permissions=READ))

    def test_defaults_fill_what_an_entry_leaves_out(self) -> None:
        """What the entry leaves out comes from the defaults."""
        accounts = configured(
            AccountSettings(), AccountSettings(home="/srv/{name}", permissions=Permissions.ALL, create_home=True)
        )
        self.assertEqual(accounts.home("alice"), Home(path="/srv/alice", create=True, permissions=Permissions.ALL))

    def test_defaults_make_the_home_of_a_name_without_entry(self) -> None:
        """A name that only a checker knows has the defaults' home."""
        accounts = configured(defaults=AccountSettings(home="/srv/{name}"))
        self.assertEqual(accounts.home("bob").path, "/srv/bob")

    def test_nothing_said_means_read_only_and_no_making(self) -> None:
        """Defaults refuse: without a word an account can list and read, and no home is made."""
        accounts = configured(AccountSettings(home="/srv/a"))
        self.assertEqual(accounts.home("alice"), Home(path="/srv/a", create=False, permissions=READ))

    def test_no_home_is_refused(self) -> None:
        """An account without any home cannot log in; the text says which keys are missing."""
        problem = self.assertRaises(LoginRefused, configured(AccountSettings()).home, "alice")
        self.assertIn("account_defaults.home", str(problem))

    def test_name_without_account_has_no_home(self) -> None:
        """A name without entry and defaults has no home and no permissions."""
        accounts = configured(AccountSettings(home="/srv/a"))
        self.assertRaises(LoginRefused, accounts.home, "bob")
        self.assertEqual(accounts.permissions("bob"), Permissions.NONE)

    def test_name_is_put_in_once(self) -> None:
        """An avatar id that looks like the template is not expanded again."""
        accounts = configured(defaults=AccountSettings(home="/srv/{name}"))
        self.assertEqual(accounts.home("{name}").path, "/srv/{name}")

    def test_dangerous_id_is_refused_where_a_template_uses_it(self) -> None:
        """``..`` as an avatar id does not leave the folder of homes."""
        accounts = configured(defaults=AccountSettings(home="/srv/{name}"))
        self.assertRaises(LoginRefused, accounts.home, "..")

    def test_dangerous_id_is_harmless_without_a_template(self) -> None:
        """The rule holds wherever a template uses the id, and nowhere else."""
        accounts = configured(defaults=AccountSettings(home="/srv/shared"))
        self.assertEqual(accounts.home("DOMAIN/bob").path, "/srv/shared")


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
