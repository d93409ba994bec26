"""Which connections may send a PROXY header, which names a client in place of the connection's own address."""

from __future__ import annotations

from typing import ClassVar

from ftpd_service.policy.refusals import Refusals
from ftpd_service.values import Networks, unmapped


def believed(proxies: Networks | None, host: str) -> bool:
    """Return whether the PROXY header of a connection is believed.

    :param proxies: the networks of the proxies; None means that only programs on this host are believed.
    :param host: the address from which the connection comes; IPv4-mapped IPv6 counts as IPv4.
    """
    try:
        address = unmapped(host)
    except ValueError:
        return False
    if proxies is None:
        return address.is_loopback
    return any(network is None or address in network for network in proxies)


class ProxyRefusals(Refusals):
    """Counts the connections to a listener that no proxy made: strangers may make many."""

    __slots__ = ()

    at_once: ClassVar[int] = 20
    per_second: ClassVar[float] = 1 / 60
