"""Refusals of one session, and the log."""

from __future__ import annotations

from ftpd_service.events import Refused, SessionEnded
from ftpd_service.policy.refusals import AT_ONCE
from tests.cases import SynchronousTestCase
from tests.commands.sessions import logged_in


class RefusalTests(SynchronousTestCase):
    """A client whose commands are refused, again and again."""

    def test_the_log_tells_so_many_at_once(self) -> None:
        """The others are counted until the next one that is told; every event reaches the observers."""
        dialogue = logged_in()
        for _ in range(AT_ONCE + 2):
            dialogue.say("SIZE none", 550)
        dialogue.clock.advance(1)
        dialogue.say("SIZE none", 550)
        untold = [event.untold for event in dialogue.recorder.of(Refused)]
        self.assertEqual(untold, [0] * AT_ONCE + [None, None, 2])

    def test_the_end_of_the_session_tells_the_rest(self) -> None:
        """There is no later refusal to do it."""
        dialogue = logged_in()
        for _ in range(AT_ONCE + 2):
            dialogue.say("SIZE none", 550)
        dialogue.lose()
        self.assertEqual([event.untold for event in dialogue.recorder.of(SessionEnded)], [2])
