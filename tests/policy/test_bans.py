"""Bans of hosts, subnets and accounts."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

from ftpd_service.policy.bans import Ban, BanKind, Bans, BanSettings
from ftpd_service.policy.subnets import SubnetPrefix
from ftpd_service.testing.fakes import peer
from ftpd_service.values import Peer
from tests.cases import SynchronousTestCase

RULE = BanSettings(failures=3, within_seconds=10, duration_seconds=100)
FOUR, SIX = peer("192.0.2.1"), peer("2001:db8::1", "2001:db8::7")


class BansCase(SynchronousTestCase):
    """Three failures within ten seconds ban for a hundred."""

    def bans(self, rule: BanSettings | None = RULE, **more: int) -> Bans:
        """The bans of a rule."""
        return Bans(rule, SubnetPrefix(), **more)

    def banned_by(self, bans: Bans, *times: float, client: Peer = FOUR, name: bytes = b"alice") -> list[str]:
        """Fail at these times: what was banned."""
        return [ban.subject for now in times for ban in bans.failed(client, name, now)]


class CountingTests(BansCase):
    """When a ban is made."""

    def test_below(self) -> None:
        """One failure less bans nobody."""
        bans = self.bans()
        self.assertEqual((self.banned_by(bans, 0, 1), len(bans)), ([], 0))

    def test_at(self) -> None:
        """The failure that completes the number bans host and name."""
        bans = self.bans()
        self.assertEqual(self.banned_by(bans, 0, 1, 10), ["192.0.2.1", "alice"])

    def test_too_slow(self) -> None:
        """Failures that lie further apart do not count together."""
        self.assertEqual(self.banned_by(self.bans(), 0, 1, 10.1), [])

    def test_oldest_failure_falls_out(self) -> None:
        """The last three count."""
        self.assertEqual(self.banned_by(self.bans(), 0, 9, 10.1, 11), ["192.0.2.1", "alice"])

    def test_hosts_count_apart(self) -> None:
        """But the name counts for all of them."""
        bans = self.bans()
        self.banned_by(bans, 0, 1)
        self.assertEqual(self.banned_by(bans, 2, client=peer("192.0.2.2")), ["alice"])

    def test_names_count_apart(self) -> None:
        """But the host counts for all of them."""
        bans = self.bans()
        self.banned_by(bans, 0, 1)
        self.assertEqual(self.banned_by(bans, 2, name=b"bob"), ["192.0.2.1"])

    def test_accounts_may_be_left_out(self) -> None:
        """Then only hosts are banned."""
        self.assertEqual(self.banned_by(self.bans(replace(RULE, accounts=False)), 0, 1, 2), ["192.0.2.1"])

    def test_subnets(self) -> None:
        """Failures of its hosts count together."""
        bans = self.bans(replace(RULE, subnets=True, accounts=False))
        self.banned_by(bans, 0, 1)
        self.assertEqual(self.banned_by(bans, 2, client=peer("192.0.2.99")), ["192.0.2.0/24"])

    def test_exempt_network(self) -> None:
        """Its failures count for nobody."""
        bans = self.bans(replace(RULE, exempt=(ip_network("192.0.2.0/24"),)))
        self.assertEqual(self.banned_by(bans, 0, 1, 2, 3), [])

    def test_no_rule(self) -> None:
        """The server bans nobody."""
        self.assertEqual(self.banned_by(self.bans(None), 0, 1, 2, 3), [])

    def test_next_ban_needs_as_many_failures(self) -> None:
        """The count begins anew."""
        bans = self.bans()
        self.banned_by(bans, 0, 1, 2)
        self.assertEqual(self.banned_by(bans, 3, 4), [])

    def test_name_that_is_not_utf_8(self) -> None:
        """It is banned too."""
        bans = self.bans()
        self.banned_by(bans, 0, 1, 2, name=b"\xff")
        self.assertIsNotNone(bans.of_name(b"\xff", 3))


class LookTests(BansCase):
    """Who is banned."""

    def banned(self, bans: Bans, address: str, now: float = 3) -> bool:
        """Whether an address is."""
        return bans.of_address(ip_address(address), now) is not None

    def test_host_for_its_time(self) -> None:
        """The ban ends by itself."""
        bans = self.bans()
        self.banned_by(bans, 0, 1, 2)
        self.assertEqual([self.banned(bans, "192.0.2.1", now) for now in (3, 101.9, 102)], [True, True, False])
        self.assertFalse(self.banned(bans, "192.0.2.2"))

    def test_ipv6_host_by_each_of_its_addresses(self) -> None:
        """Its network is banned."""
        bans = self.bans()
        self.assertEqual(self.banned_by(bans, 0, 1, 2, client=SIX), ["2001:db8::/64", "alice"])
        self.assertTrue(self.banned(bans, "2001:db8::ffff:1"))
        self.assertFalse(self.banned(bans, "2001:db8:0:1::1"))

    def test_name(self) -> None:
        """In the case in which it was typed."""
        bans = self.bans()
        self.banned_by(bans, 0, 1, 2)
        self.assertIsNotNone(bans.of_name(b"alice", 3))
        self.assertIsNone(bans.of_name(b"Alice", 3))
        self.assertIsNone(bans.of_name(b"alice", 102))

    def test_ban_without_an_end(self) -> None:
        """An operator's, for a network of any size."""
        bans = self.bans(None)
        bans.put(Ban(kind=BanKind.SUBNET, subject="198.51.100.0/22", since=0))
        self.assertTrue(self.banned(bans, "198.51.103.9", 1e9))

    def test_exempt_network_goes_before_a_ban(self) -> None:
        """Whoever made it."""
        bans = self.bans(replace(RULE, exempt=(ip_network("192.0.2.1/32"),)))
        bans.put(Ban(kind=BanKind.SUBNET, subject="192.0.2.0/24", since=0))
        self.assertFalse(self.banned(bans, "192.0.2.1"))
        self.assertTrue(self.banned(bans, "192.0.2.2"))

    def test_ban_of_an_operator_is_not_shortened(self) -> None:
        """Guesses from a host that the name has logged in from lead to no ban that would end earlier."""
        bans = self.bans(replace(RULE, accounts=True))
        operators = Ban(kind=BanKind.ACCOUNT, subject="alice", since=0)
        bans.put(operators)
        self.assertEqual(self.banned_by(bans, 0, 1, 2), ["192.0.2.1"])
        self.assertEqual(bans.of_name(b"alice", 1e9), operators)

    def test_ban_that_ends_earlier_is_replaced(self) -> None:
        """The longer one counts."""
        bans = self.bans()
        bans.put(Ban(kind=BanKind.ACCOUNT, subject="alice", since=0, until=50))
        self.assertEqual(self.banned_by(bans, 0, 1, 2), ["192.0.2.1", "alice"])

    def test_host_and_subnet_of_one_network(self) -> None:
        """They are two bans: the end of one of them leaves the other."""
        bans = self.bans()
        for kind in (BanKind.HOST, BanKind.SUBNET):
            bans.put(Ban(kind=kind, subject="2001:db8::/64", since=0))
        bans.lift(BanKind.HOST, "2001:db8::/64")
        self.assertTrue(self.banned(bans, "2001:db8::1"))

    def test_lifted(self) -> None:
        """It is gone, and says what it was."""
        bans = self.bans()
        self.banned_by(bans, 0, 1, 2)
        ban = bans.lift(BanKind.HOST, "192.0.2.1")
        assert ban is not None
        self.assertEqual((ban.automatic, self.banned(bans, "192.0.2.1")), (True, False))
        self.assertIsNone(bans.lift(BanKind.HOST, "192.0.2.1"))
        self.assertIsNone(bans.lift(BanKind.ACCOUNT, "bob"))


