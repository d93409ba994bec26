"""The choice of the passive port that is taken back when the whole range is held.  Pure: `now` is an argument.

A port is held from the reply to PASV or EPSV until its client connects.  A client that only asks for ports would hold
the whole range for minutes.  So a host that needs a port gets the oldest port of the host that holds most, unless it
holds as many itself.  It also gets a port to which no client has connected for some seconds, whichever host holds the
port: many clients may share an address behind a NAT or a load balancer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ftpd_service.values import IPAddress

UNUSED_SECONDS = 5.0
"""The time after which an unused port may be taken back; a client connects within a round trip or two of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A port that waits for its client."""

    host: IPAddress
    """The holder, as `ftpd_service.values.Peer.host`."""
    since: float


def to_take_back(held: Mapping[int, Held], host: IPAddress, now: float) -> int | None:
    """Return the port for a host that needs a port, or None if it gets no port.

    :param held: all ports of the range by their numbers.
    """
    counts = Counter(port.host for port in held.values())
    most = max((count for other, count in counts.items() if other != host), default=0)
    if most > counts[host] + 1:
        candidates = [number for number, port in held.items() if port.host != host and counts[port.host] == most]
    else:
        candidates = [number for number, port in held.items() if now - port.since >= UNUSED_SECONDS]
    return min(candidates, key=lambda number: held[number].since, default=None)
