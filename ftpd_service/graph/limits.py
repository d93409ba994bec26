"""The limits of the whole service: made at the start, and changed in place by a reload, so that they count at once."""

from __future__ import annotations

from collections.abc import Callable

from ftpd_service.config.schema import LimitsSettings
from ftpd_service.graph.kept import Kept
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.entrance import Entrance
from ftpd_service.policy.per_second import ConnectionRate
from ftpd_service.values import Peer


def entrance_of(limits: LimitsSettings, banned: Callable[[Peer], str]) -> Entrance:
    """Return the refusals of connections.

    :param banned: returns the reason why a client is banned, or an empty text.
    """
    caps = Connections(
        limits.sessions, limits.sessions_per_host, per_subnet=limits.sessions_per_subnet, subnets=limits.subnets
    )
    return Entrance(caps, rate=ConnectionRate(limits.connections_per_second), banned=banned)


def change_limits(kept: Kept, limits: LimitsSettings) -> None:
    """Put other limits into force; no open session is closed for them."""
    kept.entrance.connections.change(
        limits.sessions, limits.sessions_per_host, per_subnet=limits.sessions_per_subnet, subnets=limits.subnets
    )
    kept.entrance.rate.change(limits.connections_per_second)
    kept.commands.per_second = limits.commands_per_second
    kept.bans.bans.change(limits.bans, limits.subnets)
