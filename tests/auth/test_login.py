"""ILogin: delays, caps, logouts and cancelling."""

from __future__ import annotations

from collections.abc import Callable

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from zope.interface import Interface, implementer
from zope.interface.verify import verifyObject

from ftpd_service.account import Account, LiveAccount
from ftpd_service.auth.credentials import once_logged_in
from ftpd_service.auth.login import Login
from ftpd_service.auth.ordered import OrderedChecker
from ftpd_service.auth.realm import Avatar, Realm
from ftpd_service.errors import FtpdError, LimitReached, LoginRefused, LoginUnavailable
from ftpd_service.interfaces import IStorage
from ftpd_service.login_interfaces import ILogin
from ftpd_service.policy.connections import AccountSessions
from ftpd_service.policy.guesses import Guesses
from ftpd_service.policy.logins import FailedLogins
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Password, Peer
from tests.auth.strangers import OTHER_PEER, PEER, Answering, Log, Providing, entry_of, known, raising
from tests.cases import SynchronousTestCase

LoggedIn = tuple[LiveAccount, IStorage, Callable[[], None]]


class Shares:
    """What a checker's `storage_for` gives; counts the logouts of all that it gave."""

    def __init__(self) -> None:
        self.logouts = 0

    def logout(self) -> None:
        """One login has ended."""
        self.logouts += 1


@implementer(IRealm)
class LateRealm:
    """A realm that gives its avatar when it is cancelled, or at once when told so, and names no account."""

    def __init__(self, storage: IStorage, logout: Callable[[], None], *, at_once: bool = False) -> None:
        self._avatar = (IStorage, storage, logout)
        self._at_once = at_once

    def requestAvatar(
        self, avatarId: bytes | tuple[()], mind: object, *interfaces: type[Interface]
    ) -> Deferred[Avatar] | Avatar:
        """The avatar, or a Deferred that waits for its cancellation."""
        return self._avatar if self._at_once else Deferred(lambda cancelled: cancelled.callback(self._avatar))


