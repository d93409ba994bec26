"""The rules of accounts in SQL, the same for SQLite and PostgreSQL: a mixin for their tests."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import event, text
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.account import Account, AccountSettings
from ftpd_service.accounts.database import KEPT_SECONDS, DatabaseAccounts
from ftpd_service.accounts.rows import GroupRow, disable_account, enable_account, set_group, set_password
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.config.account_text import read_account, read_group
from ftpd_service.database.queries import Database
from ftpd_service.errors import LoginRefused, LoginUnavailable
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import Permissions
from tests.accounts.in_database import HOSTILE, DatabaseCase

T = TypeVar("T")

ARGON = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA"
BCRYPT = "$2b$04$abcdefghijklmnopqrstuv"


class AccountsContract(DatabaseCase):
    """`DatabaseAccounts`.

    :ivar queries: counts queries for accounts.
    """

    def accounts(self, **below: Any) -> DatabaseAccounts:  # Any: the fields of the settings
        """The accounts, above some settings of the file."""
        self.clock, self.revision, self.queries = Clock(), 1, 0
        self.database = Database(self.settings, at_once, self.clock)
        self.addCleanup(lambda: self.answer(self.database.close()))
        event.listen(self.database._engine, "before_cursor_execute", self.count)
        return DatabaseAccounts(
            self.database,
            partial(read_account, folder="/etc"),
            AccountsSettings(**below),
            read_group=partial(read_group, folder="/etc"),
            now=self.clock.seconds,
            revision=lambda: self.revision,
        )

    def count(self, *given: object) -> None:
        """Count a query for accounts."""
        self.queries += "FROM accounts" in str(given[2])

    def answer(self, asked: Coroutine[Deferred[Any], Any, T]) -> T:
        """The result of a coroutine."""
        return self.successResultOf(Deferred.fromCoroutine(asked))

    def account(self, name: str, **below: Any) -> Account:  # Any: as accounts
        """An account that is there."""
        found = self.answer(self.accounts(**below).account(name))
        assert found is not None
        return found

    def refusal(self, name: str, **below: Any) -> str:  # Any: as accounts
        """Why an account cannot be used."""
        asked = Deferred.fromCoroutine(self.accounts(**below).account(name))
        return str(self.failureResultOf(asked, LoginRefused).value)

    def test_settings_have_the_forms_of_the_file(self) -> None:
        """They are those of an entry of `accounts`."""
        self.add("alice", settings={"home": "/srv/{name}", "permissions": "all", "limits": {"upload": "1KiB/s"}})
        account = self.account("alice")
        self.assertEqual((account.home_path(), account.permissions), ("/srv/alice", Permissions.ALL))
        self.assertEqual(account.rates.upload, 1024)

    def test_an_unknown_name(self) -> None:
        """There is no account, even if there are defaults for names of other checkers."""
        accounts = self.accounts(defaults=AccountSettings(home="/srv"))
        self.assertIsNone(self.answer(accounts.account("alice")))

    def test_defaults_fill_in(self) -> None:
        """As for an entry of the file."""
        self.add("alice")
        self.assertEqual(self.account("alice", defaults=AccountSettings(home="/srv")).home, "/srv")

    def test_a_group_of_the_database(self) -> None:
        """Its settings stand between those of the account and the defaults."""
        self.change(partial(set_group, row=GroupRow(name="g", settings={"home": "/g", "permissions": "read"})))
        self.add("alice", group_name="g", settings={"permissions": "all"})
        account = self.account("alice", defaults=AccountSettings(home="/srv"))
        self.assertEqual((account.group, account.home, account.permissions), ("g", "/g", Permissions.ALL))

    def test_a_cap_of_a_group_of_the_database(self) -> None:
        """It is for all its accounts together, so that only a group may have the key."""
        self.change(partial(set_group, row=GroupRow(name="g", settings={"limits": {"group_sessions": 5}})))
        self.add("alice", group_name="g")
        self.assertEqual(self.account("alice").group_sessions, 5)

    def test_a_group_of_the_file(self) -> None:
        """An account of the database may belong to it."""
        self.add("alice", group_name="g")
        self.assertEqual(self.account("alice", groups={"g": AccountSettings(home="/g")}).home, "/g")

    def test_a_group_of_the_database_goes_before_one_of_the_file(self) -> None:
        """Where both have a name."""
        self.change(partial(set_group, row=GroupRow(name="g", settings={"home": "/database"})))
        self.add("alice", group_name="g")
        self.assertEqual(self.account("alice", groups={"g": AccountSettings(home="/file")}).home, "/database")

    def test_the_group_of_the_defaults(self) -> None:
        """It may be in the database."""
        self.change(partial(set_group, row=GroupRow(name="g", settings={"home": "/g"})))
        self.add("alice")
        self.assertEqual(self.account("alice", defaults=AccountSettings(group="g")).home, "/g")

    def test_a_group_that_is_missing(self) -> None:
        """The login is refused."""
        self.add("alice", group_name="g")
        self.assertEqual(self.refusal("alice"), "account 'alice': its group 'g' is not defined in groups")

    def test_wrong_settings(self) -> None:
        """The login is refused, and the log says why."""
        self.add("alice", settings={"permissions": "al"})
        self.assertIn(
            "account 'alice' of the database, or its group, cannot be used: permissions:", self.refusal("alice")
        )

    def test_settings_that_are_no_mapping(self) -> None:
        """Somebody else may have written the row."""
        self.add("alice")
        self.change(lambda connection: connection.execute(text("UPDATE accounts SET settings = '[1]'")))
        self.assertIn("cannot be used", self.refusal("alice"))

    def test_a_disabled_account(self) -> None:
        """It is refused, and not as an unknown name, for which defaults may hold; its password stays."""
        self.add("alice", password=ARGON, enabled=False)
        self.assertEqual(self.refusal("alice"), "account 'alice' is disabled")
        self.assertEqual(self.answer(self.accounts().stored("alice")), ARGON)

    def test_hostile_names(self) -> None:
        """They are no account's, and no text of a query."""
        self.add("alice", password=ARGON)
        accounts = self.accounts()
        self.assertEqual([self.answer(accounts.account(name)) for name in HOSTILE], [None] * len(HOSTILE))
        self.assertEqual([self.answer(accounts.stored(name)) for name in HOSTILE], [None] * len(HOSTILE))
        self.assertEqual([self.answer(accounts.needs_tls(name)) for name in HOSTILE], [None] * len(HOSTILE))
        self.assertIsNotNone(self.answer(accounts.account("alice")))

    def test_an_odd_name_that_is_an_account(self) -> None:
        """A name may have quotes and percent signs."""
        self.add("o'brien%s {name} \u4e2d", password=ARGON)
        self.assertEqual(self.answer(self.accounts().stored("o'brien%s {name} \u4e2d")), ARGON)

    def test_a_login_is_one_query(self) -> None:
        """Whether it needs TLS, its password and its account come from one row, which is kept."""
        self.add("alice", password=ARGON)
        accounts = self.accounts()
        self.answer(accounts.needs_tls("alice"))
        self.answer(accounts.stored("alice"))
        self.answer(accounts.account("alice"))
        self.assertEqual(self.queries, 1)

    def test_a_row_is_kept_for_some_seconds(self) -> None:
        """Then it is asked for again."""
        self.add("alice", password=ARGON)
        accounts = self.accounts()
        self.answer(accounts.stored("alice"))
        self.change(partial(set_password, name="alice", stored=BCRYPT, now=2.0))
        self.clock.advance(KEPT_SECONDS - 0.1)
        self.assertEqual(self.answer(accounts.stored("alice")), ARGON)
        self.clock.advance(0.1)
        self.assertEqual(self.answer(accounts.stored("alice")), BCRYPT)

    def test_a_row_is_dropped_when_the_revision_moves(self) -> None:
        """A change counts as soon as it is seen, also of an unknown name."""
        accounts = self.accounts()
        self.answer(accounts.stored("alice"))
        self.add("alice", password=ARGON)
        self.revision = 2
        self.assertEqual(self.answer(accounts.stored("alice")), ARGON)

    def test_needs_tls(self) -> None:
        """By the merged settings; ``ftp`` is another name of anonymous."""
        self.add("anonymous", settings={"tls": "required"})
        self.add("bob")
        accounts = self.accounts()
        names = ("anonymous", "FTP", "bob", "carol")
        self.assertEqual([self.answer(accounts.needs_tls(name)) for name in names], [True, True, False, None])

    def test_a_disabled_account_does_not_tell_that_it_is_there(self) -> None:
        """Whether it needs TLS is answered as for an unknown name."""
        self.add("alice", enabled=False, settings={"tls": "required"})
        self.assertIsNone(self.answer(self.accounts().needs_tls("alice")))

    def test_no_account_needs_tls(self) -> None:
        """Other settings may have the word required."""
        self.add("alice", settings={"data_protection": "required"})
        self.assertFalse(self.answer(self.accounts().some_need_tls()))

    def test_an_account_needs_tls(self) -> None:
        """One is enough."""
        self.add("alice")
        self.add("bob", settings={"tls": "required"})
        self.assertTrue(self.answer(self.accounts().some_need_tls()))

    def test_a_group_of_the_database_needs_tls(self) -> None:
        """If it has accounts."""
        self.change(partial(set_group, row=GroupRow(name="g", settings={"tls": "required"})))
        self.assertFalse(self.answer(self.accounts().some_need_tls()))
        self.add("alice", group_name="g")
        self.assertTrue(self.answer(self.accounts().some_need_tls()))

    def test_a_group_of_the_file_needs_tls(self) -> None:
        """If the database has accounts of it."""
        self.add("alice", group_name="g")
        self.assertTrue(self.answer(self.accounts(groups={"g": AccountSettings(needs_tls=True)}).some_need_tls()))

    def test_decoys_have_the_formats_in_use(self) -> None:
        """In the shares of the accounts, so that an unknown name costs what accounts cost."""
        self.add("none")
        self.add("old", password=BCRYPT)
        for number in range(3):
            self.add(f"new{number}", password=ARGON)
        accounts = self.accounts()
        self.answer(accounts.stored("unknown"))
        self.assertEqual(sorted(accounts.decoys()), sorted([BCRYPT] * 16 + [ARGON] * 48))

    def test_an_account_without_a_password_costs_what_an_unknown_name_costs(self) -> None:
        """The decoys are there for it too."""
        self.add("none")
        self.add("old", password=BCRYPT)
        accounts = self.accounts()
        self.answer(accounts.stored("none"))
        self.assertEqual(set(accounts.decoys()), {BCRYPT})

    def test_no_answer(self) -> None:
        """A broken database is no wrong password."""
        accounts = self.accounts()
        self.change(lambda connection: connection.execute(text("ALTER TABLE accounts RENAME TO gone")))
        self.addCleanup(self.change, lambda connection: connection.execute(text("ALTER TABLE gone RENAME TO accounts")))
        asked = Deferred.fromCoroutine(accounts.stored("alice"))
        self.assertIn("the database gave no answer: ", str(self.failureResultOf(asked, LoginUnavailable).value))

    def test_enabled_again(self) -> None:
        """The account is as before."""
        self.add("alice", password=ARGON, settings={"home": "/srv"})
        self.change(partial(disable_account, name="alice", now=2.0))
        self.change(partial(enable_account, name="alice", now=3.0))
        self.assertEqual(self.account("alice").home, "/srv")
