"""One-time codes behind passwords, from the checker to the account."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.account import Account, AccountSettings, LiveAccount
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.accepted import AcceptedLogins
from ftpd_service.auth.credentials import Accepted, HeldName, SessionCredentials
from ftpd_service.auth.ordered import AvatarId, CheckerEntry, OrderedChecker
from ftpd_service.auth.realm import Attached, Avatar, Realm
from ftpd_service.auth.sources import Sources
from ftpd_service.auth.totp import TotpCodes, has_code, read_totp_secret, without_code
from ftpd_service.errors import LoginRefused, LoginUnavailable
from ftpd_service.graph.codes import giving
from ftpd_service.interfaces import Blocking, IStorage
from ftpd_service.login_interfaces import IAccounts
from ftpd_service.policy.one_time_codes import OneTimeCodes
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.fakes import at_once
from ftpd_service.values import Peer
from tests.auth.strangers import OTHER_PEER, PEER, Log
from tests.cases import SynchronousTestCase

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The secret of RFC 6238's test vectors, ``12345678901234567890``."""
NOW = 59.0
CODE = "287082"
"""The code at second 59 by RFC 6238 appendix B, its last six digits."""


@implementer(ICredentialsChecker)
class Checking:
    """A checker of one password, which notes the passwords that it gets.

    :ivar answer: makes the answer to a name whose password is right.
    """

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, answer: Callable[[bytes], bytes] = bytes) -> None:
        self.asked: list[bytes] = []
        self.answer = answer

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """Answer."""
        self.asked.append(credentials.password)
        if credentials.password != b"hunter2":
            raise HeldName("wrong password")
        return succeed(self.answer(credentials.username))


@implementer(IAccounts)
class Knowing(Checking):
    """A checker that has accounts too."""

    def __init__(self, **settings: str) -> None:
        super().__init__()
        self._files = settings

    async def account(self, name: str) -> Account | None:
        """The account of a name."""
        return Account(name=name, home="/x", totp_file=self._files[name]) if name in self._files else None

    async def needs_tls(self, name: str) -> bool | None:
        """Nobody needs it."""
        return None

    async def some_need_tls(self) -> bool:
        """Nobody needs it."""
        return False


