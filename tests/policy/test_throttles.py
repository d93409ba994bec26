"""Which rates bind whom."""

from __future__ import annotations

import gc

from ftpd_service.account import NO_LIMITS, Rates
from ftpd_service.policy.throttles import Throttles, ThrottleSettings
from ftpd_service.values import Direction
from tests.cases import SynchronousTestCase


def accounts(**rates: Rates) -> ThrottleSettings:
    """Rates of accounts only."""
    return ThrottleSettings(account=lambda name: rates.get(name, NO_LIMITS))


class Tree(SynchronousTestCase):
    """Session, account, listener, server."""

    def rates(self, settings: ThrottleSettings, direction: Direction) -> list[int | None]:
        """What binds alice on the listener ``a``, from the session up."""
        flow = Throttles(settings).session("a").flow("alice", direction, 0.0)
        return [bucket.rate for bucket in flow.buckets]

    def test_each_scope_has_its_rate_each_way(self) -> None:
        """Both directions are apart."""
        settings = ThrottleSettings(
            server=Rates(upload=1, download=2, upload_per_session=3, download_per_session=4),
            listeners={"a": Rates(upload=5, download=6), "b": Rates(upload=7)},
            account=lambda name: Rates(upload=8, download=9) if name == "alice" else NO_LIMITS,
        )
        self.assertEqual(self.rates(settings, Direction.UPLOAD), [3, 8, 5, 1])
        self.assertEqual(self.rates(settings, Direction.DOWNLOAD), [4, 9, 6, 2])

    def test_listings_are_downloads(self) -> None:
        """They take the same line."""
        settings = ThrottleSettings(server=Rates(download=2))
        self.assertEqual(self.rates(settings, Direction.LISTING), [None, None, None, 2])

    def test_nothing_said_is_no_limit(self) -> None:
        """In any scope."""
        self.assertEqual(self.rates(ThrottleSettings(), Direction.UPLOAD), [None] * 4)

    def test_the_lowest_rate_for_a_session_decides(self) -> None:
        """Whoever set it."""
        settings = ThrottleSettings(
            server=Rates(upload_per_session=3),
            listeners={"a": Rates(upload_per_session=2)},
            account=lambda name: Rates(upload_per_session=4),
        )
        self.assertEqual(self.rates(settings, Direction.UPLOAD)[0], 2)

    def test_sessions_share_what_is_above_them_and_nothing_else(self) -> None:
        """Two of one account on two listeners, one of another."""
        throttles = Throttles(ThrottleSettings())
        one = throttles.session("a").flow("alice", Direction.UPLOAD, 0.0).buckets
        two = throttles.session("b").flow("alice", Direction.UPLOAD, 0.0).buckets
        three = throttles.session("a").flow("bob", Direction.UPLOAD, 0.0).buckets
        self.assertEqual([a is b for a, b in zip(one, two, strict=True)], [False, True, False, True])
        self.assertEqual([a is b for a, b in zip(one, three, strict=True)], [False, False, True, True])

    def test_the_transfers_of_a_session_are_one_flow(self) -> None:
        """A new one would begin before all others, and a burst be had with each small file."""
        session = Throttles(ThrottleSettings()).session("a")
        first = session.flow("alice", Direction.UPLOAD, 0.0)
        self.assertIs(session.flow("alice", Direction.UPLOAD, 1.0), first)
        self.assertIsNot(session.flow("alice", Direction.DOWNLOAD, 1.0), first)

    def test_another_login_is_bound_by_its_own_account(self) -> None:
        """After REIN or a second USER."""
        session = Throttles(accounts(alice=Rates(upload=1), bob=Rates(upload=2))).session("a")
        session.flow("alice", Direction.UPLOAD, 0.0)
        self.assertEqual(session.flow("bob", Direction.UPLOAD, 0.0).buckets[1].rate, 2)


