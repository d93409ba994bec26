"""Several checkers in order: who decides, and what happens when one fails."""

from __future__ import annotations

from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from ftpd_service.auth.credentials import HeldName
from ftpd_service.auth.ordered import AvatarId, CheckerEntry, OrderedChecker
from ftpd_service.errors import LoginUnavailable
from tests.auth.strangers import Answering, Log, credentials, entry_of, raising
from tests.cases import SynchronousTestCase

REFUSING = raising(UnauthorizedLogin())


class OrderedMixin(SynchronousTestCase):
    """A clock, the log as text, and one question."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.log = Log(self)

    def ask(self, *entries: CheckerEntry, password: bytes = b"hunter2") -> Deferred[bytes | tuple[()]]:
        """What the checkers decide together."""
        return OrderedChecker(entries, self.clock).requestAvatarId(credentials(password=password))


class DecidingTests(OrderedMixin):
    """Who decides."""

    def test_provides_its_interface(self) -> None:
        """The Portal may be given this."""
        self.assertTrue(verifyObject(ICredentialsChecker, OrderedChecker((), self.clock)))

    def test_avatar_id_decides(self) -> None:
        """The first that accepts is not followed by another."""
        second = Answering(lambda: succeed(b"bob"))
        answer = self.ask(entry_of(Answering(lambda: succeed(b"alice"))), entry_of(second))
        self.assertEqual((self.successResultOf(answer), second.asked), (b"alice", 0))

    def test_answer_knows_its_entry(self) -> None:
        """The realm learns which checker accepted."""
        entry = entry_of(Answering(lambda: succeed(b"alice")))
        avatar_id = self.successResultOf(self.ask(entry))
        self.assertIs(avatar_id.entry if isinstance(avatar_id, AvatarId) else None, entry)

    def test_answer_without_a_deferred(self) -> None:
        """A checker may answer the avatar id itself."""
        self.assertEqual(self.successResultOf(self.ask(entry_of(Answering(lambda: b"alice")))), b"alice")

    def test_answer_as_text(self) -> None:
        """A str is taken as its UTF-8 bytes."""
        self.assertEqual(self.successResultOf(self.ask(entry_of(Answering(lambda: "zoë")))), "zoë".encode())

    def test_answer_by_a_coroutine(self) -> None:
        """`requestAvatarId` may be a coroutine function."""

        async def answer() -> bytes:
            return b"alice"

        self.assertEqual(self.successResultOf(self.ask(entry_of(Answering(answer)))), b"alice")

    def test_stock_checker(self) -> None:
        """Twisted's own checkers take our credentials."""
        stock = InMemoryUsernamePasswordDatabaseDontUse(alice=b"hunter2")
        self.assertEqual(self.successResultOf(self.ask(entry_of(stock))), b"alice")

    def test_refusal_means_not_mine(self) -> None:
        """UnauthorizedLogin of a stranger's checker passes the question on."""
        answer = self.ask(entry_of(Answering(lambda: fail(UnauthorizedLogin()))), entry_of(Answering(lambda: b"alice")))
        self.assertEqual(self.successResultOf(answer), b"alice")

    def test_refusal_raised_at_once_means_not_mine(self) -> None:
        """It makes no difference whether the refusal is raised or a failed Deferred."""
        answer = self.ask(entry_of(Answering(REFUSING)), entry_of(Answering(lambda: b"alice")))
        self.assertEqual(self.successResultOf(answer), b"alice")

    def test_refusal_of_a_final_entry_ends_the_search(self) -> None:
        """With `final: true` nobody else is asked."""
        second = Answering(lambda: b"alice")
        answer = self.ask(entry_of(Answering(REFUSING), final=True), entry_of(second))
        self.failureResultOf(answer, UnauthorizedLogin)
        self.assertEqual(second.asked, 0)

    def test_held_name_ends_the_search(self) -> None:
        """A checker that holds the name has the last word."""
        second = Answering(lambda: b"alice")
        answer = self.ask(entry_of(Answering(raising(HeldName()))), entry_of(second))
        self.failureResultOf(answer, UnauthorizedLogin)
        self.assertEqual(second.asked, 0)

    def test_all_refuse(self) -> None:
        """When nobody accepts, the login is refused."""
        answer = self.ask(entry_of(Answering(REFUSING)), entry_of(Answering(REFUSING)))
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_no_checkers_refuse_everybody(self) -> None:
        """Without checkers nobody gets in."""
        self.failureResultOf(self.ask(), UnauthorizedLogin)

    def test_refusals_are_not_logged(self) -> None:
        """A wrong password is no failure of a checker."""
        self.failureResultOf(self.ask(entry_of(Answering(REFUSING))), UnauthorizedLogin)
        self.assertEqual(self.log.events, [])


