"""ILogin: passwords that wait for their turn, clients that leave, configurations that change meanwhile."""

from __future__ import annotations

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import Portal
from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.account import LiveAccount
from ftpd_service.auth.login import Login
from ftpd_service.auth.ordered import OrderedChecker
from ftpd_service.auth.realm import Realm
from ftpd_service.errors import LoginRefused, LoginUnavailable
from ftpd_service.interfaces import IStorage
from ftpd_service.policy.guesses import MOST_AT_ONCE
from ftpd_service.values import Peer
from tests.auth.strangers import OTHER_PEER, PEER, Answering, Providing, entry_of, known, raising
from tests.auth.test_login import LoggedIn, LoginMixin

WRONG = "LoginRefused: no checker accepts this name and password"


class TurnMixin(LoginMixin):
    """Logins of which some wait."""

    def turn(self, seconds: float) -> None:
        """Let a delay run out, and what waits for it begin."""
        self.clock.pump([seconds, 0])

    def going(self, login: Login, name: bytes = b"alice") -> Deferred[LoggedIn]:
        """A login that runs, and whose end is not looked at."""
        answer = self.start(login, name)
        answer.addErrback(lambda failure: failure.trap(LoginRefused, LoginUnavailable, CancelledError))
        return answer

    def portal(self, checker: ICredentialsChecker) -> Portal:
        """A Portal with one checker, whose accounts have homes."""

        async def home(live: LiveAccount, peer: Peer | None) -> IStorage:
            return self.storage

        realm = Realm(
            known(self.clock, alice=2, bob=None), home, adopt=lambda live, given, peer: self.storage, clock=self.clock
        )
        return Portal(realm, [OrderedChecker([entry_of(checker)], self.clock)])

    def leave(self, answer: Deferred[LoggedIn]) -> None:
        """Give up a login that runs; it ends at once."""
        self.assertNoResult(answer)
        answer.cancel()
        self.failureResultOf(answer, CancelledError)


class LeavingTests(TurnMixin):
    """The client has gone, or the login timer has fired: what was sent is judged to its end all the same."""

    def judging(self) -> Deferred[object]:
        """A checker that works on the password of alice, whose client has left; what it answers."""
        answer: Deferred[object] = Deferred()
        self.leave(self.start(self.over(Answering(lambda: answer))))
        return answer

    def test_checker_goes_on(self) -> None:
        """Its Deferred is not cancelled; else a reset would make guessing cheap."""
        cancelled: list[object] = []
        self.leave(self.start(self.over(Answering(lambda: Deferred(cancelled.append)))))
        self.assertEqual(cancelled, [])

    def test_wrong_password_is_told(self) -> None:
        """The log hears of a failure whose client has left."""
        self.judging().errback(UnauthorizedLogin())
        self.assertEqual(self.told, [WRONG])

    def test_right_password_is_told(self) -> None:
        """So it does of a right password: the avatar is logged out, and no place is taken."""
        held: Deferred[object] = Deferred()
        self.leave(self.start(self.over(Providing(lambda name: held))))
        held.callback(self.shares)
        self.assertEqual((self.shares.logouts, self.sessions.count("alice")), (1, 0))
        self.assertEqual(self.told, ["LoginUnavailable: the password was right, and the client had left"])

    def test_unavailable_is_told(self) -> None:
        """And of a checker that fails."""
        self.judging().errback(ConnectionError())
        self.assertEqual(self.told, ["LoginUnavailable: checker stranger failed: ConnectionError"])

    def test_slot_is_occupied_to_the_end_of_the_delay(self) -> None:
        """Leaving right behind PASS, or in the delay, saves no time: the next guess of the name waits as long."""
        login = self.failing()
        self.leave(self.start(login))
        behind = self.start(login)
        self.turn(0.9)
        before = len(self.told)
        self.turn(0.1)
        self.assertEqual((before, len(self.told)), (1, 2))
        self.leave(behind)

    def test_slot_is_occupied_while_the_checker_works(self) -> None:
        """However often the client comes again."""
        slow = Answering(lambda: Deferred(lambda cancelled: None))
        login = self.over(slow)
        for _ in range(MOST_AT_ONCE + 5):
            self.leave(self.start(login))
        self.assertEqual(slow.asked, MOST_AT_ONCE)

    def test_delay_runs_out_by_itself(self) -> None:
        """Nothing is left behind once it is over."""
        self.leave(self.start(self.failing()))
        self.turn(1.0)
        self.assertEqual((self.clock.getDelayedCalls(), len(self.guesses)), ([], 0))

    def test_fault_behind_the_client_is_logged(self) -> None:
        """Nobody waits for the result, so the traceback goes to the log."""
        held: Deferred[object] = Deferred()
        self.leave(
            self.start(
                self.login_over(
                    Portal(
                        Realm(
                            known(self.clock),
                            self.no_home,
                            adopt=self.adopt,
                            clock=self.clock,
                        ),
                        [Answering(lambda: held)],
                    )
                )
            )
        )
        held.errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def adopt(self, live: LiveAccount, given: object, peer: Peer | None) -> IStorage:
        """The storage of a test."""
        return self.storage


