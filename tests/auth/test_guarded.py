"""The breaker and the cache of each checker, as logins meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from zope.interface import implementer

from ftpd_service.auth.accepted import AcceptedLogins
from ftpd_service.auth.credentials import HeldName, IKnowsNames
from ftpd_service.auth.ordered import AvatarId, CheckerEntry, OrderedChecker
from ftpd_service.errors import LoginsSaturated, LoginUnavailable
from ftpd_service.policy.breaker import Breaker, BreakerSettings
from tests.auth.strangers import Answering, Log, credentials, raising
from tests.cases import SynchronousTestCase


@implementer(IKnowsNames)
class Knowing(Answering):
    """A checker that holds some names."""

    def __init__(self, answer: Callable[[], object], *names: bytes) -> None:
        super().__init__(answer)
        self._names = names

    async def knows(self, name: bytes) -> bool:
        """Whether the name is among its own."""
        return name in self._names


class Lost(Knowing):
    """A checker whose names cannot be told."""

    async def knows(self, name: bytes) -> bool:
        """Fail."""
        raise ConnectionError


class GuardedCase(SynchronousTestCase):
    """Entries with a breaker of two failures, and a cache where it is wanted."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = Log(self)
        self.answer: Callable[[], object] = lambda: b"alice"
        self.checker = Answering(lambda: self.answer())

    def entry(self, checker: ICredentialsChecker | None = None, *, remembers: bool = False) -> CheckerEntry:
        """An entry of the configuration."""
        return CheckerEntry(
            name="directory",
            checker=self.checker if checker is None else checker,
            timeout_seconds=10.0,
            breaker=Breaker(BreakerSettings(failures=2, retry_seconds=30.0)),
            accepted=AcceptedLogins(300.0, now=self.clock.seconds) if remembers else None,
        )

    def ask(self, *entries: CheckerEntry, password: bytes = b"hunter2") -> Deferred[bytes | tuple[()]]:
        """One login, which succeeds if the password is right."""
        given = credentials(password=password)

        def succeeded(answer: bytes | tuple[()]) -> bytes | tuple[()]:
            given.logged_in()
            return answer

        return OrderedChecker(entries, self.clock).requestAvatarId(given).addCallback(succeeded)


class BreakerTests(GuardedCase):
    """A checker that fails again and again."""

    def opened(self) -> CheckerEntry:
        """An entry whose breaker is open."""
        entry = self.entry()
        self.answer = raising(ConnectionError())
        for _ in range(2):
            self.failureResultOf(self.ask(entry), LoginUnavailable)
        return entry

    def test_it_is_not_asked_while_the_breaker_is_open(self) -> None:
        """The login is unavailable at once, and no other checker is asked instead."""
        entry, second = self.opened(), Answering(lambda: b"alice")
        self.failureResultOf(self.ask(entry, self.entry(second)), LoginUnavailable)
        self.assertEqual((self.checker.asked, second.asked), (2, 0))

    def test_timeouts_open_it(self) -> None:
        """Silence is a failure."""
        entry = self.entry()
        self.answer = Deferred
        for _ in range(2):
            waiting = self.ask(entry)
            self.clock.advance(10.0)
            self.failureResultOf(waiting, LoginUnavailable)
        self.failureResultOf(self.ask(entry), LoginUnavailable)
        self.assertEqual(self.checker.asked, 2)

    def test_opening_and_closing_are_one_line_each(self) -> None:
        """With the checker's name."""
        entry = self.opened()
        self.failureResultOf(self.ask(entry), LoginUnavailable)
        self.clock.advance(30.0)
        self.answer = lambda: b"alice"
        self.successResultOf(self.ask(entry))
        self.successResultOf(self.ask(entry))
        self.assertEqual(self.log.text().count("checker directory has failed 2 times in a row"), 1)
        self.assertEqual(self.log.text().count("checker directory answers again"), 1)

    def test_a_refusal_is_an_answer(self) -> None:
        """A wrong password closes the breaker as well as a right one."""
        entry = self.opened()
        self.clock.advance(30.0)
        self.answer = raising(UnauthorizedLogin())
        self.failureResultOf(self.ask(entry), UnauthorizedLogin)
        self.assertFalse(entry.breaker.is_open)

    def test_refusals_do_not_open_it(self) -> None:
        """However many."""
        entry = self.entry()
        self.answer = raising(HeldName())
        for _ in range(5):
            self.failureResultOf(self.ask(entry), UnauthorizedLogin)
        self.assertEqual(self.checker.asked, 5)

    def test_a_full_queue_does_not_open_it(self) -> None:
        """The checker itself was not asked."""
        entry = self.entry()
        self.answer = raising(LoginsSaturated())
        for _ in range(5):
            self.failureResultOf(self.ask(entry), LoginsSaturated)
        self.assertFalse(entry.breaker.is_open)

    def test_a_cancelled_trial_makes_room_for_the_next(self) -> None:
        """The service stopped waiting for it."""
        entry = self.opened()
        self.clock.advance(30.0)
        self.answer = Deferred
        trial = self.ask(entry)
        trial.cancel()
        self.failureResultOf(trial, CancelledError)
        self.answer = lambda: b"alice"
        self.successResultOf(self.ask(entry))

    def test_each_checker_has_its_own(self) -> None:
        """Another one is asked as before."""
        self.opened()
        self.assertEqual(self.successResultOf(self.ask(self.entry(Answering(lambda: b"bob")))), b"bob")

    def test_unavailable_text_of_a_built_in_checker_is_logged(self) -> None:
        """In one line, without a traceback."""
        self.answer = raising(LoginUnavailable("the program ended"))
        self.failureResultOf(self.ask(self.entry()), LoginUnavailable)
        self.assertIn("checker directory: the program ended", self.log.text())
        self.assertNotIn("Traceback", self.log.text())