class Changes(SynchronousTestCase):
    """The file is read again."""

    def test_every_scope_changes_under_a_session(self) -> None:
        """Its own rate too; a scope that is gone from the file has no limit."""
        throttles = Throttles(ThrottleSettings(server=Rates(upload=1), listeners={"a": Rates(upload=2)}))
        session = throttles.session("a")
        flow = session.flow("alice", Direction.UPLOAD, 0.0)
        throttles.change(
            ThrottleSettings(server=Rates(upload=3), account=lambda name: Rates(upload=4, upload_per_session=5)), 0.0
        )
        self.assertEqual([bucket.rate for bucket in flow.buckets], [5, 4, None, 3])

    def test_sessions_that_begin_afterwards_have_the_new_rates(self) -> None:
        """Also where no bucket was there yet."""
        throttles = Throttles(ThrottleSettings(server=Rates(upload=1)))
        throttles.change(ThrottleSettings(server=Rates(upload=2)), 0.0)
        flow = throttles.session("a").flow("alice", Direction.UPLOAD, 0.0)
        self.assertEqual(flow.buckets[3].rate, 2)

    def test_nothing_is_kept_of_sessions_that_are_gone(self) -> None:
        """Names of accounts that another checker accepts are without number."""
        throttles = Throttles(ThrottleSettings())
        session = throttles.session("a")
        session.flow("alice", Direction.UPLOAD, 0.0)
        asked: list[str] = []

        def account(name: str) -> Rates:
            asked.append(name)
            return NO_LIMITS

        throttles.change(ThrottleSettings(account=account), 0.0)
        self.assertEqual(set(asked), {"alice"})
        asked.clear()
        del session
        gc.collect()
        throttles.change(ThrottleSettings(account=account), 0.0)
        self.assertEqual(asked, [])


class Replaced(SynchronousTestCase):
    """Rates that an operator has set take the place of the configured rates, until they are restored."""

    def setUp(self) -> None:
        """A session of alice, whose account and session have rates."""
        settings = ThrottleSettings(account=lambda name: Rates(upload=8, download=9, upload_per_session=4))
        self.throttles = Throttles(settings)
        self.session = self.throttles.session("a")
        self.flow = self.session.flow("alice", Direction.UPLOAD, 0.0)

    def rates(self) -> list[int | None]:
        """The rates of the session and of the account."""
        return [bucket.rate for bucket in self.flow.buckets[:2]]

    def test_a_session_has_its_new_rate_at_once(self) -> None:
        """Its account keeps the configured rate."""
        self.session.replace(2, upload=True, now=1.0)
        self.assertEqual(self.rates(), [2, 8])

    def test_the_other_direction_stays(self) -> None:
        """A flow that begins later has the configured rate."""
        self.session.replace(2, upload=False, now=1.0)
        self.assertEqual(self.rates(), [4, 8])

    def test_a_session_without_a_transfer_has_it_later(self) -> None:
        """The next transfer begins with the new rate."""
        later = self.throttles.session("a")
        later.replace(2, upload=True, now=1.0)
        self.assertEqual(later.flow("alice", Direction.UPLOAD, 2.0).buckets[0].rate, 2)

    def test_an_account_has_its_new_rate_at_once(self) -> None:
        """No limit is a rate too."""
        self.throttles.replace_account("alice", None, upload=True, now=1.0)
        self.assertEqual(self.rates(), [4, None])

    def test_a_change_of_settings_leaves_them(self) -> None:
        """Accounts of a database change at any time."""
        self.session.replace(2, upload=True, now=1.0)
        self.throttles.replace_account("alice", 3, upload=True, now=1.0)
        self.throttles.change(ThrottleSettings(), 2.0)
        self.assertEqual(self.rates(), [2, 3])

    def test_restored(self) -> None:
        """The settings count again, for sessions and accounts."""
        self.session.replace(2, upload=True, now=1.0)
        self.throttles.replace_account("alice", 3, upload=True, now=1.0)
        self.throttles.restore(2.0)
        self.assertEqual(self.rates(), [4, 8])
