"""The addresses to which a request may go."""

from __future__ import annotations

from ipaddress import ip_network

from ftpd_service.values import Networks
from ftpd_service.web.guarded_reactor import reachable
from tests.cases import SynchronousTestCase

NAME = "https://hooks.example.net/ftp"


def taken(url: str, *hosts: str, networks: tuple[str, ...] = ()) -> list[bool]:
    """Whether requests may go to addresses."""
    may_reach = reachable(url, tuple(ip_network(network) for network in networks))
    return [may_reach(host) for host in hosts]


class ReachableTests(SynchronousTestCase):
    """The host's name, and the address to which it leads."""

    def test_other_addresses(self) -> None:
        """Also those of private networks, where the operator's services are."""
        self.assertEqual(taken(NAME, "192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1"), [True] * 4)

    def test_loopback(self) -> None:
        """A name in the DNS does not lead to this host."""
        self.assertEqual(taken(NAME, "127.0.0.1", "127.255.255.255", "::1"), [False] * 3)
        self.assertEqual(taken(NAME, "126.255.255.255", "128.0.0.0", "::1:0:0"), [True] * 3)

    def test_link(self) -> None:
        """Nor to the link, where clouds have their metadata; a scope changes nothing."""
        self.assertEqual(taken(NAME, "169.254.169.254", "169.254.0.0", "fe80::1", "fe80::1%eth0"), [False] * 4)
        self.assertEqual(taken(NAME, "169.253.255.255", "169.255.0.0", "fec0::1"), [True] * 3)

    def test_this_host(self) -> None:
        """Connections to such addresses go to this host."""
        self.assertEqual(taken(NAME, "0.0.0.0", "0.255.255.255", "::"), [False] * 3)
        self.assertEqual(taken(NAME, "1.0.0.0"), [True])

    def test_address_within_an_address(self) -> None:
        """Mapped, compatible and translated forms are judged by their address of IPv4."""
        forms = ("::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::169.254.169.254", "::ffff:0.0.0.0")
        self.assertEqual(taken(NAME, *forms), [False] * 4)
        self.assertEqual(taken(NAME, "::ffff:192.0.2.1", "64:ff9b::192.0.2.1"), [True] * 2)

    def test_literal_address(self) -> None:
        """The URL itself says that the operator means it, but no other address."""
        self.assertEqual(taken("http://127.0.0.1:8080/", "127.0.0.1", "127.0.0.2"), [True, False])
        self.assertEqual(taken("http://[fe80::1]/", "fe80::1", "::1"), [True, False])

    def test_localhost(self) -> None:
        """It means loopback, in either family, and not the link."""
        self.assertEqual(taken("http://LOCALHOST/", "127.0.0.1", "::1", "169.254.169.254"), [True, True, False])
        self.assertEqual(taken("http://localhost.example.net/", "127.0.0.1"), [False])

    def test_networks(self) -> None:
        """An entry allows its addresses, also in their other forms."""
        hosts = ("127.0.0.1", "::ffff:127.0.0.1", "::1", "169.254.0.1")
        self.assertEqual(taken(NAME, *hosts, networks=("127.0.0.0/8",)), [True, True, False, False])

    def test_every_network(self) -> None:
        """The word for all addresses allows all."""
        everything: Networks = (None,)
        self.assertTrue(reachable(NAME, everything)("::1"))

    def test_no_address(self) -> None:
        """A connection goes to addresses only."""
        self.assertEqual(taken(NAME, "hooks.example.net", ""), [False, False])