class CacheTests(GuardedCase):
    """A checker whose accepted logins are remembered."""

    def test_the_same_login_is_not_asked_again(self) -> None:
        """And has the same avatar id, with its entry."""
        entry = self.entry(remembers=True)
        first, second = (self.successResultOf(self.ask(entry)) for _ in range(2))
        self.assertIsInstance(second, AvatarId)
        self.assertIs(first, second)
        self.assertEqual(self.checker.asked, 1)

    def test_without_a_cache_it_is_asked_each_time(self) -> None:
        """As other packages' checkers are, unless their entry says otherwise."""
        entry = self.entry()
        self.successResultOf(self.ask(entry))
        self.successResultOf(self.ask(entry))
        self.assertEqual(self.checker.asked, 2)

    def test_a_failed_login_forgets(self) -> None:
        """A wrong password of the name: the next right one is asked for."""
        entry = self.entry(remembers=True)
        self.successResultOf(self.ask(entry))
        self.answer = raising(HeldName())
        self.failureResultOf(self.ask(entry, password=b"wrong"), UnauthorizedLogin)
        self.failureResultOf(self.ask(entry), UnauthorizedLogin)
        self.assertEqual(self.checker.asked, 3)

    def test_refusals_are_not_remembered(self) -> None:
        """A name may be made at any time."""
        entry = self.entry(remembers=True)
        self.answer = raising(UnauthorizedLogin())
        self.failureResultOf(self.ask(entry), UnauthorizedLogin)
        self.answer = lambda: b"alice"
        self.assertEqual(self.successResultOf(self.ask(entry)), b"alice")

    def test_an_error_does_not_forget(self) -> None:
        """Who was let in a while ago gets in while the checker is away, the breaker being open too."""
        entry = self.entry(remembers=True)
        self.successResultOf(self.ask(entry))
        self.answer = raising(ConnectionError())
        for _ in range(3):
            self.failureResultOf(self.ask(entry, password=b"another"), LoginUnavailable)
        self.assertEqual(self.successResultOf(self.ask(entry)), b"alice")

    def test_nonsense_is_not_remembered(self) -> None:
        """It let nobody in."""
        entry = self.entry(remembers=True)
        self.answer = lambda: None
        self.failureResultOf(self.ask(entry), UnauthorizedLogin)
        self.failureResultOf(self.ask(entry), UnauthorizedLogin)
        self.assertEqual(self.checker.asked, 2)


class OrderTests(GuardedCase):
    """A remembered login behind other checkers."""

    def before(self, first: Answering, *, final: bool = False) -> bytes | tuple[()]:
        """The answer when a login is remembered behind a first checker."""
        later = self.entry(remembers=True)
        self.successResultOf(self.ask(later))
        return self.successResultOf(self.ask(replace(self.entry(first), final=final), later))

    def test_checkers_before_it_are_asked(self) -> None:
        """They may refuse what they let pass before: a list of names that are locked out."""
        locking = Answering(raising(HeldName()))
        later = self.entry(remembers=True)
        self.successResultOf(self.ask(later))
        self.failureResultOf(self.ask(self.entry(locking), later), UnauthorizedLogin)

    def test_a_checker_that_does_not_hold_the_name_is_not_asked(self) -> None:
        """The hash against which it would check an unknown name costs nothing then."""
        first = Knowing(raising(UnauthorizedLogin()))
        self.assertEqual((self.before(first), first.asked), (b"alice", 0))

    def test_a_checker_that_cannot_tell_its_names_fails(self) -> None:
        """The login is unavailable, and the failures open its breaker."""
        later = self.entry(remembers=True)
        self.successResultOf(self.ask(later))
        first = self.entry(Lost(lambda: b"alice"))
        for _ in range(2):
            self.failureResultOf(self.ask(first, later), LoginUnavailable)
        self.assertTrue(first.breaker.is_open)

    def test_a_checker_that_holds_the_name_is_asked(self) -> None:
        """An account that has been added counts at once."""
        first = Knowing(lambda: b"held", b"alice")
        self.assertEqual((self.before(first), first.asked), (b"held", 1))

    def test_a_new_login_is_asked_of_all(self) -> None:
        """So that unknown names cost what known ones cost."""
        first = Knowing(raising(UnauthorizedLogin()))
        self.successResultOf(self.ask(self.entry(first), self.entry()))
        self.assertEqual(first.asked, 1)