class TurnTests(TurnMixin):
    """Passwords that wait for their turn."""

    def setUp(self) -> None:
        super().setUp()
        self.checker = Answering(raising(UnauthorizedLogin()))
        self.refusing = self.over(self.checker)

    def test_failure_is_told_before_its_delay(self) -> None:
        """An operator's log, and a program that bans by it, do not wait."""
        self.assertNoResult(self.going(self.refusing))
        self.assertEqual(self.told, [WRONG])

    def test_name_waits_while_its_delay_runs(self) -> None:
        """One guess of a name from a host at a time, once it has failed."""
        self.going(self.refusing)
        self.going(self.refusing)
        before = self.checker.asked
        self.turn(1.0)
        self.assertEqual((before, self.checker.asked), (1, 2))

    def test_right_password_behind_a_wrong_one_is_answered(self) -> None:
        """It waits for the delay before it, and no longer."""
        self.going(self.refusing)
        self.refusing.use(self.portal(Answering(lambda: b"alice")))
        right = self.start(self.refusing)
        self.assertNoResult(right)
        self.turn(1.0)
        self.successResultOf(right)

    def test_name_is_not_locked_out_from_elsewhere(self) -> None:
        """While guesses of a name from one host wait, its owner logs in from another."""
        for _ in range(20):
            self.going(self.refusing)
        self.successResultOf(self.start(self.login, peer=OTHER_PEER))

    def test_client_that_leaves_the_queue_is_told_and_counted(self) -> None:
        """Every password that was read is logged; its host's count grows, and whoever is behind it has its turn."""
        self.going(self.refusing)
        second = self.start(self.refusing)
        self.going(self.refusing)
        self.leave(second)
        self.assertEqual(self.told[1:], ["LoginRefused: the client left before the password was checked"])
        self.turn(1.0)
        self.assertEqual((self.checker.asked, self.guesses.failures.of_host(PEER.host, 1.0)), (2, 3))

    def test_client_that_leaves_as_its_turn_comes_makes_room(self) -> None:
        """Between being admitted and being looked at."""
        self.going(self.refusing)
        second = self.start(self.refusing)
        self.going(self.refusing)
        self.clock.callLater(1.0, second.cancel)
        self.turn(1.0)
        self.failureResultOf(second, CancelledError)
        self.turn(0)
        self.assertEqual(self.checker.asked, 2)

    def test_many_right_passwords_that_waited_are_no_recursion(self) -> None:
        """Each begins in a turn of its own."""
        first: Deferred[object] = Deferred()
        login = self.login_over(self.portal(Answering(lambda: first)))
        for _ in range(MOST_AT_ONCE):
            self.going(login, b"bob")
        login.use(self.portal(Answering(lambda: b"bob")))
        waiting = [self.start(login, b"bob") for _ in range(300)]
        first.errback(ConnectionError())
        self.clock.pump([0] * 400)
        self.assertEqual([self.successResultOf(answer)[0].account.name for answer in waiting], ["bob"] * 300)


class PortalTests(TurnMixin):
    """The configuration is read again."""

    def test_password_that_waits_is_for_the_new_one(self) -> None:
        """The accounts in force when it is looked at decide."""
        login = self.login_over(self.portal(Answering(raising(UnauthorizedLogin()))))
        self.going(login)
        waiting = self.start(login)
        login.use(self.portal(Answering(lambda: b"alice")))
        self.turn(1.0)
        self.successResultOf(waiting)

    def test_password_that_the_old_one_accepts_is_asked_again(self) -> None:
        """An account that is gone logs nobody in, also where its checker had begun."""
        held: Deferred[object] = Deferred()
        login: Login = self.login_over(self.portal(Answering(lambda: held)))
        answer = self.start(login)
        login.use(self.portal(Answering(raising(UnauthorizedLogin()))))
        held.callback(b"alice")
        self.turn(1.0)
        self.failureResultOf(answer, LoginRefused)

    def test_password_that_the_old_one_refuses_is_asked_again(self) -> None:
        """A new password is right from the reload on, also where the comparison with the old one had begun."""
        held: Deferred[object] = Deferred()
        login: Login = self.login_over(self.portal(Answering(lambda: held)))
        answer = self.start(login)
        login.use(self.portal(Answering(lambda: b"alice")))
        held.errback(UnauthorizedLogin())
        self.assertEqual(self.successResultOf(answer)[0].account.name, "alice")
        self.assertEqual((self.told, len(self.guesses)), ([], 0))

    def test_certificate_is_for_the_new_one(self) -> None:
        """A name that a certificate has proved, too."""
        login = self.login_over(self.portal(Answering(lambda: None)))
        realm = Realm(
            known(self.clock),
            self.no_home,
            adopt=lambda live, given, peer: self.storage,
            clock=self.clock,
        )
        login.use(Portal(realm, []))
        attempt = Deferred.fromCoroutine(login.login_certified(b"alice", PEER, failed=self.tell))
        self.turn(1.0)
        self.failureResultOf(attempt, LoginRefused)