class TotpCase(SynchronousTestCase):
    """Logins of alice, whose file of the configuration has the secret, and of bob, who has none.

    :ivar read_for: the clients for which a secret was read.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.now = NOW
        self.file = self.written(SECRET)
        self.codes = OneTimeCodes()
        self.blocking: Blocking = at_once
        self.read_for: list[Peer | None] = []
        self.defaults = AccountSettings(home="/x")
        self.own = {"alice": AccountSettings(totp_file=self.file), "bob": AccountSettings()}

    def threads(self, account: Account, path: str, peer: Peer | None) -> Blocking:
        """No threads."""
        self.read_for.append(peer)
        return self.blocking

    def written(self, text: str) -> str:
        """The path of a new file."""
        path = str(self.mktemp())
        with open(path, "w") as file:
            file.write(f"{text}\n")
        return path

    def login(self, checker: ICredentialsChecker, name: str, password: str, *, peer: Peer = PEER) -> Deferred[object]:
        """Log in through a portal with one checker."""
        accounts = ConfiguredAccounts(AccountsSettings(accounts=self.own, defaults=self.defaults))
        entries = [CheckerEntry(name="x", checker=checker, timeout_seconds=10.0)]
        return self.through(entries, accounts, name, password, peer)

    def through(
        self, entries: list[CheckerEntry], accounts: ConfiguredAccounts, name: str, password: str, peer: Peer
    ) -> Deferred[object]:
        """Log in through a portal."""
        sources = Sources(accounts, accounts.otherwise, entries, self.clock)
        codes = TotpCodes(self.codes, threads=self.threads, now=lambda: self.now, again_seconds=300.0)

        async def home(live: LiveAccount, peer: Peer | None) -> IStorage:
            return MemoryStorage()

        realm = Realm(
            sources,
            home,
            adopt=lambda live, given, peer: MemoryStorage(),
            clock=self.clock,
            require_code=codes.require,
        )
        portal = Portal(realm, [OrderedChecker(entries, self.clock, give=giving(sources, codes))])
        credentials = SessionCredentials(username=name.encode(), password=password.encode(), peer=peer)

        async def log_in() -> object:
            result = await _result(portal.login(credentials, Attached(peer), IStorage))
            credentials.logged_in()
            return result

        return Deferred.fromCoroutine(log_in())

    def refused(self, waiting: Deferred[object]) -> str:
        """The reason in the log of a refused login."""
        return str(self.failureResultOf(waiting, LoginRefused, UnauthorizedLogin).value)


async def _result(answer: Deferred[Avatar]) -> object:
    return await answer


class LoginTests(TotpCase):
    """Logins with codes, whatever the checker."""

    def test_right_code(self) -> None:
        """The checker gets the password without it."""
        checker = Checking()
        self.successResultOf(self.login(checker, "alice", f"hunter2{CODE}"))
        self.assertEqual(checker.asked, [b"hunter2"])

    def test_wrong_code(self) -> None:
        """The reason is in the log only: the error is that of a wrong password."""
        self.assertIn("code is wrong", self.refused(self.login(Checking(), "alice", "hunter2287083")))

    def test_wrong_password_with_a_right_code(self) -> None:
        """The code is not used up by it."""
        self.assertIn("wrong password", self.refused(self.login(Checking(), "alice", f"wrong{CODE}")))
        self.successResultOf(self.login(Checking(), "alice", f"hunter2{CODE}", peer=OTHER_PEER))

    def test_password_without_a_code(self) -> None:
        """A right password alone does not suffice."""
        refused = self.refused(self.login(Checking(), "alice", "hunter2"))
        self.assertEqual(refused, "checker x: the password does not end with a one-time code of 6 digits")

    def test_code_alone(self) -> None:
        """There is no password before it, so it is none."""
        self.assertIn("does not end with a one-time code", self.refused(self.login(Checking(), "alice", CODE)))

    def test_account_without_codes(self) -> None:
        """Digits at the end of a password are the password's."""
        checker = Checking()
        self.refused(self.login(checker, "bob", f"hunter2{CODE}"))
        self.assertEqual(checker.asked, [f"hunter2{CODE}".encode()])
        self.successResultOf(self.login(checker, "bob", "hunter2"))

    def test_checker_that_fails_with_the_password_in_its_text(self) -> None:
        """The log does not show the password that it got, without the code."""
        log = Log(self)

        class Broken(Checking):
            def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
                raise RuntimeError(f"cannot check {credentials.password!r}")

        self.failureResultOf(self.login(Broken(), "alice", f"hunter2{CODE}"), LoginUnavailable)
        self.assertIn("RuntimeError", log.text())
        self.assertNotIn("hunter2", log.text())

    def test_again(self) -> None:
        """From the same host for a while, from another host never."""
        self.successResultOf(self.login(Checking(), "alice", f"hunter2{CODE}"))
        self.now += 299
        self.successResultOf(self.login(Checking(), "alice", f"hunter2{CODE}"))
        self.assertIn("another host", self.refused(self.login(Checking(), "alice", f"hunter2{CODE}", peer=OTHER_PEER)))
        self.now += 1
        self.assertIn("code is wrong", self.refused(self.login(Checking(), "alice", f"hunter2{CODE}")))

    def test_file_that_cannot_be_used(self) -> None:
        """The login fails for now, and is not granted without a code."""
        for content in ("", "no base32!" * 4, "GEZDGNBV"):
            self.own["alice"] = AccountSettings(totp_file=self.written(content))
            waiting = self.login(Checking(), "alice", f"hunter2{CODE}")
            self.assertIn("totp_file", str(self.failureResultOf(waiting, LoginUnavailable).value))

    def test_secret_is_read_at_each_login(self) -> None:
        """A new one counts at once, and codes of the old one no more."""
        self.successResultOf(self.login(Checking(), "alice", f"hunter2{CODE}"))
        other = pyotp.random_base32()
        with open(self.file, "w") as file:
            file.write(other)
        self.refused(self.login(Checking(), "alice", f"hunter2{CODE}"))
        self.successResultOf(self.login(Checking(), "alice", f"hunter2{pyotp.TOTP(other).generate_otp(1)}"))


