"""The end of a process that has been replaced."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.succession.last_sessions import ACCEPTED_SECONDS, COUNT_AGAIN_SECONDS, LastSessions
from tests.cases import SynchronousTestCase


class LastSessionsTests(SynchronousTestCase):
    """A process with two sessions, which waits for 60 seconds at most."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.count = 2
        self.over = 0
        self.last = LastSessions(lambda: self.count, self.note, self.clock)
        self.last.wait(60)

    def note(self) -> None:
        """Count the calls."""
        self.over += 1

    def test_sessions_that_go_on(self) -> None:
        """The process stays."""
        self.clock.pump([COUNT_AGAIN_SECONDS] * 59)
        self.assertEqual(self.over, 0)

    def test_last_session_ends(self) -> None:
        """So does the process, once."""
        self.clock.advance(ACCEPTED_SECONDS)
        self.count = 0
        self.clock.advance(COUNT_AGAIN_SECONDS)
        self.clock.advance(COUNT_AGAIN_SECONDS)
        self.assertEqual((self.over, self.clock.getDelayedCalls()), (1, []))

    def test_no_session_at_once(self) -> None:
        """A connection that was accepted may become a session yet, so the process stays for a moment."""
        self.count = 0
        self.clock.advance(ACCEPTED_SECONDS - 1)
        before = self.over
        self.clock.advance(1)
        self.assertEqual((before, self.over), (0, 1))

    def test_deadline(self) -> None:
        """The process ends, and drains the sessions that are left."""
        self.clock.pump([ACCEPTED_SECONDS, *[COUNT_AGAIN_SECONDS] * 55])
        self.assertEqual((self.over, self.clock.getDelayedCalls()), (1, []))

    def test_stop(self) -> None:
        """Nothing is called later."""
        self.last.stop()
        self.last.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
