"""Tests of ports, networks, addresses and endpoints."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network

from ftpd_service.config import networks
from tests.cases import SynchronousTestCase


class Refusals(SynchronousTestCase):
    """What every test of a refusal needs."""

    def refusal(self, unit: Callable[[object], object], value: object) -> str:
        """The text with which a value is refused."""
        return str(self.assertRaises(ValueError, unit, value))


class Ports(Refusals):
    """``50000-50099, 50200``."""

    def test_ranges_with_holes(self) -> None:
        """In the order of the file, both ends in."""
        self.assertEqual(networks.port_ranges("50000-50099, 50200"), ((50000, 50099), (50200, 50200)))
        self.assertEqual(networks.port_ranges("1 - 65535"), ((1, 65535),))

    def test_a_number_is_one_port(self) -> None:
        """Without quotes."""
        self.assertEqual(networks.port_ranges(50000), ((50000, 50000),))

    def test_ports_outside_are_refused(self) -> None:
        """Neither 0 nor 65536."""
        self.assertIn("from 1 to 65535", self.refusal(networks.port_ranges, "0-5"))
        self.assertIn("from 1 to 65535", self.refusal(networks.port_ranges, "65536"))

    def test_a_range_the_wrong_way_round_is_refused(self) -> None:
        """The lower end stands first."""
        self.assertIn("the lower end first", self.refusal(networks.port_ranges, "50099-50000"))

    def test_what_is_no_range_is_refused(self) -> None:
        """Words, gaps, nothing."""
        self.assertIn('found "any"', self.refusal(networks.port_ranges, "any"))
        self.assertIn('found "1,,2"', self.refusal(networks.port_ranges, "1,,2"))
        self.assertIn('found ""', self.refusal(networks.port_ranges, ""))
        self.assertIn("found nothing", self.refusal(networks.port_ranges, None))


class Networks(Refusals):
    """``10.0.0.0/8``, ``any``."""

    def test_both_families_and_single_addresses(self) -> None:
        """A single address is a network of one."""
        self.assertEqual(networks.network("10.0.0.0/8"), ip_network("10.0.0.0/8"))
        self.assertEqual(networks.network("2001:db8::/32"), ip_network("2001:db8::/32"))
        self.assertEqual(networks.network("192.0.2.1"), ip_network("192.0.2.1/32"))

    def test_any_is_every_client(self) -> None:
        """Only where a rule may fit all."""
        self.assertIsNone(networks.network_or_any("any"))
        self.assertIn('found "any"', self.refusal(networks.network, "any"))

    def test_bits_behind_the_prefix_are_refused(self) -> None:
        """Address or prefix is a mistake."""
        self.assertIn("without bits behind its prefix", self.refusal(networks.network, "10.0.0.1/8"))

    def test_mapped_networks_are_ipv4(self) -> None:
        """As their clients are seen; wider ones hold IPv6 too and stay as they are."""
        self.assertEqual(networks.network("::ffff:10.0.0.0/104"), ip_network("10.0.0.0/8"))
        self.assertEqual(networks.network("::ffff:192.0.2.1"), ip_network("192.0.2.1/32"))
        self.assertEqual(networks.network("::ffff:0:0/96"), ip_network("0.0.0.0/0"))
        self.assertEqual(networks.network("::/95"), ip_network("::/95"))
        self.assertEqual(networks.network("::1"), ip_network("::1/128"))

    def test_lists_of_networks(self) -> None:
        """Empty ones too; any stands for all where it may."""
        self.assertEqual(networks.networks([]), ())
        self.assertEqual(networks.networks(["10.0.0.0/8"]), (ip_network("10.0.0.0/8"),))
        self.assertEqual(networks.networks_or_any(["any", "::1"]), (None, ip_network("::1/128")))
        self.assertIn('found "any"', self.refusal(networks.networks, ["any"]))

    def test_what_is_no_list_of_networks(self) -> None:
        """One network alone is none, and an entry that is wrong is shown."""
        self.assertIn('found "any"', self.refusal(networks.networks_or_any, "any"))
        self.assertIn('found "10.0.0.1/8"', self.refusal(networks.networks_or_any, ["any", "10.0.0.1/8"]))

    def test_what_is_no_network_is_refused(self) -> None:
        """Numbers too, which Python's own function takes for addresses."""
        self.assertIn("found 10", self.refusal(networks.network, 10))
        self.assertIn('found "10/8/8"', self.refusal(networks.network, "10/8/8"))


class PassiveAddresses(Refusals):
    """What a 227 reply names."""

    def test_auto_an_address_and_a_name(self) -> None:
        """The three forms."""
        self.assertIsNone(networks.passive_address("auto"))
        self.assertEqual(networks.passive_address("203.0.113.7"), ip_address("203.0.113.7"))
        self.assertEqual(networks.passive_address("ftp.example.net"), "ftp.example.net")

    def test_a_227_reply_has_no_room_for_ipv6(self) -> None:
        """RFC 959: four numbers."""
        self.assertIn("an IPv4 address of one host", self.refusal(networks.passive_address, "2001:db8::1"))

    def test_no_host_has_the_unspecified_address(self) -> None:
        """A client could not connect to it."""
        self.assertIn("an IPv4 address of one host", self.refusal(networks.passive_address, "0.0.0.0"))

    def test_a_mistyped_address_is_no_name(self) -> None:
        """A last label of digits is none (RFC 1123 section 2.1)."""
        self.assertIn('found "203.0.113.700"', self.refusal(networks.passive_address, "203.0.113.700"))

    def test_what_is_no_name_is_refused(self) -> None:
        """Spaces, a hyphen in front, empty labels, too long, no text."""
        self.assertIn('found "a b"', self.refusal(networks.passive_address, "a b"))
        self.assertIn('found "-a"', self.refusal(networks.passive_address, "-a"))
        self.assertIn('found "a..b"', self.refusal(networks.passive_address, "a..b"))
        self.assertIn("found", self.refusal(networks.passive_address, "a." * 126 + "aa"))
        self.assertIn("found nothing", self.refusal(networks.passive_address, None))
