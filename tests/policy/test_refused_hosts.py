"""Which refused connections the log tells."""

from __future__ import annotations

from ipaddress import ip_address

from ftpd_service.policy.refused_hosts import LINES_PER_SECOND, TOLD_AGAIN_SECONDS, RefusedHosts
from tests.cases import SynchronousTestCase

HOST = ip_address("192.0.2.1")


class RefusedHostsTests(SynchronousTestCase):
    """A line for each host and reason, now and then."""

    def test_the_first_refusal_is_told(self) -> None:
        """Nothing was left out before it."""
        self.assertEqual(RefusedHosts().told(HOST, "limits.bans", 1.0), 0)

    def test_the_next_is_left_out(self) -> None:
        """Until the time is over, by a moment."""
        refused = RefusedHosts()
        refused.told(HOST, "limits.bans", 1.0)
        self.assertIsNone(refused.told(HOST, "limits.bans", 0.9 + TOLD_AGAIN_SECONDS))

    def test_after_a_while_the_number_is_told(self) -> None:
        """At the end of the time itself; then counting begins anew."""
        refused = RefusedHosts()
        for second in (1.0, 2.0, 3.0):
            refused.told(HOST, "limits.bans", second)
        self.assertEqual(refused.told(HOST, "limits.bans", 1.0 + TOLD_AGAIN_SECONDS), 2)
        self.assertEqual(refused.told(HOST, "limits.bans", 1.0 + 2 * TOLD_AGAIN_SECONDS), 0)

    def test_another_limit_is_told(self) -> None:
        """An operator sees each reason."""
        refused = RefusedHosts()
        refused.told(HOST, "limits.bans", 1.0)
        self.assertEqual(refused.told(HOST, "limits.sessions", 1.0), 0)

    def test_many_hosts_share_the_lines_of_a_second(self) -> None:
        """Thousands of hosts cannot fill the disk."""
        refused = RefusedHosts()
        told = [refused.told(ip_address(number), "limits.bans", 1.0) for number in range(1000)]
        self.assertEqual(len([one for one in told if one is not None]), LINES_PER_SECOND)

    def test_a_host_that_was_left_out_is_told_later(self) -> None:
        """With the refusals that no line had room for."""
        refused = RefusedHosts()
        for number in range(1, LINES_PER_SECOND + 1):
            refused.told(ip_address(number), "limits.bans", 1.0)
        self.assertIsNone(refused.told(HOST, "limits.bans", 1.0))
        self.assertEqual(refused.told(HOST, "limits.bans", 2.0), 1)

    def test_the_memory_is_bounded(self) -> None:
        """The oldest host is forgotten first."""
        refused = RefusedHosts(most=3)
        for number in range(10):
            refused.told(ip_address(number), "limits.bans", float(number))
        self.assertEqual(len(refused), 3)
