"""Settings of data connections: frozen, handed in by `graph/`."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from ftpd_service.values import IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRule:
    """The address that a 227 reply names to clients of a network; the first rule that fits decides."""

    network: IPv4Network | IPv6Network | None = None
    """None fits every client."""
    address: IPAddress | str | None = None
    """An address, a host name that is looked up, or None (``auto``) for the address of the control connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSettings:
    """Timeouts and addresses of data connections."""

    passive_ports: tuple[tuple[int, int], ...] = ()
    """Ranges with both ends included; an empty tuple means any free port."""
    passive_addresses: tuple[AddressRule, ...] = (AddressRule(),)
    opening_seconds: float = 60.0
    """The timeout of accepting, of dialling, and of a handshake."""
    stall_seconds: float = 300.0
    """A transfer in which no byte moves for so long is aborted."""
    drain_seconds: float = 5.0
    """The time that the client may take after the last byte to close its side."""
    listener_seconds: float = 120.0
    """A passive listener without a transfer command is closed after this time."""
