"""Settings of data connections: frozen, handed in by `graph.py`."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from ftpd_service.values import IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRule:
    """Which address a 227 reply names to clients of a network; the first rule that fits decides."""

    network: IPv4Network | IPv6Network | None = None
    """None fits every client."""
    address: IPAddress | str | None = None
    """An address, a host name that is looked up anew, or None (``auto``) for the control connection's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """How data connections come to be.  Seconds as the names say."""

    passive_ports: tuple[tuple[int, int], ...] = ()
    """Ranges, both ends included; none means any free port."""
    passive_addresses: tuple[AddressRule, ...] = (AddressRule(),)
    opening_seconds: float = 60.0
    """To accept or to connect, each."""
    stall_seconds: float = 300.0
    """A transfer in which no octet moves for so long is aborted."""
    drain_seconds: float = 5.0
    """After the last octet, how long the client may take to close its side."""
    listener_seconds: float = 120.0
    """A passive listener without a transfer command is closed after this."""