class BoundTests(BansCase):
    """Nobody fills the memory."""

    def test_oldest_automatic_ban_is_dropped(self) -> None:
        """An operator's ban never is, and takes no room."""
        bans = self.bans(replace(RULE, accounts=False), most_bans=2)
        bans.put(Ban(kind=BanKind.HOST, subject="203.0.113.1", since=-1))
        for number in range(3):
            now = number * 3.0
            self.banned_by(bans, now, now + 1, now + 2, client=peer(f"192.0.2.{number}"))
        self.assertEqual({ban.subject for ban in bans.all()}, {"203.0.113.1", "192.0.2.1", "192.0.2.2"})

    def test_a_dropped_ban_does_not_come_back(self) -> None:
        """A store still has it, and there is no room for it, but for a newer ban there is."""
        bans = self.bans(most_bans=1)
        made = [
            Ban(kind=BanKind.HOST, subject=f"192.0.2.{number}", since=number, automatic=True) for number in (1, 2, 3)
        ]
        self.assertEqual([bans.put(made[position]) for position in (0, 1, 0, 2)], [True, True, False, True])
        self.assertEqual(bans.all(), [made[2]])

    def test_a_ban_that_is_made_again_is_the_newest(self) -> None:
        """Its first time does not count."""
        bans = self.bans(most_bans=2)
        made = [
            Ban(kind=BanKind.HOST, subject=f"192.0.2.{number}", since=since, automatic=True)
            for since, number in enumerate((1, 2, 1, 3))
        ]
        for ban in made:
            bans.put(ban)
        self.assertEqual({ban.subject for ban in bans.all()}, {"192.0.2.1", "192.0.2.3"})

    def test_a_lifted_ban_makes_room(self) -> None:
        """Nothing older is dropped for the next one."""
        bans = self.bans(most_bans=1)
        for number in (1, 2):
            bans.put(Ban(kind=BanKind.HOST, subject=f"192.0.2.{number}", since=number, automatic=True))
            bans.lift(BanKind.HOST, f"192.0.2.{number}")
        self.assertTrue(bans.put(Ban(kind=BanKind.HOST, subject="192.0.2.3", since=1.5, automatic=True)))

    def test_the_oldest_ended_ban_is_dropped_first(self) -> None:
        """It binds nobody."""
        bans = self.bans(replace(RULE, accounts=False), most_bans=1)
        self.banned_by(bans, 0, 1, 2)
        self.banned_by(bans, 200, 201, 202, client=peer("192.0.2.2"))
        self.assertEqual([ban.subject for ban in bans.all()], ["192.0.2.2"])

    def test_failures_count_over_a_reload_of_the_same_rule(self) -> None:
        """A file in which something else has changed is no fresh start for guessing."""
        bans = self.bans()
        self.banned_by(bans, 0, 1)
        bans.change(replace(RULE), SubnetPrefix())
        self.assertEqual(self.banned_by(bans, 2), ["192.0.2.1", "alice"])

    def test_failures_are_forgotten_with_another_rule(self) -> None:
        """They were counted by the former one; bans stay."""
        bans = self.bans()
        self.banned_by(bans, 0, 1, 2)
        self.banned_by(bans, 3, 4)
        bans.change(replace(RULE, failures=2), SubnetPrefix())
        self.assertEqual((self.banned_by(bans, 5), len(bans)), ([], 2))
