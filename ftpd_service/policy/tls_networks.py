"""The networks whose clients need TLS for a login."""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.values import IPAddress, Networks


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsNetworks:
    """The networks from which passwords are not checked in clear; clients with IPv4-mapped addresses count as IPv4."""

    required: Networks = ()
    excepted: Networks = ()
    """The parts of those networks from which logins in clear are allowed."""

    def demand(self, address: IPAddress) -> bool:
        """Return whether a client at this address must use TLS."""
        return within(self.required, address) and not within(self.excepted, address)


def within(networks: Networks, address: IPAddress) -> bool:
    """Return whether an address is in one of some networks."""
    return any(network is None or address in network for network in networks)
