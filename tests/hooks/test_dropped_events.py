"""Events that were dropped, as the log is told."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.hooks.dropped_events import TOLD_SECONDS, DroppedEvents
from tests.cases import SynchronousTestCase


class DroppedEventsTests(SynchronousTestCase):
    """A log that must not be flooded."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.told: list[tuple[int, str]] = []
        self.drops = DroppedEvents(self.clock, lambda count, reason: self.told.append((count, reason)))

    def test_the_first_is_told_at_once(self) -> None:
        """An operator waits for no timer."""
        self.drops.drop("full")
        self.assertEqual(self.told, [(1, "full")])

    def test_the_next_are_told_together(self) -> None:
        """With the reason of the last."""
        for reason in ("full", "full", "stopped"):
            self.drops.drop(reason)
        self.clock.advance(TOLD_SECONDS)
        self.assertEqual(self.told, [(1, "full"), (2, "stopped")])

    def test_the_log_is_told_again_after_a_rest(self) -> None:
        """And no timer runs without need."""
        self.drops.drop("full")
        self.clock.advance(TOLD_SECONDS)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.drops.drop("full")
        self.assertEqual(self.told, [(1, "full"), (1, "full")])

    def test_the_end_tells_the_rest(self) -> None:
        """All dropped events are told by then."""
        for _ in range(4):
            self.drops.drop("full")
        self.drops.stop()
        self.assertEqual((sum(count for count, _ in self.told), self.drops.total), (4, 4))
        self.assertEqual(self.clock.getDelayedCalls(), [])
