"""The class of each refusal before the greeting."""

from __future__ import annotations

from ipaddress import ip_address

from ftpd_service.errors import LimitReached
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.entrance import Entrance
from ftpd_service.policy.per_second import ConnectionRate
from ftpd_service.reasons import SessionRefusal
from ftpd_service.testing.fakes import peer
from tests.cases import SynchronousTestCase

HOST = ip_address("192.0.2.1")


class CauseTests(SynchronousTestCase):
    """Events carry these classes beside their texts."""

    def cause(self, connections: Connections) -> SessionRefusal:
        """The class of the refusal of a second connection."""
        connections.enter(HOST)
        error: LimitReached = self.assertRaises(LimitReached, connections.enter, HOST)
        return error.cause

    def test_all_sessions(self) -> None:
        """``limits.sessions``."""
        self.assertIs(self.cause(Connections(1, None)), SessionRefusal.SESSIONS)

    def test_sessions_of_a_host(self) -> None:
        """``limits.sessions_per_host``."""
        self.assertIs(self.cause(Connections(9, 1)), SessionRefusal.SESSIONS_PER_HOST)

    def test_sessions_of_a_subnet(self) -> None:
        """``limits.sessions_per_subnet``."""
        self.assertIs(self.cause(Connections(9, None, per_subnet=1)), SessionRefusal.SESSIONS_PER_SUBNET)

    def test_connections_in_a_second(self) -> None:
        """``limits.connections_per_second``."""
        rate = ConnectionRate(1)
        rate.enter(HOST, 1.0)
        error: LimitReached = self.assertRaises(LimitReached, rate.enter, HOST, 1.0)
        self.assertIs(error.cause, SessionRefusal.CONNECTIONS_PER_SECOND)

    def test_a_banned_host(self) -> None:
        """``limits.bans``."""
        entrance = Entrance(Connections(9, None), banned=lambda peer: "limits.bans: banned")
        error: LimitReached = self.assertRaises(LimitReached, entrance.enter, peer(), 1.0)
        self.assertIs(error.cause, SessionRefusal.BANS)
