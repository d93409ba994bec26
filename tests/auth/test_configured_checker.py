"""The accounts of the file as a checker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from argon2 import PasswordHasher
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from zope.interface.verify import verifyObject

from ftpd_service.account import AccountSettings
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.checkers.configured import ConfiguredChecker, Recent
from ftpd_service.auth.credentials import HeldName
from ftpd_service.auth.hashing import Hashing
from ftpd_service.auth.verified import VerifiedPasswords
from ftpd_service.interfaces import Blocking
from ftpd_service.testing.fakes import at_once
from tests.auth.strangers import OTHER_PEER, credentials
from tests.cases import SynchronousTestCase

T = TypeVar("T")

ARGON2 = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(b"hunter2")


def hashing(blocking: Blocking) -> Hashing:
    """What checks hashes, one at a time."""
    return Hashing(blocking, interpreted=blocking, processors=1, budget_bytes=1 << 20)


def checker(**passwords: str | None) -> ConfiguredChecker:
    """A checker of accounts with these stored passwords, that hashes at once."""
    accounts = ConfiguredAccounts(
        AccountsSettings(accounts={name: AccountSettings(password=stored) for name, stored in passwords.items()})
    )
    return ConfiguredChecker(accounts, hashing(at_once), key=b"k")


class ConfiguredCheckerTests(SynchronousTestCase):
    """Who is let in."""

    def test_provides_its_interface(self) -> None:
        """The Portal may be given this."""
        self.assertTrue(verifyObject(ICredentialsChecker, checker()))

    def test_right_password_gives_the_name(self) -> None:
        """The avatar id is the account's name."""
        answer = checker(alice=ARGON2).requestAvatarId(credentials(b"alice", b"hunter2"))
        self.assertEqual(self.successResultOf(answer), b"alice")

    def test_names_are_known_without_a_password(self) -> None:
        """Those that have a stored password; `ftp` stands for anonymous here too."""
        own = checker(anonymous="any", alice=ARGON2)
        known = [self.successResultOf(own.knows(name)) for name in (b"alice", b"FTP", b"bob")]
        self.assertEqual(known, [True, True, False])

    def test_wrong_password_ends_the_search(self) -> None:
        """A wrong password for a name of ours is the refusal that no other checker overrules."""
        answer = checker(alice=ARGON2).requestAvatarId(credentials(b"alice", b"wrong"))
        self.failureResultOf(answer, HeldName)

    def test_unknown_name_is_not_ours(self) -> None:
        """A name without an entry is left to the next checker."""
        answer = checker(alice=ARGON2).requestAvatarId(credentials(b"bob", b"hunter2"))
        failure = self.failureResultOf(answer, UnauthorizedLogin)
        self.assertNotIsInstance(failure.value, HeldName)

    def test_entry_without_password_is_not_ours(self) -> None:
        """An entry without a password only has settings for a name that another checker knows."""
        answer = checker(alice=None).requestAvatarId(credentials(b"alice", b""))
        failure = self.failureResultOf(answer, UnauthorizedLogin)
        self.assertNotIsInstance(failure.value, HeldName)

    def test_password_of_a_decoy_lets_nobody_in(self) -> None:
        """An unknown name with another account's password is refused, though that password is checked."""
        answer = checker(alice="{plain}hunter2").requestAvatarId(credentials(b"bob", b"hunter2"))
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_anonymous_answers_to_ftp_in_any_case(self) -> None:
        """`anonymous` is found as ``ftp`` too, however it is written."""
        names = [b"anonymous", b"Anonymous", b"ftp", b"FTP"]
        answers = [checker(anonymous="any").requestAvatarId(credentials(name, b"me@")) for name in names]
        self.assertEqual([self.successResultOf(answer) for answer in answers], [b"anonymous"] * 4)

    def test_without_an_entry_nobody_is_anonymous(self) -> None:
        """Anonymous logins need their entry."""
        answer = checker(alice=ARGON2).requestAvatarId(credentials(b"ftp", b"me@"))
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_account_named_ftp_is_itself(self) -> None:
        """An entry of that very name goes before anonymous."""
        answer = checker(anonymous="any", ftp="{plain}x").requestAvatarId(credentials(b"ftp", b"wrong"))
        self.failureResultOf(answer, HeldName)

    def test_other_names_have_their_case(self) -> None:
        """Only anonymous is found in any case."""
        answer = checker(alice=ARGON2).requestAvatarId(credentials(b"Alice", b"hunter2"))
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_name_that_is_no_utf8_is_not_ours(self) -> None:
        """Any bytes may be typed as a name."""
        answer = checker(alice=ARGON2).requestAvatarId(credentials(b"\xff\xfe", b"hunter2"))
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_a_malformed_stored_password_is_refused(self) -> None:
        """The other accounts of the checker work, so it is no failure of the checker; the log names the account."""
        with capturedLogs() as said:
            answer = checker(alice="$argon2id$broken").requestAvatarId(credentials(b"alice", b"hunter2"))
        self.failureResultOf(answer, HeldName)
        self.assertIn("the stored password of 'alice' cannot be used", str(formatEvent(said[0])))

    def test_a_malformed_decoy_is_no_failure(self) -> None:
        """An unknown name is refused as ever."""
        answer = checker(alice="$argon2id$broken").requestAvatarId(credentials(b"bob", b"hunter2"))
        failure = self.failureResultOf(answer, UnauthorizedLogin)
        self.assertNotIsInstance(failure.value, HeldName)


