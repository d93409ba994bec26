"""Answers that are kept for some seconds."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock

from ftpd_service.accounts.recent_rows import RecentRows
from ftpd_service.errors import TemporarilyUnavailable
from tests.cases import SynchronousTestCase


class RecentRowsTests(SynchronousTestCase):
    """`RecentRows`."""

    def setUp(self) -> None:
        """Keep two answers for five seconds."""
        self.clock, self.version = Clock(), 1
        self.loads: list[Deferred[str]] = []
        self.rows: RecentRows[str] = RecentRows(
            seconds=5.0, most=2, now=self.clock.seconds, version=lambda: self.version
        )

    async def load(self) -> str:
        """A query whose answer the test gives."""
        self.loads.append(Deferred())
        return await self.loads[-1]

    def ask(self, name: str = "alice") -> Deferred[str]:
        """Ask for a name."""
        return Deferred.fromCoroutine(self.rows.answer(name, self.load))

    def told(self, name: str, answer: str) -> None:
        """Ask for a name, and let its query end."""
        asked = self.ask(name)
        self.loads[-1].callback(answer)
        self.assertEqual(self.successResultOf(asked), answer)

    def test_an_answer_is_kept(self) -> None:
        """For its seconds, and no longer."""
        self.told("alice", "one")
        self.clock.advance(4.9)
        self.assertEqual(self.successResultOf(self.ask()), "one")
        self.clock.advance(0.1)
        self.assertNoResult(self.ask())

    def test_questions_at_once_share_a_query(self) -> None:
        """Each gets the answer."""
        asked = [self.ask() for _ in range(3)]
        self.assertEqual(len(self.loads), 1)
        self.loads[0].callback("one")
        self.assertEqual([self.successResultOf(one) for one in asked], ["one"] * 3)

    def test_a_question_that_is_given_up_leaves_the_others(self) -> None:
        """Even the first."""
        first, second = self.ask(), self.ask()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.loads[0].callback("one")
        self.assertEqual(self.successResultOf(second), "one")

    def test_a_failure_reaches_all_and_is_not_kept(self) -> None:
        """The next question is asked again."""
        asked = [self.ask(), self.ask()]
        self.loads[0].errback(TemporarilyUnavailable())
        for one in asked:
            self.failureResultOf(one, TemporarilyUnavailable)
        self.told("alice", "one")

    def test_a_new_version_drops_what_is_kept(self) -> None:
        """The next question is asked again."""
        self.told("alice", "one")
        self.version = 2
        self.told("alice", "two")

    def test_an_answer_from_before_a_change_is_not_kept(self) -> None:
        """It is for those that asked before the change; a later question has its own query."""
        before = self.ask()
        self.version = 2
        after = self.ask()
        self.loads[0].callback("one")
        self.assertEqual(self.successResultOf(before), "one")
        self.assertNoResult(after)
        self.loads[1].callback("two")
        self.assertEqual((self.successResultOf(after), self.successResultOf(self.ask())), ("two", "two"))

    def test_the_oldest_answer_is_dropped(self) -> None:
        """Beyond the most."""
        self.told("alice", "one")
        self.told("bob", "two")
        self.told("carol", "three")
        self.assertEqual(self.successResultOf(self.ask("bob")), "two")
        self.assertNoResult(self.ask("alice"))
