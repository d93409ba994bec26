"""The address forms of PORT, EPRT, PASV and EPSV (RFC 959 section 4.1.2, RFC 2428).

This module does not decide whether the server may connect to an address.
"""

from __future__ import annotations

import re
from enum import Enum
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.values import IPAddress

Address = tuple[IPAddress, int]

_PORT = re.compile(r"[0-9]{1,3}(?: *, *[0-9]{1,3}){5}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,5}", re.ASCII)
_IPV4, _IPV6 = 1, 2


class EpsvRequest(Enum):
    """The argument of EPSV."""

    PLAIN = "plain"
    IPV4 = "1"
    IPV6 = "2"
    ALL = "ALL"


def parse_port(text: str) -> Address:
    """Return the address of PORT: ``h1,h2,h3,h4,p1,p2`` (RFC 959 section 4.1.2).

    :raises BadArgument: the argument does not consist of six numbers up to 255.
    """
    stripped = text.strip(" ")
    if _PORT.fullmatch(stripped) is None:
        raise BadArgument("PORT wants six numbers with commas between them.")
    numbers = [int(word) for word in stripped.split(",")]
    if max(numbers) > 255:
        raise BadArgument("PORT wants numbers up to 255.")
    return IPv4Address(bytes(numbers[:4])), numbers[4] * 256 + numbers[5]


def parse_eprt(text: str) -> tuple[int, IPAddress, int]:
    """Return protocol, address and port of EPRT: ``|1|192.0.2.1|5000|`` (RFC 2428 section 2).

    :raises UnsupportedParameter: the protocol is not 1 or 2; the verb answers 522 with the protocols that work.
    :raises BadArgument: the argument is malformed, or the address does not belong to the protocol.
    """
    stripped = text.strip(" ")
    parts = stripped.split(stripped[0]) if stripped and "!" <= stripped[0] <= "~" else []
    if len(parts) != 5 or parts[0] or parts[4] or not _NUMBER.fullmatch(parts[1]):
        raise BadArgument("EPRT wants |protocol|address|port|.")
    protocol, host = int(parts[1]), parts[2]
    if protocol not in (_IPV4, _IPV6):
        raise UnsupportedParameter("Network protocol not supported.")
    if not _NUMBER.fullmatch(parts[3]) or int(parts[3]) > 65535 or "%" in host:
        raise BadArgument("EPRT wants an address without a zone, and a port up to 65535.")
    try:
        return protocol, IPv4Address(host) if protocol == _IPV4 else IPv6Address(host), int(parts[3])
    except AddressValueError as problem:
        raise BadArgument("EPRT wants an address of its protocol.") from problem


def parse_epsv(text: str) -> EpsvRequest:
    """Parse the argument of EPSV: nothing, a protocol, or ALL (RFC 2428 section 3).

    :raises UnsupportedParameter: the protocol is not 1 or 2; the verb answers 522 with the protocols that work.
    :raises BadArgument: anything else.
    """
    word = text.strip(" ").upper()
    if not word:
        return EpsvRequest.PLAIN
    if word == "ALL":
        return EpsvRequest.ALL
    if not _NUMBER.fullmatch(word):
        raise BadArgument("EPSV wants 1, 2 or ALL.")
    if int(word) not in (_IPV4, _IPV6):
        raise UnsupportedParameter("Network protocol not supported.")
    return EpsvRequest.IPV4 if int(word) == _IPV4 else EpsvRequest.IPV6


def format_pasv(address: IPv4Address, port: int) -> str:
    """Return ``h1,h2,h3,h4,p1,p2`` for the 227 reply, without spaces and leading zeros."""
    return ",".join(str(number) for number in (*address.packed, *divmod(port, 256)))


def format_epsv(port: int) -> str:
    """Return ``|||port|`` for the 229 reply (RFC 2428 section 3)."""
    return f"|||{port}|"
