"""The sources of accounts: which is asked, and what an answer means."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.account import Account, AccountSettings, Origin
from ftpd_service.auth.ordered import CheckerEntry
from ftpd_service.auth.sources import Sources
from ftpd_service.errors import LoginRefused, LoginUnavailable
from ftpd_service.login_interfaces import IAccounts
from tests.auth.strangers import Answering, Known, Log, entry_of
from tests.cases import SynchronousTestCase


@implementer(IAccounts)
class Providing(Answering):
    """A checker that also has accounts."""

    def __init__(self, answer: object, needs_tls: bool | None = None, some: bool = False) -> None:
        super().__init__(lambda: b"alice")
        self._account = answer
        self._needs_tls = needs_tls
        self._some = some

    async def account(self, name: str) -> Account | None:
        """The answer, or the exception."""
        if isinstance(self._account, Exception):
            raise self._account
        answer = await self._account if isinstance(self._account, Deferred) else self._account
        assert answer is None or isinstance(answer, Account)
        return answer

    async def needs_tls(self, name: str) -> bool | None:
        """Return the answer that the test gave it."""
        return self._needs_tls

    async def some_need_tls(self) -> bool:
        """Return the answer that the test gave it."""
        return self._some


ALICE = Account(name="alice", sessions=7)


class SourcesMixin(SynchronousTestCase):
    """Sources over a configuration that knows alice, without a cap."""

    def setUp(self) -> None:
        self.log = Log(self)
        self.clock = Clock()
        self.answered: list[AccountSettings | None] = []

    def otherwise(self, name: str, answered: AccountSettings | None) -> Account | None:
        """The account by the configuration."""
        self.answered.append(answered)
        return Account(name=name) if name == "alice" else None

    def sources(self, *entries: CheckerEntry) -> Sources:
        """Sources with some checkers."""
        return Sources(Known(alice=None), self.otherwise, entries, self.clock)

    def providing(self, answer: object = ALICE, **tls: bool | None) -> CheckerEntry:
        """A checker that has accounts."""
        return entry_of(Providing(answer, **tls), name="acme")  # type: ignore[arg-type]  # mypy mixes the keywords


class FoundTests(SourcesMixin):
    """The account of a login."""

    def found(self, sources: Sources, entry: CheckerEntry | None, name: str = "alice") -> tuple[Account | None, Origin]:
        """What the sources answer."""
        answer: tuple[Account | None, Origin] = self.successResultOf(sources.found(name, entry, None))
        return answer

    def test_accepting_checker_goes_before_the_configuration(self) -> None:
        """Its account counts, and is asked for there again."""
        entry = self.providing()
        self.assertEqual(self.found(self.sources(entry), entry), (ALICE, Origin(checker="acme")))

    def test_other_checkers_are_not_asked(self) -> None:
        """An account belongs to the checker that has accepted the password."""
        entry = entry_of(Answering(lambda: b"alice"), name="other")
        self.assertEqual(self.found(self.sources(self.providing(), entry), entry), (Account(name="alice"), Origin()))

    def test_all_are_asked_for_a_certificate(self) -> None:
        """No checker has accepted such a name."""
        self.assertEqual(self.found(self.sources(self.providing()), None), (ALICE, Origin(checker="acme")))

    def test_checker_without_this_account(self) -> None:
        """Then the configuration decides."""
        entry = self.providing(None)
        self.assertEqual(self.found(self.sources(entry), entry), (Account(name="alice"), Origin()))

    def test_settings_of_the_answer_are_kept(self) -> None:
        """They go to the configuration, now and when the account is asked for again."""
        settings = AccountSettings(home="/x")
        sources = self.sources()
        _, origin = self.successResultOf(sources.found("alice", None, settings))
        self.successResultOf(sources.again("alice", origin))
        self.assertEqual((origin, self.answered), (Origin(answered=settings), [settings, settings]))

    def test_refusal_is_passed_on(self) -> None:
        """The checker knows why its account is unusable."""
        entry = self.providing(LoginRefused("no such group"))
        self.failureResultOf(Deferred.fromCoroutine(self.sources(entry).found("alice", entry, None)), LoginRefused)

    def test_fault_is_unavailable(self) -> None:
        """A fault of strangers' code never means that the account is another one."""
        entry = self.providing(ZeroDivisionError())
        attempt = Deferred.fromCoroutine(self.sources(entry).found("alice", entry, None))
        self.failureResultOf(attempt, LoginUnavailable)
        self.assertIn("the accounts of checker acme failed", self.log.text())

    def test_silence_is_unavailable(self) -> None:
        """The timeout of the checker holds for its accounts too."""
        entry = self.providing(Deferred())
        attempt = Deferred.fromCoroutine(self.sources(entry).found("alice", entry, None))
        self.clock.advance(10)
        self.failureResultOf(attempt, LoginUnavailable)


class AgainTests(SourcesMixin):
    """The account of live sessions."""

    def again(self, sources: Sources, origin: Origin) -> Account | None:
        """The account anew."""
        answer: Account | None = self.successResultOf(sources.again("alice", origin))
        return answer

    def test_its_checker_is_asked(self) -> None:
        """And nobody else."""
        self.assertEqual(self.again(self.sources(self.providing()), Origin(checker="acme")), ALICE)

    def test_checker_that_has_lost_it(self) -> None:
        """The account is gone, whatever the configuration would give a new login."""
        self.assertIsNone(self.again(self.sources(self.providing(None)), Origin(checker="acme")))

    def test_checker_that_is_gone(self) -> None:
        """So are its accounts."""
        self.assertIsNone(self.again(self.sources(), Origin(checker="acme")))


class NeedsTlsTests(SourcesMixin):
    """Whether a password is checked under TLS only."""

    def needs(self, name: str, *entries: CheckerEntry) -> bool:
        """What the sources answer."""
        answer: bool = self.successResultOf(self.sources(*entries).needs_tls(name))
        return answer

    def test_first_source_that_has_the_name_decides(self) -> None:
        """The configuration is asked first."""
        self.assertFalse(self.needs("alice", self.providing(needs_tls=True)))
        self.assertTrue(self.needs("bob", self.providing(needs_tls=True)))
        self.assertFalse(self.needs("bob", self.providing(needs_tls=False, some=True)))

    def test_unknown_name_needs_it_if_any_account_does(self) -> None:
        """So the answer to a name does not tell whether it exists."""
        self.assertFalse(self.needs("nobody", self.providing()))
        self.assertTrue(self.needs("nobody", self.providing(some=True)))

    def test_silent_source_is_unavailable(self) -> None:
        """Nothing is known about the name, so its password is not checked."""
        entry = self.providing()
        checker = entry.checker
        assert isinstance(checker, Providing)
        checker.needs_tls = lambda name: Deferred()  # type: ignore[method-assign,assignment,return-value]  # silent
        attempt = Deferred.fromCoroutine(self.sources(entry).needs_tls("bob"))
        self.clock.advance(10)
        failure: Failure = self.failureResultOf(attempt, LoginUnavailable)
        self.assertIn("no answer", str(failure.value))
