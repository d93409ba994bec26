"""From which networks nobody logs in in clear."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from ftpd_service.values import IPAddress

Networks = tuple[IPv4Network | IPv6Network | None, ...]
"""None holds every address; an IPv4 network no IPv6 address, and the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsNetworks:
    """Whose passwords are not looked at in clear; clients that arrive by mapped addresses are IPv4 here."""

    required: Networks = ()
    excepted: Networks = ()
    """Of those, who may log in in clear all the same."""

    def demand(self, address: IPAddress) -> bool:
        """Whether a client at this address must use TLS."""
        return _holds(self.required, address) and not _holds(self.excepted, address)


def _holds(networks: Networks, address: IPAddress) -> bool:
    return any(network is None or address in network for network in networks)
