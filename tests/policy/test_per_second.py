"""How much may begin in a second: at, below and above the limit."""

from __future__ import annotations

from ipaddress import ip_address

from ftpd_service.errors import LimitReached
from ftpd_service.policy.per_second import ConnectionRate, used, wait_seconds
from tests.cases import SynchronousTestCase

HOST = ip_address("192.0.2.1")
OTHER = ip_address("2001:db8::1")


def after(count: int, *, per_second: int, now: float = 1000.0) -> float:
    """The state after so many beginnings at once."""
    unused_at = 0.0
    for _ in range(count):
        unused_at = used(unused_at, now, per_second)
    return unused_at


class WaitTests(SynchronousTestCase):
    """The wait of the next beginning."""

    def test_fewer_than_the_limit_do_not_wait(self) -> None:
        """One below: the last of the second may begin at once."""
        self.assertEqual(wait_seconds(after(9, per_second=10), 1000.0, 10), 0.0)

    def test_one_more_than_the_limit_waits(self) -> None:
        """For a tenth of a second at ten a second."""
        self.assertAlmostEqual(wait_seconds(after(10, per_second=10), 1000.0, 10), 0.1)

    def test_each_further_one_waits_longer(self) -> None:
        """Those that have begun in advance count too."""
        self.assertAlmostEqual(wait_seconds(after(12, per_second=10), 1000.0, 10), 0.3)

    def test_a_part_of_a_second_frees_a_place(self) -> None:
        """At the end of the wait, and not before it."""
        full = after(10, per_second=10)
        self.assertGreater(wait_seconds(full, 1000.099, 10), 0.0)
        self.assertEqual(wait_seconds(full, 1000.1, 10), 0.0)

    def test_a_quiet_time_saves_up_one_second_only(self) -> None:
        """An hour without a beginning allows no more at once than a second does."""
        unused_at = after(1, per_second=3)
        for _ in range(3):
            self.assertEqual(wait_seconds(unused_at, 4600.0, 3), 0.0)
            unused_at = used(unused_at, 4600.0, 3)
        self.assertGreater(wait_seconds(unused_at, 4600.0, 3), 0.0)

    def test_large_limits_are_exact(self) -> None:
        """Rounding lets neither one more begin nor one fewer, late in the life of a clock."""
        unused_at, now, begun = 0.0, 12_345_678.9, 0
        while not wait_seconds(unused_at, now, 997):
            unused_at, begun = used(unused_at, now, 997), begun + 1
        self.assertEqual(begun, 997)


class ConnectionRateTests(SynchronousTestCase):
    """Connections that begin, by host."""

    def test_as_many_as_allowed_begin_at_once(self) -> None:
        """The boundary itself."""
        rate = ConnectionRate(2)
        rate.enter(HOST, 1.0)
        rate.enter(HOST, 1.0)

    def test_one_more_is_refused_with_the_key(self) -> None:
        """The text begins with the key and names the host."""
        rate = ConnectionRate(1)
        rate.enter(HOST, 1.0)
        problem = self.assertRaises(LimitReached, rate.enter, HOST, 1.5)
        self.assertTrue(str(problem).startswith("limits.connections_per_second: 1 of 192.0.2.1"), str(problem))

    def test_a_refused_connection_is_not_counted(self) -> None:
        """So a host that goes on gets its rate, and not nothing."""
        rate = ConnectionRate(1)
        rate.enter(HOST, 1.0)
        self.assertRaises(LimitReached, rate.enter, HOST, 1.9)
        rate.enter(HOST, 2.0)

    def test_another_host_has_a_rate_of_its_own(self) -> None:
        """A flood from elsewhere takes nothing from it."""
        rate = ConnectionRate(1)
        rate.enter(HOST, 1.0)
        rate.enter(OTHER, 1.0)

    def test_without_a_limit_nothing_is_counted(self) -> None:
        """Nor remembered."""
        rate = ConnectionRate(None)
        rate.enter(HOST, 1.0)
        rate.enter(HOST, 1.0)
        self.assertEqual(len(rate), 0)

    def test_another_limit_counts_at_once(self) -> None:
        """Also for a host that has used up the former one."""
        rate = ConnectionRate(1)
        rate.enter(HOST, 1.0)
        rate.change(2)
        rate.enter(HOST, 1.5)

    def test_hosts_that_used_up_nothing_are_forgotten(self) -> None:
        """With the next connection."""
        rate = ConnectionRate(1)
        rate.enter(HOST, 1.0)
        rate.enter(OTHER, 2.0)
        self.assertEqual(len(rate), 1)

    def test_the_memory_is_bounded(self) -> None:
        """The oldest host is forgotten first."""
        rate = ConnectionRate(1, most_counted=2)
        for number in range(5):
            rate.enter(ip_address(number), 1.0)
        self.assertEqual(len(rate), 2)
        self.assertRaises(LimitReached, rate.enter, ip_address(4), 1.0)
