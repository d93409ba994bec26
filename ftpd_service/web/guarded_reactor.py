"""The addresses to which a request may go.

A name in the DNS may lead to this host or to its link, where services listen that trust all who reach them, such as
the metadata of a cloud (169.254.169.254).  Such addresses are refused where the connection is made: a check of the name
beforehand would be a resolution of its own, with another answer.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, cast
from urllib.parse import urlsplit

from twisted.internet.interfaces import IConnector
from twisted.internet.posixbase import PosixReactorBase
from twisted.internet.protocol import ClientFactory
from zope.interface import directlyProvides, providedBy

from ftpd_service.values import IPAddress, Networks
from ftpd_service.web.measured_pool import NoAnswer

_TRANSLATED = IPv6Network("64:ff9b::/96")
"""Addresses of IPv4 behind a translator (RFC 6052)."""
_WITHIN = (IPv6Network("::ffff:0:0/96"), IPv6Network("::/96"), _TRANSLATED)
"""Networks whose last 32 bits are an address of IPv4."""


def reachable(url: str, networks: Networks) -> Callable[[str], bool]:
    """Return the function that tells whether a request to a URL may go to an address.

    Addresses of loopback and of the link, and those that stand for this host, are refused, unless the URL names the
    address itself or ``localhost``, or the address is in one of the networks.
    """
    named = urlsplit(url).hostname or ""
    literal = _address(named)

    def may_reach(host: str) -> bool:
        address = _address(host)
        if address is None or literal is not None:
            return address is not None and address == literal
        plain = _plain(address)
        if not (plain.is_loopback or plain.is_link_local or _is_this_host(plain)):
            return True
        if named.lower() == "localhost" and plain.is_loopback:
            return True
        return any(network is None or address in network or plain in network for network in networks)

    return may_reach


class GuardedReactor:
    """A reactor that connects to some addresses only; for all else it is the reactor of the service."""

    def __init__(self, reactor: PosixReactorBase, may_reach: Callable[[str], bool]) -> None:
        self._reactor = reactor
        self._may_reach = may_reach
        directlyProvides(self, providedBy(reactor))

    def __getattr__(self, name: str) -> Any:  # Any: whatever the reactor has
        return getattr(self._reactor, name)

    def as_reactor(self) -> PosixReactorBase:
        """Return the object with the type of a reactor."""
        return cast(PosixReactorBase, self)  # it has everything that the reactor has

    def connectTCP(
        self,
        host: str,
        port: int,
        factory: ClientFactory,
        timeout: float = 30,
        bindAddress: tuple[str, int] | None = None,
    ) -> IConnector:
        """Connect to an address.

        :raises NoAnswer: the address is refused.
        """
        if not self._may_reach(host):
            raise NoAnswer(f"the name leads to {host}, on this host or its link: enter that in networks to allow it")
        connector: IConnector = self._reactor.connectTCP(host, port, factory, timeout, bindAddress)
        return connector


def _address(host: str) -> IPAddress | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _plain(address: IPAddress) -> IPAddress:
    """Return the address of IPv4 that stands in an address of IPv6, if there is one."""
    if isinstance(address, IPv6Address) and int(address) > 1 and any(address in network for network in _WITHIN):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_this_host(address: IPAddress) -> bool:
    """Return whether an address is ``::``, or in 0.0.0.0/8: connections to them go to this host."""
    return int(address) == 0 if isinstance(address, IPv6Address) else int(address) >> 24 == 0
