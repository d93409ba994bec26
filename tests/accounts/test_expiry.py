"""The end of the sessions of accounts that expire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount, Origin
from ftpd_service.accounts.expiry import LONGEST_LOOK_SECONDS, Expiry
from ftpd_service.accounts.live import LiveAccounts
from tests.cases import SynchronousTestCase

LAST_DAY = date(2027, 1, 31)
ALICE = Account(name="alice", expires=LAST_DAY)
MIDNIGHT = datetime(2027, 2, 1)


class ExpiryTests(SynchronousTestCase):
    """A service in the last hour of an account's last day."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.set_ahead = timedelta()
        self.ended: list[tuple[str, str]] = []
        self.accounts = LiveAccounts(ended=self.note_end, changed=lambda: None, local=self.local)
        self.expiry = Expiry(self.accounts, self.clock, local=self.local)
        self.alice = self.accounts.of(ALICE, Origin())
        self.bob = self.accounts.of(Account(name="bob"), Origin())

    def local(self) -> datetime:
        """The local time of the server."""
        return MIDNIGHT - timedelta(hours=1) + timedelta(seconds=self.clock.seconds()) + self.set_ahead

    def note_end(self, live: LiveAccount) -> None:
        """The sessions of an account end."""
        self.ended.append((live.account.name, live.ended))

    def test_sessions_end_at_midnight(self) -> None:
        """Within a second, and not before; accounts that do not expire go on."""
        self.expiry.start()
        self.clock.pump([1.0] * 3599)
        self.assertEqual(self.ended, [])
        self.clock.advance(1)
        self.assertEqual(self.ended, [("alice", "expires: the account has expired at the end of 2027-01-31")])

    def test_sessions_end_once(self) -> None:
        """A later look does not end them again."""
        self.expiry.start()
        self.clock.pump([30.0] * 600)
        self.assertEqual(len(self.ended), 1)

    def test_a_clock_that_is_set_counts_within_a_minute(self) -> None:
        """The look does not wait for the midnight that was expected."""
        self.expiry.start()
        self.set_ahead = timedelta(hours=2)
        self.clock.advance(LONGEST_LOOK_SECONDS)
        self.assertEqual(len(self.ended), 1)

    def test_a_service_that_stops_leaves_no_timer(self) -> None:
        """Neither at once nor after a look."""
        self.expiry.start()
        self.clock.advance(LONGEST_LOOK_SECONDS)
        self.expiry.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_an_account_that_has_expired_meanwhile_ends_with_a_refresh(self) -> None:
        """As when an operator sets a day that is over."""

        async def again(name: str, origin: Origin) -> Account | None:
            return replace(ALICE, expires=date(2000, 1, 1)) if name == "alice" else Account(name=name)

        self.successResultOf(self.accounts.refresh(again))
        self.assertEqual(self.ended, [("alice", "expires: the account has expired at the end of 2000-01-01")])

    def test_a_later_day_counts(self) -> None:
        """A refresh that brings it keeps the sessions."""

        async def again(name: str, origin: Origin) -> Account | None:
            return replace(ALICE, expires=date(2028, 1, 1)) if name == "alice" else Account(name=name)

        self.successResultOf(self.accounts.refresh(again))
        self.expiry.start()
        self.clock.pump([LONGEST_LOOK_SECONDS] * 120)
        self.assertEqual(self.ended, [])
