"""The age of the oldest row, as the metrics ask for it."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.hooks.outbox_figures import OLDEST_ROW_SECONDS, OldestRow
from tests.cases import SynchronousTestCase


class OldestRowTests(SynchronousTestCase):
    """A table that answers when the test says so."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.asked: list[Deferred[float | None]] = []
        self.row = OldestRow(self.ask, self.clock)

    async def ask(self) -> float | None:
        """Ask the table."""
        answer: Deferred[float | None] = Deferred()
        self.asked.append(answer)
        return await answer

    def refresh(self) -> Deferred[None]:
        """Begin to ask."""
        return Deferred.fromCoroutine(self.row.refresh())

    def test_the_metrics_wait_for_the_answer(self) -> None:
        """The age counts from when the row was made."""
        refreshed = self.refresh()
        self.assertNoResult(refreshed)
        self.asked[0].callback(100.0)
        self.successResultOf(refreshed)
        self.assertEqual((self.row.seconds(130.0), self.clock.getDelayedCalls()), (30.0, []))

    def test_no_row(self) -> None:
        """Nothing waits."""
        refreshed = self.refresh()
        self.asked[0].callback(None)
        self.successResultOf(refreshed)
        self.assertEqual(self.row.seconds(130.0), 0.0)

    def test_a_table_that_does_not_answer(self) -> None:
        """The metrics go on without it, and do not ask again meanwhile."""
        refreshed = self.refresh()
        self.clock.advance(OLDEST_ROW_SECONDS)
        self.successResultOf(refreshed)
        again = self.refresh()
        self.assertEqual(len(self.asked), 1)
        self.asked[0].callback(100.0)
        self.successResultOf(again)
        self.assertEqual(self.row.seconds(130.0), 30.0)

    def test_a_database_that_is_stopped(self) -> None:
        """The last answer counts, so the age grows on."""
        first = self.refresh()
        self.asked[0].callback(100.0)
        self.successResultOf(first)
        second = self.refresh()
        self.asked[1].errback(DatabaseUnavailable("stopped"))
        self.successResultOf(second)
        self.assertEqual(self.row.seconds(200.0), 100.0)