class SourceTests(TotpCase):
    """Where the account's key may stand."""

    def test_defaults(self) -> None:
        """With the name in the path; an account may be without."""
        folder, _, name = self.file.rpartition("/")
        self.defaults = AccountSettings(home="/x", totp_file=f"{folder}/{{name}}")
        self.own = {"bob": AccountSettings(totp_file="")}
        self.successResultOf(self.login(Checking(), name, f"hunter2{CODE}"))
        self.assertIn("does not end with a one-time code", self.refused(self.login(Checking(), name, "hunter2")))
        self.successResultOf(self.login(Checking(), "bob", "hunter2"))

    def test_name_that_may_not_stand_in_a_path(self) -> None:
        """It is refused."""
        self.defaults = AccountSettings(home="/x", totp_file="/totp/{name}")
        self.refused(self.login(Checking(), "../x", f"hunter2{CODE}"))

    def test_accounts_of_the_checker(self) -> None:
        """As those of a database."""
        checker = Knowing(carol=self.file)
        self.successResultOf(self.login(checker, "carol", f"hunter2{CODE}"))
        self.assertEqual(checker.asked, [b"hunter2"])

    def test_account_that_is_known_behind_the_answer_only(self) -> None:
        """Its password is checked whole, and no login is granted without a code."""
        renaming = Checking(lambda name: b"alice")
        self.assertIn("needs a one-time code", self.refused(self.login(renaming, "ALICE", "hunter2")))
        self.refused(self.login(renaming, "ALICE", f"hunter2{CODE}"))
        self.assertEqual(renaming.asked, [b"hunter2", f"hunter2{CODE}".encode()])

    def test_file_in_the_answer_of_a_checker(self) -> None:
        """Likewise."""
        checker = Checking(lambda name: Accepted(name, AccountSettings(totp_file=self.file)))
        self.assertIn("needs a one-time code", self.refused(self.login(checker, "bob", "hunter2")))

    def test_certificate(self) -> None:
        """It needs no code: no checker was asked."""
        accounts = ConfiguredAccounts(AccountsSettings(accounts=self.own, defaults=self.defaults))
        codes = TotpCodes(self.codes, threads=self.threads, now=lambda: self.now, again_seconds=300.0)

        async def home(live: LiveAccount, peer: Peer | None) -> IStorage:
            return MemoryStorage()

        realm = Realm(
            Sources(accounts, accounts.otherwise, [], self.clock),
            home,
            adopt=lambda live, given, peer: MemoryStorage(),
            clock=self.clock,
            require_code=codes.require,
        )
        answer = realm.requestAvatar(b"alice", Attached(PEER), IStorage)
        assert isinstance(answer, Deferred)
        self.successResultOf(answer)


class RememberedTests(TotpCase):
    """Logins that a checker accepted a short while ago."""

    def test_code_is_judged_each_time(self) -> None:
        """Although the checker is not asked again."""
        checker = Checking()
        accepted: AcceptedLogins[AvatarId] = AcceptedLogins(3600.0, now=self.clock.seconds)
        entry = CheckerEntry(name="x", checker=checker, timeout_seconds=10.0, accepted=accepted)
        accounts = ConfiguredAccounts(AccountsSettings(accounts=self.own, defaults=self.defaults))
        for _ in range(2):
            self.successResultOf(self.through([entry], accounts, "alice", f"hunter2{CODE}", PEER))
        self.assertEqual(checker.asked, [b"hunter2"])
        self.now += 301
        self.refused(self.through([entry], accounts, "alice", f"hunter2{CODE}", PEER))
        self.assertEqual(checker.asked, [b"hunter2"])


class PartsTests(TotpCase):
    """The parts of a password, and secrets in files."""

    def test_code_behind_a_password(self) -> None:
        """Six digits of ASCII behind at least one byte."""
        texts = (
            b"x123456",
            b"123456",
            b"x12345",
            b"x12345a",
            "x\uff11\uff12\uff13\uff14\uff15\uff16".encode(),
            b"",
            b"1234567",
        )
        self.assertEqual([has_code(text) for text in texts], [True, False, False, False, False, False, True])

    def test_credentials_of_another_kind(self) -> None:
        """They stay whole, and no code is known."""
        other = UsernamePassword(b"alice", b"x123456")
        self.assertEqual(without_code(other), (other, None))

    def test_secrets(self) -> None:
        """In groups, in lower case, with padding, and with more lines behind."""
        grouped = "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"
        texts = (SECRET, grouped, f"{SECRET}\notpauth://totp/x", f"{SECRET[:26]}======")
        expected = [SECRET, SECRET, SECRET, SECRET[:26]]
        self.assertEqual([read_totp_secret(self.written(text)) for text in texts], expected)

    def test_secrets_that_are_none(self) -> None:
        """The text does not show them."""
        for text in ("hunter2", SECRET[:25], f"{SECRET}189", ""):
            problem = str(self.assertRaises(ValueError, read_totp_secret, self.written(text)))
            self.assertTrue(not text or text not in problem)