@implementer(ICredentialsChecker)
class Remembering:
    """A checker that accepts everybody, and remembers who has logged in."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self) -> None:
        self.remembered: list[bytes] = []

    def requestAvatarId(self, credentials: IUsernamePassword) -> Deferred[bytes | tuple[()]]:
        """The name, which counts as the avatar id."""
        once_logged_in(credentials, lambda: self.remembered.append(credentials.username))
        return succeed(credentials.username)


class LoginMixin(SynchronousTestCase):
    """A whole login over a Portal, with one checker and accounts alice (two sessions) and bob (no cap)."""

    def setUp(self) -> None:
        self.log = Log(self)
        self.clock = Clock()
        self.guesses = Guesses(FailedLogins())
        self.told: list[str] = []
        self.sessions = AccountSessions()
        self.shares = Shares()
        self.storage = MemoryStorage()
        self.login = self.over(Providing(lambda name: self.shares))

    def over(self, checker: ICredentialsChecker) -> Login:
        """A login that asks one checker."""
        realm = Realm(
            known(self.clock, alice=2, bob=None),
            self.no_home,
            adopt=lambda live, given, peer: self.storage,
            clock=self.clock,
        )
        return self.login_over(Portal(realm, [OrderedChecker([entry_of(checker)], self.clock)]))

    def over_home(self, checker: ICredentialsChecker) -> Login:
        """A login whose accounts have homes."""

        async def home(live: LiveAccount, peer: Peer | None) -> IStorage:
            return self.storage

        realm = Realm(
            known(self.clock, alice=2, bob=None),
            home,
            adopt=lambda live, given, peer: self.storage,
            clock=self.clock,
        )
        return self.login_over(Portal(realm, [OrderedChecker([entry_of(checker)], self.clock)]))

    def login_over(self, portal: Portal) -> Login:
        """A login that asks a Portal; all logins of a test count their failures together."""
        return Login(
            portal,
            guesses=self.guesses,
            account_sessions=self.sessions,
            clock=self.clock,
            now=self.clock.seconds,
        )

    def tell(self, error: FtpdError) -> None:
        """Remember why a login failed."""
        self.told.append(f"{type(error).__name__}: {error}")

    async def no_home(self, live: LiveAccount, peer: Peer | None) -> IStorage:
        """No account has a configured home here."""
        raise LoginRefused(f"home of {live.account.name} is missing")

    def start(self, login: Login, name: bytes = b"alice", peer: Peer = PEER) -> Deferred[LoggedIn]:
        """A login that runs."""
        return Deferred.fromCoroutine(login.login(name, Password(b"s3cret-pw"), peer, failed=self.tell))

    def failing(self) -> Login:
        """A login whose checker refuses everybody."""
        return self.over(Answering(raising(UnauthorizedLogin())))

    def seconds_until_refused(self, login: Login, name: bytes = b"alice", peer: Peer = PEER) -> float:
        """How long the answer to a failure waits."""
        answer = self.start(login, name, peer)
        self.assertNoResult(answer)
        (waiting,) = self.clock.getDelayedCalls()
        seconds: float = waiting.getTime() - self.clock.seconds()
        self.clock.advance(seconds)
        self.failureResultOf(answer, LoginRefused)
        return seconds


class SuccessTests(LoginMixin):
    """A right password."""

    def test_provides_its_interface(self) -> None:
        """A session may be given this."""
        self.assertTrue(verifyObject(ILogin, self.login))

    def test_gives_account_and_storage(self) -> None:
        """The account as the configuration has it, and its storage."""
        live, storage, _ = self.successResultOf(self.start(self.login))
        self.assertEqual((live.account, storage), (Account(name="alice", sessions=2), self.storage))

    def test_what_waits_for_it(self) -> None:
        """The caches remember a login that succeeded, and no login whose right password was refused."""
        checker = Remembering()
        refused = self.start(self.over(checker))
        self.clock.advance(60)
        self.failureResultOf(refused, LoginRefused)
        self.assertEqual(checker.remembered, [])
        self.successResultOf(self.start(self.over_home(checker)))
        self.assertEqual(checker.remembered, [b"alice"])

    def test_is_not_delayed(self) -> None:
        """A right password waits for nothing, also after failures of the same name and host."""
        self.seconds_until_refused(self.failing())
        self.successResultOf(self.start(self.login))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_logout_acts_once(self) -> None:
        """However often it is called, the realm's logout is called once and the cap is left once."""
        first = self.successResultOf(self.start(self.login))
        self.successResultOf(self.start(self.login))
        first[2]()
        first[2]()
        self.assertEqual((self.shares.logouts, self.sessions.count("alice")), (1, 1))

    def test_forgets_failures(self) -> None:
        """A success begins the delays anew."""
        before = [self.seconds_until_refused(self.failing()), self.seconds_until_refused(self.failing())]
        self.successResultOf(self.start(self.login))
        self.assertEqual((before, self.seconds_until_refused(self.failing())), ([1.0, 2.0], 1.0))


class CapTests(LoginMixin):
    """The account's cap on sessions."""

    def test_last_place_is_given(self) -> None:
        """As many sessions as the cap says."""
        self.successResultOf(self.start(self.login))
        self.successResultOf(self.start(self.login))
        self.assertEqual(self.sessions.count("alice"), 2)

    def test_one_more_is_refused_and_logged_out(self) -> None:
        """The session above the cap is refused at once; its avatar is logged out."""
        self.successResultOf(self.start(self.login))
        self.successResultOf(self.start(self.login))
        self.failureResultOf(self.start(self.login), LimitReached)
        self.assertEqual((self.shares.logouts, self.sessions.count("alice")), (1, 2))

    def test_logout_frees_the_place(self) -> None:
        """A session that has ended makes room."""
        self.successResultOf(self.start(self.login))
        self.successResultOf(self.start(self.login))[2]()
        self.successResultOf(self.start(self.login))
        self.assertEqual(self.sessions.count("alice"), 2)

    def test_account_without_cap(self) -> None:
        """None is no cap."""
        names = [self.successResultOf(self.start(self.login, b"bob"))[0].account.name for _ in range(5)]
        self.assertEqual((names, self.sessions.count("bob")), (["bob"] * 5, 5))


