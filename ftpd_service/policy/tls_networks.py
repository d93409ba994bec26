"""The networks whose clients need TLS for a login."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from ftpd_service.values import IPAddress

Networks = tuple[IPv4Network | IPv6Network | None, ...]
"""A network; None contains every address.  An IPv4 network contains no IPv6 address, and vice versa."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsNetworks:
    """The networks from which passwords are not checked in clear; clients with IPv4-mapped addresses count as IPv4."""

    required: Networks = ()
    excepted: Networks = ()
    """The parts of those networks from which logins in clear are allowed."""

    def demand(self, address: IPAddress) -> bool:
        """Return whether a client at this address must use TLS."""
        return _holds(self.required, address) and not _holds(self.excepted, address)


def _holds(networks: Networks, address: IPAddress) -> bool:
    return any(network is None or address in network for network in networks)
