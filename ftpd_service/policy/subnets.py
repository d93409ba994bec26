"""The subnets in which hosts are counted together.  It is pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network

from ftpd_service.values import IPAddress

Subnet = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetPrefix:
    """The lengths of the prefixes, in bits, in which the addresses of a subnet agree."""

    ipv4: int = 24
    ipv6: int = 64

    def subnet(self, host: IPAddress) -> Subnet:
        """Return the subnet of a host (`ftpd_service.values.Peer.host`)."""
        return _subnet(host, self.ipv4 if isinstance(host, IPv4Address) else self.ipv6)


@lru_cache(maxsize=4096)
def _subnet(host: IPAddress, prefix: int) -> Subnet:
    kind = IPv4Network if isinstance(host, IPv4Address) else IPv6Network
    return kind((int(host), prefix), strict=False)
