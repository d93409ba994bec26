"""The text that Prometheus reads, made a series at a time, so that no turn of the reactor is long."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

FRESH_TEXT_SECONDS = 0.5
"""All who ask within this time get the same text, so that many clients cost the reactor no more than one."""

_TURN_SAMPLES = 100
"""The reactor gets its turn after so many samples, each of which takes some 10 us."""


class _Picked(Collector):
    """A collector of one series, without the times at which its counters were made."""

    def __init__(self, series: Metric) -> None:
        series.samples = [sample for sample in series.samples if not sample.name.endswith("_created")]
        self._series = series

    def collect(self) -> Iterator[Metric]:
        """Return the series."""
        yield self._series


class Exposition:
    """The text of all series of a registry.

    :param refresh: is awaited before the series are asked; a failure is a failure of the text.
    """

    def __init__(
        self, registry: CollectorRegistry, clock: IReactorTime, refresh: Callable[[], Awaitable[None]]
    ) -> None:
        self._registry = registry
        self._refresh = refresh
        self._clock = clock
        self._text = b""
        self._made: float | None = None
        self._waiting: list[Deferred[bytes]] = []

    def text(self) -> Deferred[bytes]:
        """Return the text, which is `FRESH_TEXT_SECONDS` old at most."""
        if self._made is not None and self._clock.seconds() - self._made < FRESH_TEXT_SECONDS:
            return succeed(self._text)
        asked: Deferred[bytes] = Deferred()
        self._waiting.append(asked)
        if len(self._waiting) == 1:
            Deferred.fromCoroutine(self._make()).addBoth(self._answer)
        return asked

    async def _make(self) -> bytes:
        await self._refresh()
        texts, samples = [], 0
        for series in self._registry.collect():
            texts.append(generate_latest(_Picked(series)))
            samples += len(series.samples)
            if samples >= _TURN_SAMPLES:
                samples = 0
                await deferLater(self._clock, 0)
        self._text, self._made = b"".join(texts), self._clock.seconds()
        return self._text

    def _answer(self, result: bytes | Failure) -> None:
        """Give the text, or the failure, to all who wait."""
        waiting, self._waiting = self._waiting, []
        for asked in waiting:
            if isinstance(result, Failure):
                asked.errback(result)
            else:
                asked.callback(result)
