"""The refusals of connections, and their order."""

from __future__ import annotations

from ftpd_service.errors import LimitReached
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.entrance import Entrance
from ftpd_service.policy.per_second import ConnectionRate
from ftpd_service.testing.fakes import peer
from tests.cases import SynchronousTestCase


class EntranceTests(SynchronousTestCase):
    """Bans, then rates, then caps."""

    def test_a_client_is_let_in_and_leaves(self) -> None:
        """It is counted once, and counted out."""
        entrance = Entrance(Connections(1, None))
        entrance.enter(peer(), 1.0)
        entrance.leave(peer())
        entrance.enter(peer(), 1.0)
        self.assertEqual(len(entrance.connections), 1)

    def test_a_banned_client_is_refused_with_the_reason(self) -> None:
        """Neither the rate nor a cap has counted it."""
        entrance = Entrance(
            Connections(9, None), rate=ConnectionRate(1), banned=lambda peer: f"limits.bans: {peer.host}"
        )
        problem = self.assertRaises(LimitReached, entrance.enter, peer(), 1.0)
        self.assertEqual(str(problem), "limits.bans: 192.0.2.1")
        self.assertEqual((len(entrance.connections), len(entrance.rate)), (0, 0))

    def test_a_client_above_the_rate_is_not_counted_by_a_cap(self) -> None:
        """The rate is asked first."""
        entrance = Entrance(Connections(9, None), rate=ConnectionRate(1))
        entrance.enter(peer(), 1.0)
        self.assertRaises(LimitReached, entrance.enter, peer(), 1.0)
        self.assertEqual(len(entrance.connections), 1)

    def test_refusals_for_one_reason_are_told_once(self) -> None:
        """The reason is its key; the text behind it may change."""
        entrance = Entrance(Connections(9, None))
        told = [entrance.untold(peer(), f"limits.bans: {number}", 1.0) for number in range(2)]
        self.assertEqual(told, [0, None])
