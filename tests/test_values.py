"""The values of the vocabulary that have rules of their own: the host that an address counts as."""

from __future__ import annotations

from copy import copy
from ipaddress import ip_address

from ftpd_service.testing.fakes import peer
from ftpd_service.values import host_of, unmapped
from tests.cases import SynchronousTestCase


class HostOfTests(SynchronousTestCase):
    """IPv6 counts by its network's prefix (RFC 4291 section 2.5.1), IPv4 by the address."""

    def test_ipv4_address_is_a_host_of_its_own(self) -> None:
        """The prefix is that of IPv6 alone."""
        address = ip_address("192.0.2.1")
        self.assertEqual(host_of(address, 1), address)

    def test_addresses_of_a_prefix_are_one_host(self) -> None:
        """The last bits may be anything."""
        hosts = {host_of(ip_address(text), 64) for text in ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff")}
        self.assertEqual(hosts, {ip_address("2001:db8:0:1::")})

    def test_next_prefix_is_another_host(self) -> None:
        """The last bit of the prefix counts."""
        hosts = {host_of(ip_address(text), 64) for text in ("2001:db8:0:1::1", "2001:db8:0:2::1")}
        self.assertEqual(len(hosts), 2)

    def test_whole_address_counts_with_128_bits(self) -> None:
        """The longest prefix."""
        address = ip_address("2001:db8::1")
        self.assertEqual(host_of(address, 128), address)

    def test_one_bit_is_the_shortest_prefix(self) -> None:
        """Half of the internet is one host then."""
        self.assertEqual(host_of(ip_address("2001:db8::1"), 1), ip_address("::"))

    def test_peer_counts_by_64_bits(self) -> None:
        """Unless it is told another length."""
        self.assertEqual(peer("2001:db8::1", "2001:db8::2").host, ip_address("2001:db8::"))

    def test_hosts_are_found_by_addresses_of_the_standard_library(self) -> None:
        """They are hashed once only, and are the same keys all the same."""
        for text in ("192.0.2.1", "2001:db8::1"):
            self.assertIn(ip_address(text), {unmapped(text): None})
            self.assertEqual(copy(unmapped(text)), ip_address(text))
