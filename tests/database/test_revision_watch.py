"""The watch of the counter of changes."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent

from ftpd_service.database.revision_watch import WATCH_SECONDS, RevisionWatch
from ftpd_service.errors import DatabaseUnavailable
from tests.cases import SynchronousTestCase


class RevisionWatchTests(SynchronousTestCase):
    """`RevisionWatch`, with a random number of one half."""

    def setUp(self) -> None:
        """Begin to look."""
        self.clock, self.moves = Clock(), 0
        self.looks: list[Deferred[int]] = []
        self.watch = RevisionWatch(self.look, self.clock, lambda: 0.5)
        self.watch.start(self.moved)

    async def look(self) -> int:
        """A look whose answer the test gives."""
        self.looks.append(Deferred())
        return await self.looks[-1]

    def moved(self) -> None:
        """The counter has moved."""
        self.moves += 1

    def sees(self, revision: int) -> None:
        """Answer the look, and let the time for the next pass."""
        self.looks[-1].callback(revision)
        self.clock.advance(WATCH_SECONDS)

    def test_the_first_look_moves_nothing(self) -> None:
        """The counter is known from then on."""
        self.sees(7)
        self.assertEqual((self.watch.revision, self.moves), (7, 0))

    def test_a_change(self) -> None:
        """Each is told once."""
        for revision in (7, 7, 8, 8, 10):
            self.sees(revision)
        self.assertEqual(self.moves, 2)

    def test_a_counter_that_went_back(self) -> None:
        """Somebody has restored a backup."""
        for revision in (7, 3):
            self.sees(revision)
        self.assertEqual(self.moves, 1)

    def test_looks_do_not_overlap(self) -> None:
        """The next one begins some time after the answer."""
        self.clock.advance(10 * WATCH_SECONDS)
        self.assertEqual(len(self.looks), 1)
        self.looks[0].callback(7)
        self.clock.advance(WATCH_SECONDS - 0.1)
        self.assertEqual(len(self.looks), 1)
        self.clock.advance(0.1)
        self.assertEqual(len(self.looks), 2)

    def test_the_time_varies(self) -> None:
        """So that many servers do not ask at once."""
        clock = Clock()
        watch = RevisionWatch(self.look, clock, lambda: 0.0)
        watch.start(self.moved)
        self.looks[-1].callback(7)
        self.assertLess(clock.getDelayedCalls()[0].getTime(), WATCH_SECONDS)
        self.assertGreater(clock.getDelayedCalls()[0].getTime(), WATCH_SECONDS / 2)

    def test_an_outage_is_told_once_and_its_end(self) -> None:
        """The looks go on, and a change during the outage is seen."""
        self.sees(7)
        with capturedLogs() as logged:
            for _ in range(2):
                self.looks[-1].errback(DatabaseUnavailable("no route"))
                self.clock.advance(WATCH_SECONDS)
            self.sees(8)
        texts = [formatEvent(one) for one in logged if one["log_namespace"] == "ftpd.database"]
        self.assertEqual(texts, ["the database does not answer: no route", "the database answers again"])
        self.assertEqual(self.moves, 1)

    def test_stopped_between_looks(self) -> None:
        """No timer is left."""
        self.looks[-1].callback(7)
        self.watch.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stopped_during_a_look(self) -> None:
        """The look is given up, and nothing follows."""
        self.watch.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertTrue(self.looks[-1].called)

    def test_a_fault_of_the_program_does_not_end_the_watch(self) -> None:
        """The fault is logged, and the looks go on."""
        self.looks[-1].errback(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.clock.advance(WATCH_SECONDS)
        self.assertEqual(len(self.looks), 2)
