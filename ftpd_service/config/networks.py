"""Ports, networks, addresses and host names in the notation of the file.

Every function takes a value as YAML gave it.  It raises ValueError with a text that names the expected and the found
value.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network

from ftpd_service.config.problems import found
from ftpd_service.config.units import unquoted

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")
_RANGE = re.compile(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?\Z")


def port_ranges(value: object) -> tuple[tuple[int, int], ...]:
    """Return ranges of ports, including both ends, in the order of the file: ``50000-50099, 50200``."""
    wanted = unquoted(value)
    pieces = wanted.split(",") if isinstance(wanted, str) else [str(wanted)]
    ranges = []
    for piece in pieces:
        match = _RANGE.match(piece.strip())
        if match is None or isinstance(wanted, bool):
            raise ValueError(f'expected ranges of ports such as "50000-50099, 50200", found {found(value)}')
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= 65535:
            raise ValueError(f"expected ports from 1 to 65535, the lower end first; found {found(value)}")
        ranges.append((first, last))
    return tuple(ranges)


def network(value: object) -> IPv4Network | IPv6Network:
    """Return a network given in prefix notation; a single address is a network with a single address.

    :raises ValueError: also when bits after the prefix are set, because then either the bits or the prefix is a
        mistake.
    """
    try:
        if isinstance(value, str):
            return _unmapped(ip_network(str(value)))
    except ValueError as error:
        if "host bits" in str(error):
            raise ValueError(
                f"expected a network without bits behind its prefix, such as 10.0.0.0/8; found {found(value)}"
            ) from None
    raise ValueError(f"expected a network such as 10.0.0.0/8 or 2001:db8::/32, found {found(value)}")


def _unmapped(wanted: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """Return a network of IPv4-mapped addresses as IPv4, because the server shows its clients by IPv4 addresses."""
    if isinstance(wanted, IPv4Network) or wanted.prefixlen < 96:
        return wanted
    first = wanted.network_address.ipv4_mapped
    return wanted if first is None else IPv4Network((first, wanted.prefixlen - 96))


def networks(value: object) -> tuple[IPv4Network | IPv6Network, ...]:
    """Return a list of networks, which may be empty."""
    return tuple(network(item) for item in _listed(value))


def networks_or_any(value: object) -> tuple[IPv4Network | IPv6Network | None, ...]:
    """Return a list of networks, in which None stands for the word ``any``."""
    return tuple(network_or_any(item) for item in _listed(value))


def _listed(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list of networks such as [10.0.0.0/8], found {found(value)}")
    return value


def network_or_any(value: object) -> IPv4Network | IPv6Network | None:
    """Return a network, or None for the word ``any``."""
    return None if value == "any" else network(value)


def passive_address(value: object) -> IPv4Address | str | None:
    """Return the address for a 227 reply: an address, a host name, or None for the word ``auto``."""
    if value == "auto":
        return None
    if isinstance(value, str):
        try:
            address = ip_address(str(value))
        except ValueError:
            if _is_host_name(value):
                return str(value)
        else:
            if isinstance(address, IPv4Address) and not address.is_unspecified and not address.is_multicast:
                return address
            raise ValueError(
                f"expected an IPv4 address of one host, because a 227 reply can name no other address; {_was(value)}"
            )
    raise ValueError(f"expected auto, an IPv4 address or a host name; {_was(value)}")


def _was(value: object) -> str:
    return f"found {found(value)}"


def _is_host_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    # If the last label has only digits, the text is a mistyped address and not a name (RFC 1123 section 2.1).
    return len(text) <= 253 and all(_LABEL.match(label) for label in labels) and not labels[-1].isdigit()
