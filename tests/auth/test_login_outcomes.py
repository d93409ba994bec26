"""The class of each login's end, and the checker that decided."""

from __future__ import annotations

from dataclasses import replace

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred

from ftpd_service.account import LiveAccount
from ftpd_service.auth.credentials import HeldName
from ftpd_service.auth.login import BY_CERTIFICATE, Leave
from ftpd_service.auth.ordered import OrderedChecker
from ftpd_service.auth.realm import Realm
from ftpd_service.errors import FtpdError, LoginError, LoginUnavailable
from ftpd_service.interfaces import IStorage
from ftpd_service.policy.guesses import MOST_AT_ONCE
from ftpd_service.reasons import LoginOutcome
from ftpd_service.values import Peer
from tests.auth.strangers import PEER, Answering, entry_of, known, raising
from tests.auth.test_login import LoginMixin


class OutcomeTests(LoginMixin):
    """What a session learns of a failed login, beside a text."""

    def setUp(self) -> None:
        """Nothing has failed yet."""
        super().setUp()
        self.failures: list[FtpdError] = []

    def tell(self, error: FtpdError) -> None:
        """Keep the error."""
        self.failures.append(error)

    def of(self, *checkers: ICredentialsChecker, homes: bool = True) -> tuple[LoginOutcome, str]:
        """The class and the checker of a login that some checkers decide, the first of them named ``one``."""

        async def home(live: LiveAccount, peer: Peer | None) -> IStorage:
            return self.storage

        entries = [
            replace(entry_of(checker, name=f"path-{name}"), short=name)
            for checker, name in zip(checkers, ("one", "two"), strict=False)
        ]
        realm = Realm(
            known(self.clock, alice=2),
            home if homes else self.no_home,
            adopt=lambda live, given, peer: self.storage,
            clock=self.clock,
        )
        attempt = self.start(self.login_over(Portal(realm, [OrderedChecker(entries, self.clock)])))
        self.clock.advance(20)
        if not self.failures:
            leave = self.successResultOf(attempt)[2]
            assert isinstance(leave, Leave)
            return LoginOutcome.ACCEPTED, leave.checker
        self.failureResultOf(attempt)
        (problem,) = self.failures
        assert isinstance(problem, LoginError)
        return problem.outcome, problem.checker

    def test_accepted(self) -> None:
        """The checker that knew the password."""
        first, second = Answering(raising(UnauthorizedLogin())), Answering(lambda: b"alice")
        self.assertEqual(self.of(first, second), (LoginOutcome.ACCEPTED, "two"))

    def test_nobody_accepts(self) -> None:
        """No checker decided."""
        self.assertEqual(self.of(Answering(raising(UnauthorizedLogin()))), (LoginOutcome.WRONG, ""))

    def test_a_checker_knows_the_name(self) -> None:
        """It decided."""
        self.assertEqual(self.of(Answering(raising(HeldName()))), (LoginOutcome.WRONG, "one"))

    def test_a_checker_fails(self) -> None:
        """Nothing is known about the password."""
        self.assertEqual(self.of(Answering(raising(RuntimeError()))), (LoginOutcome.UNAVAILABLE, "one"))

    def test_a_checker_is_not_available(self) -> None:
        """Likewise."""
        down = Answering(raising(LoginUnavailable("down")))
        self.assertEqual(self.of(down), (LoginOutcome.UNAVAILABLE, "one"))

    def test_no_home(self) -> None:
        """The password was right."""
        self.assertEqual(self.of(Answering(lambda: b"alice"), homes=False), (LoginOutcome.DENIED, "one"))

    def test_no_account(self) -> None:
        """Likewise."""
        self.assertEqual(self.of(Answering(lambda: b"nobody")), (LoginOutcome.DENIED, "one"))

    def test_the_client_leaves(self) -> None:
        """Before its password was checked, as others of its host are."""
        waiting: Deferred[bytes] = Deferred()
        login = self.over(Answering(lambda: waiting))
        attempts = [self.start(login, name) for name in map(str.encode, map(str, range(MOST_AT_ONCE + 1)))]
        attempts[-1].cancel()
        self.failureResultOf(attempts[-1])
        (problem,) = self.failures
        assert isinstance(problem, LoginError)
        self.assertIs(problem.outcome, LoginOutcome.LEFT)

    def test_a_certificate(self) -> None:
        """It stands for the checker."""
        self.login = self.over_home(Answering(raising(RuntimeError("asked"))))
        attempt = Deferred.fromCoroutine(self.login.login_certified(b"alice", PEER, failed=self.tell))
        leave = self.successResultOf(attempt)[2]
        assert isinstance(leave, Leave)
        self.assertEqual(leave.checker, BY_CERTIFICATE)