class WorkTests(SynchronousTestCase):
    """Each name costs the same."""

    def setUp(self) -> None:
        self.calls = 0

    async def counting(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """A `Blocking` that counts."""
        self.calls += 1
        return call()

    def check(self, name: bytes, **passwords: str | None) -> int:
        """How many passwords are checked on the pool for a name."""
        accounts = ConfiguredAccounts(
            AccountsSettings(accounts={key: AccountSettings(password=stored) for key, stored in passwords.items()})
        )
        checking = ConfiguredChecker(accounts, hashing(self.counting))
        checking.requestAvatarId(credentials(name, b"wrong")).addErrback(lambda failure: None)
        return self.calls

    def test_known_name_is_one_check_on_the_pool(self) -> None:
        """The hash is worked out on the pool, never on the reactor."""
        self.assertEqual(self.check(b"alice", alice=ARGON2), 1)

    def test_unknown_name_is_one_check_too(self) -> None:
        """A name without an entry costs as much."""
        self.assertEqual(self.check(b"bob", alice=ARGON2), 1)

    def test_entry_without_password_is_one_check_too(self) -> None:
        """So does one that has no password."""
        self.assertEqual(self.check(b"bob", alice=ARGON2, bob=None), 1)

    def test_without_any_password_there_is_nothing_to_hide(self) -> None:
        """Where no account has a password no name costs anything."""
        self.assertEqual(self.check(b"bob", alice=None), 0)

    def test_a_plain_password_takes_no_trip_to_the_pool(self) -> None:
        """There is nothing to work out."""
        self.assertEqual(self.check(b"alice", alice="{plain}secret"), 0)


class RecentTests(SynchronousTestCase):
    """Right passwords of a short while ago."""

    def setUp(self) -> None:
        """A checker that remembers for 300 seconds."""
        self.calls = 0
        self.clock = Clock()
        accounts = ConfiguredAccounts(AccountsSettings(accounts={"alice": AccountSettings(password=ARGON2)}))
        recent = Recent(passwords=VerifiedPasswords(now=self.clock.seconds), seconds=300)
        self.checker = ConfiguredChecker(accounts, hashing(self.counting), recent=recent)

    async def counting(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        """A `Blocking` that counts."""
        self.calls += 1
        return call()

    def log_in(self, password: bytes) -> bool:
        """Whether a password is right."""
        right: list[object] = []
        login = credentials(b"alice", password)
        self.checker.requestAvatarId(login).addCallbacks(right.append, lambda failure: None)
        if right:
            login.logged_in()
        return bool(right)

    def test_a_right_password_is_hashed_once(self) -> None:
        """The second login costs no hash."""
        self.assertEqual((self.log_in(b"hunter2"), self.log_in(b"hunter2"), self.calls), (True, True, 1))

    def test_it_is_hashed_again_after_its_time(self) -> None:
        """verified_for is over."""
        self.log_in(b"hunter2")
        self.clock.advance(300)
        self.assertEqual((self.log_in(b"hunter2"), self.calls), (True, 2))

    def test_a_right_password_of_a_login_that_fails_is_hashed_again(self) -> None:
        """A quick refusal would tell that the password is right; a login that succeeds ends that for its client."""
        refused, succeeded = credentials(), credentials()
        for login in (refused, succeeded):
            self.checker.requestAvatarId(login)
        succeeded.logged_in()
        self.assertEqual(self.calls, 2)
        for login in (credentials(), replace(succeeded, peer=OTHER_PEER)):
            self.checker.requestAvatarId(login)
        self.assertEqual(self.calls, 3)

    def test_passwords_that_need_no_hash_take_no_room(self) -> None:
        """Anybody may send many right passwords where any is right, and would drive out those of others."""
        accounts = ConfiguredAccounts(AccountsSettings(accounts={"anonymous": AccountSettings(password="any")}))
        recent = Recent(passwords=VerifiedPasswords(now=self.clock.seconds), seconds=300)
        answer = ConfiguredChecker(accounts, hashing(at_once), recent=recent).requestAvatarId(credentials(b"ftp", b"x"))
        self.assertEqual(self.successResultOf(answer), b"anonymous")
        self.assertFalse(recent.passwords.knows("anonymous", "any", b"x", b""))

    def test_a_wrong_password_is_hashed_each_time(self) -> None:
        """Also right behind a right one."""
        self.log_in(b"hunter2")
        self.assertEqual((self.log_in(b"wrong"), self.log_in(b"wrong"), self.calls), (False, False, 3))
