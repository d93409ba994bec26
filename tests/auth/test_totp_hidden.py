"""Codes and passwords are judged together: no answer tells that one of them is right."""

from __future__ import annotations

from collections.abc import Callable

from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred

from ftpd_service.account import Account
from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.accounts.settings import AccountsSettings
from ftpd_service.auth.accepted import AcceptedLogins
from ftpd_service.auth.ordered import AvatarId, CheckerEntry
from ftpd_service.errors import LoginUnavailable, TemporarilyUnavailable
from tests.auth.strangers import OTHER_PEER, PEER, Answering, Log, raising
from tests.auth.test_totp import CODE, Checking, Knowing, TotpCase


class HidingTests(TotpCase):
    """No answer tells that a password is right without its code: not by the time that its check takes either."""

    def asked(self, password: str, answer: Callable[[bytes], bytes] = bytes) -> list[bytes]:
        """The passwords that a checker gets."""
        checker = Checking(answer)
        self.refused(self.login(checker, "alice", password))
        return checker.asked

    def test_wrong_code(self) -> None:
        """The checker is asked, but with a random text, so that it answers as to a wrong password."""
        (first,), (second,) = self.asked("hunter2287083"), self.asked("hunter2287083")
        self.assertNotIn(b"hunter2", first)
        self.assertNotEqual(first, second)

    def test_no_code(self) -> None:
        """Likewise."""
        self.assertNotIn(b"hunter2", self.asked("hunter2")[0])

    def test_used_code(self) -> None:
        """Likewise."""
        self.successResultOf(self.login(Checking(), "alice", f"hunter2{CODE}", peer=OTHER_PEER))
        self.assertNotIn(b"hunter2", self.asked(f"hunter2{CODE}")[0])

    def test_checker_that_takes_any_password(self) -> None:
        """It accepts the random text too, and the login is refused for its code."""
        checker = Answering(lambda: b"alice")
        self.assertIn("code is wrong", self.refused(self.login(checker, "alice", "hunter2287083")))
        self.assertIn("needs a one-time code", self.refused(self.login(checker, "alice", "hunter2")))

    def test_login_with_a_wrong_code_is_not_remembered(self) -> None:
        """It was not accepted."""
        checker = Answering(lambda: b"alice")
        accepted: AcceptedLogins[AvatarId] = AcceptedLogins(3600.0, now=self.clock.seconds)
        entry = CheckerEntry(name="x", checker=checker, timeout_seconds=10.0, accepted=accepted)
        accounts = ConfiguredAccounts(AccountsSettings(accounts=self.own, defaults=self.defaults))
        self.refused(self.through([entry], accounts, "alice", "hunter2287083", PEER))
        self.refused(self.through([entry], accounts, "alice", "hunter2287083", PEER))
        self.assertEqual(checker.asked, 2)

    def test_reason_behind_several_checkers(self) -> None:
        """The log has it, though each of them may have passed the name on."""
        checker = Answering(raising(UnauthorizedLogin()))
        expected = "no checker accepts this name and password: the one-time code is wrong"
        self.assertEqual(self.refused(self.login(checker, "alice", "hunter2287083")), expected)

    def test_secret_is_read_in_the_share_of_the_client(self) -> None:
        """It is read before the password is known to be right, so anybody may have it read."""
        self.refused(self.login(Checking(), "alice", f"wrong{CODE}", peer=OTHER_PEER))
        self.assertEqual(self.read_for, [OTHER_PEER])

    def test_threads_that_hang(self) -> None:
        """The login fails for now."""

        async def hanging(call: object, /, *, discard: object = None) -> object:
            raise TemporarilyUnavailable("hangs")

        self.blocking = hanging  # type: ignore[assignment]  # it never returns
        waiting = self.login(Checking(), "alice", f"hunter2{CODE}")
        self.assertIn("hangs", str(self.failureResultOf(waiting, LoginUnavailable).value))


class SourceFailureTests(TotpCase):
    """Accounts of a checker that fail before the checker is asked."""

    def setUp(self) -> None:
        super().setUp()
        self.log = Log(self)
        self.checker = Knowing()
        self.entry = CheckerEntry(name="x", checker=self.checker, timeout_seconds=10.0)

    def begun(self) -> Deferred[object]:
        """A login of carol."""
        accounts = ConfiguredAccounts(AccountsSettings(accounts=self.own, defaults=self.defaults))
        return self.through([self.entry], accounts, "carol", f"hunter2{CODE}", PEER)

    def fail_to_log_in(self) -> None:
        """A login that fails for now."""
        self.failureResultOf(self.begun(), LoginUnavailable)

    def test_failures_open_the_breaker(self) -> None:
        """They are failures of the checker, which is left alone then: its accounts too."""
        asked: list[str] = []

        async def fail(name: str) -> Account | None:
            asked.append(name)
            raise ConnectionError("no route to hunter2")

        self.patch(self.checker, "account", fail)
        for _ in range(self.entry.breaker.settings.failures + 3):
            self.fail_to_log_in()
        self.assertEqual(len(asked), self.entry.breaker.settings.failures)
        self.assertEqual(self.checker.asked, [])
        self.assertNotIn("hunter2287082", self.log.text())

    def test_silence(self) -> None:
        """The time of the checker holds for its accounts too."""
        self.patch(self.checker, "account", lambda name: Deferred())
        waiting = self.begun()
        self.clock.advance(10.0)
        self.failureResultOf(waiting, LoginUnavailable)
        self.assertEqual(self.checker.asked, [])
