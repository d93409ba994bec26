"""Which connections may send a PROXY header."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from ftpd_service.policy.proxies import believed
from ftpd_service.values import Networks
from tests.cases import SynchronousTestCase

BALANCERS = (IPv4Network("10.1.0.0/30"), IPv6Network("2001:db8::5/128"))


class BelievedTests(SynchronousTestCase):
    """By the address of the connection."""

    def believed(self, proxies: Networks | None, *hosts: str) -> list[bool]:
        """Of which addresses a header is believed."""
        return [believed(proxies, host) for host in hosts]

    def test_absent(self) -> None:
        """Programs on this host are believed, in each family and mapped."""
        hosts = ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.1.0.1", "fe80::1%eth0", "128.0.0.1")
        self.assertEqual(self.believed(None, *hosts), [True] * 4 + [False] * 3)

    def test_edges_of_a_network(self) -> None:
        """The first and the last address are in it; loopback is not, unless it is named."""
        hosts = ("10.0.255.255", "10.1.0.0", "10.1.0.3", "10.1.0.4", "127.0.0.1")
        self.assertEqual(self.believed(BALANCERS, *hosts), [False, True, True, False, False])

    def test_ipv6(self) -> None:
        """An address is a network; a zone does not matter."""
        hosts = ("2001:db8::5", "2001:db8::5%eth0", "2001:db8::6", "::ffff:10.1.0.1")
        self.assertEqual(self.believed(BALANCERS, *hosts), [True, True, False, True])

    def test_empty_list(self) -> None:
        """Nobody."""
        self.assertEqual(self.believed((), "127.0.0.1", "10.1.0.1"), [False, False])

    def test_no_address(self) -> None:
        """A socket of another family is not believed."""
        self.assertEqual(self.believed(None, "UNIXAddress(None)"), [False])
