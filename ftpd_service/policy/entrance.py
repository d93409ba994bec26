"""The refusals of connections before their greeting, the cheapest question first.  Pure: `now` is an argument."""

from __future__ import annotations

from collections.abc import Callable

from ftpd_service.errors import LimitReached
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.per_second import ConnectionRate
from ftpd_service.policy.refused_hosts import RefusedHosts
from ftpd_service.reasons import SessionRefusal
from ftpd_service.values import Peer


def _nobody(peer: Peer) -> str:
    return ""


class Entrance:
    """Lets connections in, or refuses them.

    :ivar connections: the caps on sessions.
    :ivar rate: the limit on connections of a host in a second.
    :ivar refused: which refusals the log tells.
    """

    __slots__ = ("_banned", "connections", "rate", "refused")

    def __init__(
        self,
        connections: Connections,
        *,
        rate: ConnectionRate | None = None,
        banned: Callable[[Peer], str] = _nobody,
    ) -> None:
        """Take the caps.

        :param banned: returns the reason why a client is banned, or an empty text.
        """
        self.connections = connections
        self.rate = ConnectionRate() if rate is None else rate
        self.refused = RefusedHosts()
        self._banned = banned

    def enter(self, peer: Peer, now: float) -> None:
        """Count a connection in.

        :raises LimitReached: it is refused, and no cap has counted it; the text begins with the key of the limit.
        """
        banned = self._banned(peer)
        if banned:
            raise LimitReached(banned, cause=SessionRefusal.BANS)
        self.rate.enter(peer.host, now)
        self.connections.enter(peer.host)

    def leave(self, peer: Peer) -> None:
        """Count a connection out that was counted in."""
        self.connections.leave(peer.host)

    def untold(self, peer: Peer, reason: str, now: float) -> int | None:
        """Return how many refusals like this the log has left out before it, or None if it leaves this one out too."""
        return self.refused.told(peer.host, reason.partition(":")[0], now)
