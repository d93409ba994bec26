"""Work that runs at once, bounded by a key."""

from __future__ import annotations

from functools import partial

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.runtime.bounded_runs import BoundedRuns
from tests.cases import SynchronousTestCase


class BoundedRunsTests(SynchronousTestCase):
    """Two at once."""

    def setUp(self) -> None:
        self.runs = BoundedRuns(2)
        self.begun: dict[str, Deferred[str]] = {}

    async def work(self, name: str) -> str:
        """Work that a test ends."""
        self.begun[name] = Deferred()
        return await self.begun[name]

    def run_work(self, name: str, key: str = "a") -> Deferred[str]:
        """Work in its turn."""
        return Deferred.fromCoroutine(self.runs.run(key, partial(self.work, name)))

    def test_work_beyond_the_bound_waits_in_order(self) -> None:
        """The first that waits begins when work of its key ends."""
        one, _, third, _ = [self.run_work(name) for name in ("1", "2", "3", "4")]
        self.assertEqual(list(self.begun), ["1", "2"])
        self.begun["1"].callback("done")
        self.assertEqual((self.successResultOf(one), list(self.begun)), ("done", ["1", "2", "3"]))
        self.begun["3"].errback(ValueError())
        self.failureResultOf(third, ValueError)
        self.assertEqual(list(self.begun), ["1", "2", "3", "4"])

    def test_other_keys_do_not_wait(self) -> None:
        """Each key has its own bound."""
        for name in ("1", "2", "3"):
            self.run_work(name)
        self.run_work("other", key="b")
        self.assertEqual(list(self.begun), ["1", "2", "other"])

    def test_cancelled_wait_leaves_the_queue(self) -> None:
        """Its work never begins, and it takes no place."""
        _, _, third, _ = [self.run_work(name) for name in ("1", "2", "3", "4")]
        third.cancel()
        self.failureResultOf(third, CancelledError)
        self.begun["1"].callback("done")
        self.assertEqual(list(self.begun), ["1", "2", "4"])

    def test_cancelled_work_gives_its_place_up(self) -> None:
        """The next begins."""
        one, _, _ = [self.run_work(name) for name in ("1", "2", "3")]
        one.cancel()
        self.failureResultOf(one, CancelledError)
        self.assertIn("3", self.begun)

    def test_larger_bound_begins_waiting_work(self) -> None:
        """A reload changes the bound."""
        for name in ("1", "2", "3", "4"):
            self.run_work(name)
        self.runs.most = 3
        self.assertEqual(list(self.begun), ["1", "2", "3"])

    def test_smaller_bound_ends_nothing(self) -> None:
        """No further work begins until there are fewer than it allows."""
        for name in ("1", "2", "3"):
            self.run_work(name)
        self.runs.most = 1
        self.begun["1"].callback("done")
        self.assertEqual(list(self.begun), ["1", "2"])
        self.begun["2"].callback("done")
        self.assertEqual(list(self.begun), ["1", "2", "3"])

    def test_work_that_ends_at_once_needs_no_stack(self) -> None:
        """Thousands that wait end one after the other."""
        ended: list[int] = []

        async def ends(number: int) -> None:
            ended.append(number)

        first, second = self.run_work("1"), self.run_work("2")
        for number in range(3000):
            Deferred.fromCoroutine(self.runs.run("a", partial(ends, number)))
        self.begun["1"].callback("done")
        self.assertEqual(ended, list(range(3000)))
        self.begun["2"].callback("done")
        self.assertEqual(self.successResultOf(first), self.successResultOf(second))
