"""Which passive port is taken back when all of the range are held: pure, `now` is an argument.

A port is held from the reply to PASV or EPSV until its client connects.  A client that only asks for ports would hold
the whole range for minutes.  So a host whose turn it is gets the oldest port of the host that holds most, unless it
holds as many itself; and a port that nobody has connected to for some seconds, whoever holds it, the host itself
included: many clients may share an address, behind a NAT or a load balancer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ftpd_service.values import IPAddress

UNUSED_SECONDS = 5.0
"""A client that means to connect does so within a round trip or two of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A port that waits for its client."""

    host: IPAddress
    """See `ftpd_service.values.Peer.host`."""
    since: float


def to_take_back(held: Mapping[int, Held], host: IPAddress, now: float) -> int | None:
    """The port that a host gets which needs one, or None where it has to do without.

    :param held: all ports of the range by their numbers.
    """
    counts = Counter(port.host for port in held.values())
    most = max((count for other, count in counts.items() if other != host), default=0)
    if most > counts[host] + 1:
        candidates = [number for number, port in held.items() if port.host != host and counts[port.host] == most]
    else:
        candidates = [number for number, port in held.items() if now - port.since >= UNUSED_SECONDS]
    return min(candidates, key=lambda number: held[number].since, default=None)
