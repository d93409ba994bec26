"""Bans in a running service: the store, and what is told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.auth import ban_keeper
from ftpd_service.auth.ban_keeper import SLICE, STORE_SECONDS, BanKeeper
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.events import BanLifted, BanMade
from ftpd_service.policy.bans import Ban, BanKind, Bans, BanSettings
from ftpd_service.policy.subnets import SubnetPrefix
from ftpd_service.testing.fakes import Recorder, peer
from tests.cases import SynchronousTestCase

RULE = BanSettings(failures=2, within_seconds=10, duration_seconds=100)


class Store:
    """Bans in memory.

    :ivar down: whether every call fails.
    :ivar held: a Deferred for which `put` waits, or None.
    """

    def __init__(self) -> None:
        self.bans: dict[tuple[BanKind, str], Ban] = {}
        self.changes = 0
        self.down = False
        self.held: Deferred[None] | None = None

    def _check(self) -> None:
        if self.down:
            raise DatabaseUnavailable("away")

    async def put(self, ban: Ban) -> None:
        """Keep a ban."""
        self._check()
        if self.held is not None:
            await self.held
        self.bans[ban.key] = ban
        self.changes += 1

    async def state(self) -> object:
        """Count the changes."""
        self._check()
        return self.changes

    async def load(self, now: float) -> list[Ban]:
        """Return the bans that have not ended."""
        self._check()
        return [ban for ban in self.bans.values() if not ban.over(now)]

    def lift(self, kind: BanKind, subject: str) -> None:
        """Lift a ban as another process does."""
        del self.bans[kind, subject]
        self.changes += 1


class KeeperCase(SynchronousTestCase):
    """Two failures ban; the clock begins at 1000."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.store = Store()
        self.recorder = Recorder()
        self.keeper = self.kept()

    def kept(self, store: Store | None = None) -> BanKeeper:
        """A keeper with the store of the test, or another one."""
        keeper = BanKeeper(
            Bans(RULE, SubnetPrefix()),
            emit=self.recorder.observe,
            clock=self.clock,
            now=self.clock.seconds,
            store=store or self.store,
        )
        keeper.start()
        self.addCleanup(keeper.stop)
        return keeper

    def guess_wrong(self, name: bytes = b"alice") -> None:
        """Fail twice."""
        for _ in range(2):
            self.keeper.failed(peer(), name)

    def look(self) -> None:
        """Let the next look at the store come."""
        self.clock.advance(STORE_SECONDS)

    @property
    def stored(self) -> list[str]:
        """What the store has."""
        return sorted(subject for _, subject in self.store.bans)


class AskedTests(KeeperCase):
    """What greetings and logins are told."""

    def test_client_that_is_banned(self) -> None:
        """The reason begins with the key."""
        self.assertEqual(self.keeper.refusal(peer()), "")
        self.guess_wrong()
        reason = "limits.bans: 192.0.2.1 is banned (2 failed logins within 10 s)"
        self.assertEqual((self.keeper.refusal(peer()), self.keeper.refusal(peer("192.0.2.2"))), (reason, ""))

    def test_exempt_host_and_a_banned_name(self) -> None:
        """The networks of the users keep out of the way of those who guess at their names."""
        rule = replace(RULE, exempt=(ip_network("10.0.0.0/8"),))
        self.keeper.bans.change(rule, SubnetPrefix())
        self.guess_wrong()
        barred = [self.keeper.barred(peer(host), b"alice", known=False) for host in ("10.1.2.3", "192.0.2.2")]
        self.assertEqual([reason is None for reason in barred], [True, False])

    def test_password_of_a_banned_host(self) -> None:
        """It is not checked, for any name."""
        self.guess_wrong()
        self.assertIn("is banned", self.keeper.barred(peer(), b"bob", known=True) or "")

    def test_password_of_a_banned_account(self) -> None:
        """From a host that the account has not logged in from; others are let through."""
        self.guess_wrong()
        other = peer("192.0.2.2")
        self.assertIn("the account is banned", self.keeper.barred(other, b"alice", known=False) or "")
        self.assertIsNone(self.keeper.barred(other, b"alice", known=True))
        self.assertIsNone(self.keeper.barred(other, b"bob", known=False))

    def test_ban_is_told(self) -> None:
        """Of host and account."""
        self.guess_wrong()
        told = [(event.kind, event.subject, event.seconds) for event in self.recorder.of(BanMade)]
        self.assertEqual(told, [("host", "192.0.2.1", 100.0), ("account", "alice", 100.0)])


