"""Which bans an operator means by a text: an address, a network or the name of an account."""

from __future__ import annotations

import os
from ipaddress import ip_network

from ftpd_service.policy.bans import Ban, BanKind, account_subject, address_subject
from ftpd_service.policy.subnets import Subnet
from ftpd_service.values import IPAddress, unmapped


def new_subject(text: str, ipv6_prefix: int) -> tuple[BanKind, str]:
    """Return the subject of a new ban.

    :param ipv6_prefix: the bits of the network that is a host of IPv6.
    """
    address, network = _address(text), _network(text)
    if address is not None:
        prefix = address.max_prefixlen if address.version == 4 else ipv6_prefix
        return BanKind.HOST, address_subject(ip_network(f"{address}/{prefix}", strict=False))
    if network is not None:
        kind = BanKind.HOST if network.prefixlen == network.max_prefixlen else BanKind.SUBNET
        return kind, address_subject(network)
    return BanKind.ACCOUNT, account_subject(os.fsencode(text))


def is_named(ban: Ban, text: str) -> bool:
    """Return whether a text names the subject of a ban: as it is listed, or by an address of a host.

    An address names the subnets too that the server has banned, but not a network that an operator has banned.
    """
    if ban.kind is BanKind.ACCOUNT:
        return ban.subject == account_subject(os.fsencode(text))
    if ban.kind is BanKind.HOST or ban.automatic:
        return keeps_out(ban, text) or _network(text) == _network(ban.subject)
    return _address(text) is None and _network(text) == _network(ban.subject)


def keeps_out(ban: Ban, text: str) -> bool:
    """Return whether a text is an address that a ban keeps out."""
    address, network = _address(text), _network(ban.subject)
    return ban.kind is not BanKind.ACCOUNT and address is not None and network is not None and address in network


def _address(text: str) -> IPAddress | None:
    try:
        return unmapped(text)
    except ValueError:
        return None


def _network(text: str) -> Subnet | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
