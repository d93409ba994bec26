"""The text for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock

from ftpd_service.observe.metrics.exposition import FRESH_TEXT_SECONDS, Exposition
from tests.cases import SynchronousTestCase
from tests.observe.metrics.counted import nothing


class TurnClock(Clock):
    """A clock that counts later turns.

    :ivar turns: their number.
    """

    turns = 0

    def callLater(self, delay: float, callable: Callable[..., object], *args: object, **kw: object) -> IDelayedCall:
        """Count a turn."""
        self.turns += 1
        return super().callLater(delay, callable, *args, **kw)


class Many(Collector):
    """Many series, with a sample each."""

    def describe(self) -> Iterator[Metric]:
        """Say nothing beforehand."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """So many that several turns are needed."""
        for number in range(1000):
            yield GaugeMetricFamily(f"many_{number}", "One of many.", value=number)


class Broken(Collector):
    """A collector with a fault."""

    def describe(self) -> Iterator[Metric]:
        """Say nothing beforehand."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Fail."""
        raise ValueError("a bug")


class ExpositionTests(SynchronousTestCase):
    """`Exposition`."""

    def setUp(self) -> None:
        """A registry with a counter."""
        self.clock = TurnClock()
        self.registry = CollectorRegistry()
        self.counter = Counter("apples", "Apples.", registry=self.registry)
        self.exposition = Exposition(self.registry, self.clock, nothing)

    def text(self) -> str:
        """The text, at once."""
        return self.successResultOf(self.exposition.text()).decode()

    def test_a_counter(self) -> None:
        """Help, type and value; not the time at which the counter was made."""
        self.counter.inc()
        expected = "# HELP apples_total Apples.\n# TYPE apples_total counter\napples_total 1.0\n"
        self.assertEqual(self.text(), expected)

    def test_the_same_text_for_a_while(self) -> None:
        """Many clients cost no more than one."""
        first = self.text()
        self.counter.inc()
        self.clock.advance(FRESH_TEXT_SECONDS * 0.9)
        self.assertEqual(self.text(), first)

    def test_a_new_text_after_that(self) -> None:
        """Prometheus asks less often."""
        first = self.text()
        self.counter.inc()
        self.clock.advance(FRESH_TEXT_SECONDS)
        self.assertNotEqual(self.text(), first)

    def test_many_series_take_several_turns(self) -> None:
        """Other work of the reactor comes in between, and all who ask share the work."""
        self.registry.register(Many())
        asked = [self.exposition.text(), self.exposition.text()]
        self.assertNoResult(asked[0])
        self.clock.advance(0)
        first, second = map(self.successResultOf, asked)
        self.assertEqual((first, first.count(b"\nmany_"), self.clock.turns), (second, 1000, 10))

    def test_values_that_must_be_asked_for_come_first(self) -> None:
        """So the text has them."""
        answer: Deferred[None] = Deferred()

        async def refresh() -> None:
            await answer
            self.counter.inc()

        asked = Exposition(self.registry, self.clock, refresh).text()
        self.assertNoResult(asked)
        answer.callback(None)
        self.assertIn(b"\napples_total 1.0\n", self.successResultOf(asked))

    def test_a_fault_is_a_failure(self) -> None:
        """It reaches all who have asked, and the next question is tried anew."""
        self.registry.register(Broken())
        self.failureResultOf(self.exposition.text(), ValueError)
        self.failureResultOf(self.exposition.text(), ValueError)
