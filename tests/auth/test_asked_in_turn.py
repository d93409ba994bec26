"""The bound of questions over connections."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.auth.asked_in_turn import AskedInTurn
from ftpd_service.errors import LoginsSaturated, LoginUnavailable
from ftpd_service.policy.login_queue import UNANSWERED_OF_NAME
from tests.cases import SynchronousTestCase


class InTurnTests(SynchronousTestCase):
    """Two questions at once, of which a host gets one."""

    def setUp(self) -> None:
        self.turns = AskedInTurn(2)
        self.asked: list[tuple[str, Deferred[str]]] = []

    def run_one(self, host: str, name: bytes = b"alice") -> Deferred[str]:
        """One question."""

        async def ask() -> str:
            answer: Deferred[str] = Deferred()
            self.asked.append((host, answer))
            return await answer

        return Deferred.fromCoroutine(self.turns.run(ask, host=host, name=name))

    def hosts(self) -> list[str]:
        """Whose questions were asked, in their order."""
        return [host for host, _ in self.asked]

    def test_answer(self) -> None:
        """It is that of the coroutine."""
        waiting = self.run_one("a")
        self.asked[0][1].callback("yes")
        self.assertEqual(self.successResultOf(waiting), "yes")

    def test_bound(self) -> None:
        """A third question waits for the end of one."""
        waiting = [self.run_one(host) for host in ("a", "b", "c")]
        self.assertEqual(self.hosts(), ["a", "b"])
        self.asked[0][1].callback("yes")
        self.assertEqual((self.hosts(), self.successResultOf(waiting[0])), (["a", "b", "c"], "yes"))

    def test_host_leaves_room(self) -> None:
        """A second question of a host waits although there is room."""
        self.run_one("a")
        self.run_one("a")
        self.run_one("b")
        self.assertEqual(self.hosts(), ["a", "b"])

    def test_failure_makes_room(self) -> None:
        """And goes to its own caller."""
        waiting = [self.run_one(host) for host in ("a", "b", "c")]
        self.asked[0][1].errback(ValueError("x"))
        self.failureResultOf(waiting[0], ValueError)
        self.assertEqual(self.hosts(), ["a", "b", "c"])

    def test_cancelled_while_it_waits(self) -> None:
        """It is never asked."""
        waiting = [self.run_one(host) for host in ("a", "b", "c")]
        waiting[2].cancel()
        self.failureResultOf(waiting[2], CancelledError)
        self.asked[0][1].callback("yes")
        self.assertEqual(self.hosts(), ["a", "b"])

    def test_cancelled_while_it_is_asked(self) -> None:
        """Its question is cancelled, and makes room."""
        waiting = [self.run_one(host) for host in ("a", "b", "c")]
        waiting[0].cancel()
        self.failureResultOf(waiting[0], CancelledError)
        self.assertEqual(self.hosts(), ["a", "b", "c"])

    def test_share_of_a_name(self) -> None:
        """One more is not asked, and says nothing about a password."""
        for _ in range(UNANSWERED_OF_NAME):
            self.run_one("a")
        self.failureResultOf(self.run_one("a"), LoginsSaturated)

    def test_end(self) -> None:
        """All questions fail for now, those that wait and those that are asked; no more are taken."""
        waiting = [self.run_one(host) for host in ("a", "b", "c")]
        self.turns.end()
        for one in waiting:
            self.failureResultOf(one, LoginUnavailable)
        self.failureResultOf(self.run_one("d"), LoginUnavailable)