class FailureTests(LoginMixin):
    """A wrong password, and what looks like one."""

    def test_delays_double_up_to_five_seconds(self) -> None:
        """1 s at the first failure, doubling to 5 s."""
        login = self.failing()
        self.assertEqual([self.seconds_until_refused(login) for _ in range(5)], [1.0, 2.0, 4.0, 5.0, 5.0])

    def test_addresses_of_an_ipv6_network_count_together(self) -> None:
        """A host cannot begin anew with each of its addresses (``limits.ipv6_prefix``)."""
        login = self.failing()
        self.seconds_until_refused(login, b"alice", peer("2001:db8::1", "2001:db8::ffff"))
        self.assertEqual(self.seconds_until_refused(login, b"bob", peer("2001:db8::2", "2001:db8::ffff")), 2.0)

    def test_name_counts_across_hosts(self) -> None:
        """The same name from another host waits longer."""
        login = self.failing()
        self.seconds_until_refused(login)
        self.assertEqual(self.seconds_until_refused(login, peer=OTHER_PEER), 2.0)

    def test_host_counts_across_names(self) -> None:
        """Another name from the same host waits longer."""
        login = self.failing()
        self.seconds_until_refused(login)
        self.assertEqual(self.seconds_until_refused(login, b"bob"), 2.0)

    def test_delay_holds_up_no_other_name(self) -> None:
        """While one failure waits, another name's login from the same host is answered."""
        waiting = self.start(self.failing())
        self.successResultOf(self.start(self.login, b"bob"))
        self.assertNoResult(waiting)
        self.clock.advance(1.0)
        self.failureResultOf(waiting, LoginRefused)

    def test_missing_home_waits_as_a_wrong_password(self) -> None:
        """A right password without a home is refused like a wrong one; the text for the log says why."""
        answer = self.start(self.over(Answering(lambda: b"alice")))
        self.assertNoResult(answer)
        self.clock.advance(1.0)
        self.assertEqual(str(self.failureResultOf(answer, LoginRefused).value), "home of alice is missing")

    def test_unavailable_is_told_at_once(self) -> None:
        """A checker that fails is answered without a delay, and counts as no failure of the client."""
        login = self.over(Answering(raising(ConnectionError())))
        self.failureResultOf(self.start(login), LoginUnavailable)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_realm_without_an_account_is_unavailable(self) -> None:
        """A realm that names no account lets nobody in, and its avatar is logged out."""
        realm = LateRealm(self.storage, self.shares.logout, at_once=True)
        checker = Providing(lambda name: None)
        login = self.login_over(Portal(realm, [OrderedChecker([entry_of(checker)], self.clock)]))
        self.failureResultOf(self.start(login), LoginUnavailable)
        self.assertEqual(self.shares.logouts, 1)

    def test_refused_login_enters_no_cap(self) -> None:
        """A failure takes no place."""
        self.seconds_until_refused(self.failing())
        self.assertEqual(self.sessions.count("alice"), 0)

    def test_password_is_nowhere(self) -> None:
        """Neither the log nor the error's text and traceback show the password."""
        answer = self.start(self.over(Answering(raising(ValueError("s3cret-pw")))))
        failure = self.failureResultOf(answer, LoginUnavailable)
        self.assertNotIn("s3cret-pw", f"{self.log.text()} {failure.getTraceback()} {failure.value!r}")

    def test_password_is_nowhere_in_a_refusal(self) -> None:
        """So with a checker whose refusal tells the password."""
        answer = self.start(self.over(Answering(raising(UnauthorizedLogin("s3cret-pw")))))
        self.clock.advance(1.0)
        failure = self.failureResultOf(answer, LoginRefused)
        self.assertNotIn("s3cret-pw", f"{self.log.text()} {failure.getTraceback()} {failure.value!r}")


class CertifiedTests(LoginMixin):
    """Logins by a certificate of the client."""

    def certified(self, name: bytes) -> Deferred[LoggedIn]:
        """Such a login."""
        return Deferred.fromCoroutine(self.login.login_certified(name, PEER, failed=self.tell))

    def test_no_checker_is_asked(self) -> None:
        """The realm gives the account and its storage; the storage of a checker is not for it."""
        self.login = self.over_home(Answering(raising(RuntimeError("asked"))))
        account, storage, logout = self.successResultOf(self.certified(b"alice"))
        self.assertEqual((account.account.name, storage), ("alice", self.storage))
        logout()

    def test_the_cap_counts(self) -> None:
        """Alice may have two sessions."""
        self.login = self.over_home(Answering(raising(RuntimeError("asked"))))
        for _ in range(2):
            self.successResultOf(self.certified(b"alice"))
        self.failureResultOf(self.certified(b"alice"), LimitReached)

    def test_an_unknown_name_is_refused_after_the_delay(self) -> None:
        """As a wrong password would be."""
        attempt = self.certified(b"nobody")
        self.assertNoResult(attempt)
        self.clock.advance(1)
        self.failureResultOf(attempt, LoginRefused)
