"""Which hosts are one subnet."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from ftpd_service.policy.subnets import SubnetPrefix
from tests.cases import SynchronousTestCase


class SubnetTests(SynchronousTestCase):
    """Subnets by their prefixes."""

    def test_ipv4_hosts_that_agree_in_the_prefix_are_one_subnet(self) -> None:
        """The last address of a /24 is in it, and the next address is not."""
        of = SubnetPrefix(ipv4=24).subnet
        self.assertEqual(of(ip_address("192.0.2.0")), of(ip_address("192.0.2.255")))
        self.assertNotEqual(of(ip_address("192.0.2.255")), of(ip_address("192.0.3.0")))

    def test_ipv6_has_a_prefix_of_its_own(self) -> None:
        """The length for IPv4 says nothing about IPv6."""
        self.assertEqual(
            SubnetPrefix(ipv4=8, ipv6=48).subnet(ip_address("2001:db8:1:2::")), ip_network("2001:db8:1::/48")
        )

    def test_the_longest_prefix_is_a_single_host(self) -> None:
        """Then subnets and hosts are the same."""
        self.assertEqual(SubnetPrefix(ipv4=32).subnet(ip_address("192.0.2.1")), ip_network("192.0.2.1/32"))
