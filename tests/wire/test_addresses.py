"""PORT, EPRT, PASV and EPSV forms."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.values import IPAddress
from ftpd_service.wire.addresses import EpsvRequest, format_epsv, format_pasv, parse_eprt, parse_epsv, parse_port
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed

_ports = st.integers(0, 65535)
_delimiters = st.characters(codec="ascii", min_codepoint=33, max_codepoint=126).filter(
    lambda character: character not in "0123456789abcdefABCDEF:."
)


class PortTests(SynchronousTestCase):
    """`parse_port` (RFC 959 section 4.1.2)."""

    def test_six_numbers_are_an_address(self) -> None:
        """High byte of the port first."""
        self.assertEqual(parse_port("192,0,2,1,19,137"), (IPv4Address("192.0.2.1"), 5001))

    def test_spaces_around_commas_are_forgiven(self) -> None:
        """And at both ends."""
        self.assertEqual(parse_port(" 192, 0 ,2,1, 19,137 "), (IPv4Address("192.0.2.1"), 5001))

    def test_255_is_the_largest_number(self) -> None:
        """The bound itself is accepted."""
        self.assertEqual(parse_port("255,255,255,255,255,255"), (IPv4Address("255.255.255.255"), 65535))

    def test_256_is_refused(self) -> None:
        """One above the bound."""
        self.assertRaises(BadArgument, parse_port, "192,0,2,256,19,137")

    def test_five_numbers_are_refused(self) -> None:
        """One is missing."""
        self.assertRaises(BadArgument, parse_port, "192,0,2,1,19")

    def test_seven_numbers_are_refused(self) -> None:
        """One too many."""
        self.assertRaises(BadArgument, parse_port, "192,0,2,1,19,137,1")

    def test_digits_of_other_scripts_are_refused(self) -> None:
        """Only ASCII digits are decimal here."""
        self.assertRaises(BadArgument, parse_port, "192,0,2,1,19,\N{ARABIC-INDIC DIGIT ONE}")

    def test_nothing_is_refused(self) -> None:
        """The argument is missing."""
        self.assertRaises(BadArgument, parse_port, "")

    @relaxed
    @given(st.ip_addresses(v=4), _ports)
    def test_what_pasv_shows_port_reads(self, address: IPv4Address, port: int) -> None:
        """Both have the same form."""
        self.assertEqual(parse_port(format_pasv(address, port)), (address, port))


class EprtTests(SynchronousTestCase):
    """`parse_eprt` (RFC 2428 section 2)."""

    def test_ipv4(self) -> None:
        """Protocol 1."""
        self.assertEqual(parse_eprt("|1|192.0.2.1|5001|"), (1, IPv4Address("192.0.2.1"), 5001))

    def test_ipv6(self) -> None:
        """Protocol 2."""
        self.assertEqual(parse_eprt("|2|2001:db8::1|5001|"), (2, IPv6Address("2001:db8::1"), 5001))

    def test_another_protocol_is_not_supported(self) -> None:
        """The verb answers 522, so it is told from a mistake."""
        self.assertRaises(UnsupportedParameter, parse_eprt, "|3|x|5001|")

    def test_an_address_of_the_other_protocol_is_refused(self) -> None:
        """2 says IPv6."""
        self.assertRaises(BadArgument, parse_eprt, "|2|192.0.2.1|5001|")

    def test_a_zone_is_refused(self) -> None:
        """It would name an interface of this host."""
        self.assertRaises(BadArgument, parse_eprt, "|2|fe80::1%eth0|5001|")

    def test_a_port_above_65535_is_refused(self) -> None:
        """One above the bound."""
        self.assertRaises(BadArgument, parse_eprt, "|1|192.0.2.1|65536|")

    def test_a_missing_last_delimiter_is_refused(self) -> None:
        """All four stand there."""
        self.assertRaises(BadArgument, parse_eprt, "|1|192.0.2.1|5001")

    def test_nothing_is_refused(self) -> None:
        """The argument is missing."""
        self.assertRaises(BadArgument, parse_eprt, " ")

    @relaxed
    @given(st.ip_addresses(), _ports, _delimiters)
    def test_any_address_comes_through(self, address: IPAddress, port: int, delimiter: str) -> None:
        """With any delimiter that cannot stand in the fields."""
        protocol = 1 if address.version == 4 else 2
        text = delimiter.join(("", str(protocol), str(address), str(port), ""))
        self.assertEqual(parse_eprt(text), (protocol, address, port))


class EpsvTests(SynchronousTestCase):
    """`parse_epsv` (RFC 2428 section 3)."""

    def test_nothing_asks_for_the_family_at_hand(self) -> None:
        """The plain form."""
        self.assertIs(parse_epsv(""), EpsvRequest.PLAIN)

    def test_1_asks_for_ipv4(self) -> None:
        """The number of IPv4."""
        self.assertIs(parse_epsv("1"), EpsvRequest.IPV4)

    def test_2_asks_for_ipv6(self) -> None:
        """The number of IPv6; wget sends it."""
        self.assertIs(parse_epsv(" 2 "), EpsvRequest.IPV6)

    def test_all_is_read_in_any_case(self) -> None:
        """Parameters are case-insensitive."""
        self.assertIs(parse_epsv("all"), EpsvRequest.ALL)

    def test_another_number_is_not_supported(self) -> None:
        """The verb answers 522."""
        self.assertRaises(UnsupportedParameter, parse_epsv, "3")

    def test_garbage_is_refused(self) -> None:
        """Neither number nor ALL."""
        self.assertRaises(BadArgument, parse_epsv, "x")

    def test_the_reply_has_three_delimiters_before_the_port(self) -> None:
        """And one behind it."""
        self.assertEqual(format_epsv(6446), "|||6446|")