class StoreTests(KeeperCase):
    """The store follows, and is followed."""

    def test_bans_are_written_at_the_next_look(self) -> None:
        """No login waits for it."""
        self.guess_wrong()
        self.assertEqual(self.stored, [])
        self.look()
        self.assertEqual(self.stored, ["192.0.2.1", "alice"])

    def test_store_that_is_away(self) -> None:
        """The bans count at once, and are written when it is back."""
        self.store.down = True
        self.guess_wrong()
        self.look()
        self.assertNotEqual(self.keeper.refusal(peer()), "")
        self.store.down = False
        self.look()
        self.assertEqual(self.stored, ["192.0.2.1", "alice"])

    def test_bans_outlive_a_restart(self) -> None:
        """The next process has them at its first look, and does not tell them again."""
        self.guess_wrong()
        self.look()
        self.keeper.stop()
        self.keeper = self.kept()
        self.assertNotEqual(self.keeper.refusal(peer()), "")
        self.assertEqual(len(self.recorder.of(BanMade)), 2)

    def test_ban_of_an_operator_counts(self) -> None:
        """Within a look; it is told once."""
        self.store.bans[BanKind.ACCOUNT, "bob"] = Ban(kind=BanKind.ACCOUNT, subject="bob", since=1, reason="spam")
        self.store.changes += 1
        self.look()
        self.look()
        self.assertIn("spam", self.keeper.barred(peer(), b"bob", known=False) or "")
        self.assertEqual([event.subject for event in self.recorder.of(BanMade)], ["bob"])

    def test_lifted_ban_counts(self) -> None:
        """Within a look, and it is told."""
        self.guess_wrong()
        self.look()
        self.store.lift(BanKind.HOST, "192.0.2.1")
        self.look()
        self.assertEqual(self.keeper.refusal(peer()), "")
        self.assertEqual([event.subject for event in self.recorder.of(BanLifted)], ["192.0.2.1"])

    def test_ban_that_has_ended_is_not_told_as_lifted(self) -> None:
        """Nobody has lifted it."""
        self.guess_wrong()
        self.look()
        self.clock.advance(100)
        self.store.changes += 1
        self.look()
        self.assertEqual(self.recorder.of(BanLifted), [])

    def test_ban_that_is_made_during_a_look_stays(self) -> None:
        """What was read does not have it yet."""
        self.guess_wrong()
        self.store.held = Deferred()
        self.look()
        self.keeper.failed(peer("192.0.2.2"), b"bob")
        self.keeper.failed(peer("192.0.2.2"), b"bob")
        held, self.store.held = self.store.held, None
        held.callback(None)
        self.assertNotEqual(self.keeper.refusal(peer("192.0.2.2")), "")
        self.assertIn("bob", self.stored)

    def test_name_that_no_database_can_hold(self) -> None:
        """It is banned in memory, and a look does not lift it."""
        self.guess_wrong(b"\xff")
        self.look()
        self.store.changes += 1
        self.look()
        self.assertEqual(self.stored, ["192.0.2.1"])
        self.assertIsNotNone(self.keeper.barred(peer("192.0.2.2"), b"\xff", known=False))

    def test_stop(self) -> None:
        """No timer is left."""
        self.keeper.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class BoundTests(KeeperCase):
    """More bans than there is room for, and many bans at once."""

    def in_the_store(self, count: int) -> None:
        """Bans that other processes have made."""
        for number in range(count):
            ban = Ban(kind=BanKind.HOST, subject=f"10.0.{number // 256}.{number % 256}", since=number, automatic=True)
            self.store.bans[ban.key] = ban
        self.store.changes += 1

    def test_many_bans_are_taken_in_slices(self) -> None:
        """Clients are served in between."""
        self.in_the_store(2 * SLICE)
        keeper = self.kept()
        self.assertEqual(len(keeper.bans), SLICE)
        self.clock.advance(0)
        self.assertEqual(len(keeper.bans), 2 * SLICE)

    def test_ban_that_is_made_between_slices_stays(self) -> None:
        """Also one of a subject that the store has."""
        self.in_the_store(2 * SLICE)
        keeper = self.kept()
        last = peer(f"10.0.{(2 * SLICE - 1) // 256}.{(2 * SLICE - 1) % 256}")
        for client in (peer(), peer(), last, last):
            keeper.failed(client, b"alice")
        self.clock.advance(0)
        self.assertIn("2 failed logins", keeper.refusal(last))
        self.assertIn("2 failed logins", keeper.refusal(peer()))

    def test_stop_between_slices(self) -> None:
        """Nothing is left on the reactor."""
        self.keeper.stop()
        self.in_the_store(2 * SLICE)
        self.kept().stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_bans_that_a_full_store_has_dropped(self) -> None:
        """No operator has lifted them, and the log does not say so."""
        self.patch(ban_keeper, "MOST_BANS", 2)
        self.guess_wrong()
        self.look()
        self.store.bans.clear()
        self.in_the_store(2)
        self.look()
        self.assertEqual((len(self.keeper.bans), self.recorder.of(BanLifted)), (2, []))

    def test_bans_beyond_the_bound_are_told_once(self) -> None:
        """The store has bans that the service has dropped: no later look announces them again."""
        rule = replace(RULE, failures=1, accounts=False)
        self.keeper.bans = Bans(rule, SubnetPrefix(), most_bans=2)
        for number in range(5):
            self.clock.advance(0.01)
            self.keeper.failed(peer(f"192.0.2.{number}"), b"alice")
        for number in range(4):
            self.clock.advance(STORE_SECONDS)
            self.keeper.failed(peer(f"198.51.100.{number}"), b"alice")
        self.assertEqual(
            (len(self.keeper.bans), len(self.recorder.of(BanMade)), self.recorder.of(BanLifted)), (2, 9, [])
        )
