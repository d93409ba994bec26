"""The records that all sessions of an account share."""

from __future__ import annotations

import gc

from twisted.internet.defer import Deferred

from ftpd_service.account import Account, LiveAccount, Origin, Rates
from ftpd_service.accounts.live import LiveAccounts
from ftpd_service.errors import LoginRefused, LoginUnavailable
from ftpd_service.values import Permissions
from tests.cases import SynchronousTestCase

ALICE = Account(name="alice")
FASTER = Account(name="alice", rates=Rates(upload=1))


class LiveAccountsTests(SynchronousTestCase):
    """Records, and asking for them anew."""

    def setUp(self) -> None:
        self.ended: list[tuple[str, str]] = []
        self.changes = 0
        self.asked: list[tuple[str, Origin]] = []
        self.answer: Account | Exception | Deferred[Account | None] | None = ALICE
        self.live = LiveAccounts(ended=self.note_end, changed=self.note_change)

    def note_end(self, live: LiveAccount) -> None:
        """An account has ended."""
        self.ended.append((live.account.name, live.ended))

    def note_change(self) -> None:
        """Accounts have changed."""
        self.changes += 1

    async def again(self, name: str, origin: Origin) -> Account | None:
        """The source of accounts."""
        self.asked.append((name, origin))
        if isinstance(self.answer, Exception):
            raise self.answer
        return await self.answer if isinstance(self.answer, Deferred) else self.answer

    def refresh(self) -> None:
        """Ask for all accounts anew."""
        self.successResultOf(self.live.refresh(self.again))

    def test_sessions_share_the_record(self) -> None:
        """The second login gets the record of the first, with the newest settings."""
        first = self.live.of(ALICE, Origin())
        self.assertIs(self.live.of(FASTER, Origin()), first)
        self.assertEqual((first.account, self.changes), (FASTER, 1))

    def test_record_goes_with_its_last_session(self) -> None:
        """Nothing is kept of accounts without sessions."""
        live = self.live.of(ALICE, Origin())
        self.assertEqual(len(self.live), 1)
        del live
        gc.collect()
        self.assertEqual(len(self.live), 0)

    def test_rates_are_those_of_the_record(self) -> None:
        """An account without sessions has no throttle."""
        live = self.live.of(FASTER, Origin())
        self.assertEqual((self.live.rates("alice"), self.live.rates("bob")), (Rates(upload=1), Rates()))
        del live

    def test_change_counts(self) -> None:
        """The source is asked where the account came from, and its answer is in force."""
        live = self.live.of(ALICE, Origin(checker="database"))
        self.answer = FASTER
        self.refresh()
        self.assertEqual((live.account, self.changes, self.ended), (FASTER, 1, []))
        self.assertEqual(self.asked, [("alice", Origin(checker="database"))])

    def test_same_answer_changes_nothing(self) -> None:
        """Nobody is told."""
        live = self.live.of(ALICE, Origin())
        self.refresh()
        self.assertEqual((live.account, self.changes), (ALICE, 0))

    def test_account_that_is_gone_ends(self) -> None:
        """The reason is kept, and a later login gets another record."""
        live = self.live.of(ALICE, Origin())
        self.answer = None
        self.refresh()
        self.assertEqual(self.ended, [("alice", "the account is gone or disabled")])
        self.assertIsNot(self.live.of(ALICE, Origin()), live)

    def test_refusal_ends_it_with_its_reason(self) -> None:
        """Such as a group that is not defined any more."""
        live = self.live.of(ALICE, Origin())
        self.answer = LoginRefused("no such group")
        self.refresh()
        self.assertEqual((live.ended, self.ended), ("no such group", [("alice", "no such group")]))

    def test_source_that_does_not_answer_changes_nothing(self) -> None:
        """Sessions go on while a database is away."""
        live = self.live.of(ALICE, Origin())
        self.answer = LoginUnavailable("the database is away")
        self.refresh()
        self.assertEqual((live.account, live.ended, self.ended), (ALICE, "", []))

    def test_fault_of_a_source_is_logged(self) -> None:
        """It neither ends the sessions nor the refresh."""
        live = self.live.of(ALICE, Origin())
        self.answer = ZeroDivisionError()
        self.refresh()
        self.assertEqual((live.ended, len(self.flushLoggedErrors(ZeroDivisionError))), ("", 1))

    def test_login_in_the_meantime_is_newer(self) -> None:
        """The late answer of a refresh does not undo what a login has brought."""
        live = self.live.of(ALICE, Origin())
        held: Deferred[Account | None] = Deferred()
        self.answer = held
        done = self.live.refresh(self.again)
        newest = Account(name="alice", permissions=Permissions.ALL)
        self.live.of(newest, Origin())
        held.callback(FASTER)
        self.successResultOf(done)
        self.assertEqual(live.account, newest)

    def test_refresh_during_a_refresh_asks_again(self) -> None:
        """The answer that counts is that of the last request."""
        live = self.live.of(ALICE, Origin())
        held: Deferred[Account | None] = Deferred()
        self.answer = held
        first, second = self.live.refresh(self.again), self.live.refresh(self.again)
        self.assertNoResult(first)
        self.answer = FASTER
        held.callback(ALICE)
        self.successResultOf(first)
        self.successResultOf(second)
        self.assertEqual((len(self.asked), live.account), (2, FASTER))
