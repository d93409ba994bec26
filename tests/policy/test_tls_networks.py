"""From which networks nobody logs in in clear."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from ftpd_service.policy.tls_networks import TlsNetworks
from ftpd_service.values import Networks, unmapped
from tests.cases import SynchronousTestCase

OFFICE = IPv4Network("10.1.0.0/16")


class NetworksTests(SynchronousTestCase):
    """By the client's address."""

    def demanded(self, required: Networks, *addresses: str, excepted: Networks = ()) -> list[bool]:
        """Of whom TLS is demanded."""
        networks = TlsNetworks(required=required, excepted=excepted)
        return [networks.demand(unmapped(address)) for address in addresses]

    def test_none(self) -> None:
        """Of nobody."""
        self.assertEqual(self.demanded((), "10.1.0.1", "::1"), [False, False])

    def test_the_edges_of_a_network(self) -> None:
        """Its first and last address are in it, their neighbours are not."""
        addresses = ("10.0.255.255", "10.1.0.0", "10.1.255.255", "10.2.0.0")
        self.assertEqual(self.demanded((OFFICE,), *addresses), [False, True, True, False])

    def test_any(self) -> None:
        """Everybody, of both families, loopback too."""
        self.assertEqual(self.demanded((None,), "192.0.2.1", "2001:db8::1", "127.0.0.1", "::1"), [True] * 4)

    def test_mapped_addresses(self) -> None:
        """Are IPv4: in no IPv6 network, not even in that of all."""
        self.assertEqual(self.demanded((OFFICE,), "::ffff:10.1.2.3"), [True])
        self.assertEqual(self.demanded((IPv6Network("::/0"),), "::ffff:10.1.2.3", "2001:db8::1"), [False, True])

    def test_a_zone(self) -> None:
        """Does not matter."""
        self.assertEqual(self.demanded((IPv6Network("fe80::/10"),), "fe80::1%eth0"), [True])

    def test_excepted(self) -> None:
        """Loopback and a network within, of all; who is named nowhere else gains nothing by it."""
        excepted = (IPv4Network("127.0.0.0/8"), IPv6Network("::1"), OFFICE)
        addresses = ("127.0.0.1", "::1", "10.1.0.1", "10.2.0.1")
        self.assertEqual(self.demanded((None,), *addresses, excepted=excepted), [False, False, False, True])
        self.assertEqual(self.demanded((), *addresses, excepted=excepted), [False] * 4)