class NoAvatarIdTests(OrderedMixin):
    """Answers that are no avatar id are refusals, and are logged with the checker's name."""

    def refused(self, answer: object) -> None:
        """An answer does not let in, the next checker is asked, and the log names the first."""
        second = Answering(REFUSING)
        asked = self.ask(entry_of(Answering(lambda: answer), name="odd"), entry_of(second))
        self.failureResultOf(asked, UnauthorizedLogin)
        self.assertEqual(second.asked, 1)
        self.assertIn("checker odd answered no avatar id", self.log.text())

    def test_anonymous_avatar_id(self) -> None:
        """Twisted's ANONYMOUS, the empty tuple, lets nobody in: anonymous is an account of its own here."""
        self.refused(())

    def test_empty_bytes(self) -> None:
        """An empty id names nobody."""
        self.refused(b"")

    def test_empty_text(self) -> None:
        """Likewise as text."""
        self.refused("")

    def test_none(self) -> None:
        """A checker that forgets to answer lets nobody in."""
        self.refused(None)

    def test_true(self) -> None:
        """A checker that answers yes without a name lets nobody in."""
        self.refused(True)

    def test_text_that_is_no_text(self) -> None:
        """A lone surrogate stands for no bytes."""
        self.refused("\ud800")


class FailingTests(OrderedMixin):
    """A checker that fails is never taken for one that refuses."""

    def unavailable(self, first: Answering) -> None:
        """A failing checker ends the search as unavailable."""
        second = Answering(lambda: b"alice")
        self.failureResultOf(self.ask(entry_of(first, name="directory"), entry_of(second)), LoginUnavailable)
        self.assertEqual(second.asked, 0)

    def test_failed_deferred(self) -> None:
        """An error in a Deferred is unavailable, and logged with the checker's name."""
        self.unavailable(Answering(lambda: fail(ConnectionError("no route"))))
        self.assertIn("checker directory failed", self.log.text())
        self.assertIn("no route", self.log.text())

    def test_raised_at_once(self) -> None:
        """So is one that is raised before there is a Deferred."""
        self.unavailable(Answering(raising(ConnectionError("no route"))))
        self.assertIn("no route", self.log.text())

    def test_raised_in_a_coroutine(self) -> None:
        """So is one of a coroutine; the log shows where it came from."""

        async def answer() -> bytes:
            raise KeyError("attribute")

        self.unavailable(Answering(answer))
        self.assertIn("raise KeyError", self.log.text())

    def test_its_own_cancellation(self) -> None:
        """A checker that cancels its own work has failed; the session is not taken for cancelled."""
        self.unavailable(Answering(lambda: fail(CancelledError())))

    def test_silence(self) -> None:
        """No answer within the time is unavailable, logged with the checker's name."""
        answer = self.ask(entry_of(Answering(Deferred), name="directory"))
        self.clock.advance(10.0)
        self.failureResultOf(answer, LoginUnavailable)
        self.assertIn("checker directory: no answer within 10.0 s", self.log.text())

    def test_just_in_time(self) -> None:
        """An answer just before the end of the time counts."""
        slow: Deferred[bytes] = Deferred()
        answer = self.ask(entry_of(Answering(lambda: slow)))
        self.clock.advance(9.9)
        slow.callback(b"alice")
        self.assertEqual(self.successResultOf(answer), b"alice")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_silence_cancels_the_checker(self) -> None:
        """The checker's Deferred is cancelled at the end of its time."""
        cancelled: list[object] = []
        answer = self.ask(entry_of(Answering(lambda: Deferred(cancelled.append))))
        self.clock.advance(10.0)
        self.failureResultOf(answer, LoginUnavailable)
        self.assertEqual(len(cancelled), 1)

    def test_checker_that_ignores_its_cancellation(self) -> None:
        """One that goes on after its time holds up nobody."""
        never: Deferred[bytes] = Deferred()

        async def stubborn() -> bytes:
            try:
                return await Deferred()
            except CancelledError:
                return await never

        answer = self.ask(entry_of(Answering(stubborn)))
        self.clock.advance(10.0)
        self.failureResultOf(answer, LoginUnavailable)

    def test_each_has_its_own_time(self) -> None:
        """The second checker's time begins when it is asked."""
        first: Deferred[bytes] = Deferred()
        answer = self.ask(entry_of(Answering(lambda: first)), entry_of(Answering(Deferred)))
        self.clock.advance(9.0)
        first.errback(UnauthorizedLogin())
        self.clock.advance(9.0)
        self.assertNoResult(answer)
        self.clock.advance(1.0)
        self.failureResultOf(answer, LoginUnavailable)

    def test_cancelling_cancels_the_checker_that_is_asked(self) -> None:
        """A client that has gone stops the search; nobody else is asked and nothing is logged."""
        cancelled: list[object] = []
        second = Answering(lambda: b"alice")
        answer = self.ask(entry_of(Answering(lambda: Deferred(cancelled.append))), entry_of(second))
        answer.cancel()
        self.failureResultOf(answer, CancelledError)
        self.assertEqual((len(cancelled), second.asked, self.log.events), (1, 0, []))
        self.assertEqual(self.clock.getDelayedCalls(), [])


class SecretTests(OrderedMixin):
    """The password appears in no log and in no error's text."""

    def told(self, problem: Exception, password: bytes) -> str:
        """All that is told of a checker's error: the log, and the failure's text and traceback."""
        failure = self.failureResultOf(self.ask(entry_of(Answering(raising(problem))), password=password))
        return f"{self.log.text()} {failure.value} {failure.getTraceback()}"

    def test_text_of_an_error(self) -> None:
        """A stranger's exception that holds the password is logged by its type."""
        told = self.told(ValueError("bind as alice with s3cret-pw"), b"s3cret-pw")
        self.assertNotIn("s3cret-pw", told)
        self.assertIn("ValueError (its text held the password and is left out)", told)

    def test_cause_of_an_error(self) -> None:
        """So is one whose cause holds it."""
        problem = ValueError("bind failed")
        problem.__cause__ = KeyError("s3cret-pw")
        self.assertNotIn("s3cret-pw", self.told(problem, b"s3cret-pw"))

    def test_escaped_bytes(self) -> None:
        """So is one that shows the bytes as Python writes them."""
        secret = b"gr\xc3\xbcn\xff!"
        self.assertNotIn("gr\\xc3\\xbcn", self.told(ValueError(repr(secret)), secret))

    def test_decoded_text(self) -> None:
        """So is one that shows the password as text."""
        self.assertNotIn("grün", self.told(ValueError("user=alice password=grün"), "grün".encode()))

    def test_text_of_a_refusal(self) -> None:
        """The text of a final refusal is ours, not the stranger's."""
        checker = Answering(raising(UnauthorizedLogin("s3cret-pw is wrong")))
        failure = self.failureResultOf(self.ask(entry_of(checker, final=True), password=b"s3cret-pw"))
        self.assertNotIn("s3cret-pw", str(failure.value))

    def test_empty_password_hides_nothing(self) -> None:
        """Without a password there is none to hide, and the error is told in full."""
        self.assertIn("no route", self.told(ValueError("no route"), b""))
