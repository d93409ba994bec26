"""The metrics of a service as a whole: what counts, and what answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from twisted.internet.interfaces import IReactorTime

from ftpd_service.observe.metrics.event_counts import EventCounts
from ftpd_service.observe.metrics.exposition import Exposition
from ftpd_service.observe.metrics.sampled import SampledSeries, SampledSources
from ftpd_service.observe.metrics.web import PageFactory
from ftpd_service.observe.metrics.web_pages import Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The metrics of a service."""

    registry: CollectorRegistry
    counts: EventCounts
    pages: Callable[[], PageFactory]
    """Makes the factory of an endpoint."""


def make_metrics(
    sources: SampledSources,
    *,
    verbs: Collection[str],
    codes: Collection[int],
    clock: IReactorTime,
    unready: Callable[[], Sequence[str]],
) -> Metrics:
    """Return metrics with a registry of their own.

    :param verbs: see `EventCounts`; likewise the codes.
    :param unready: see `Pages`.
    """
    registry = CollectorRegistry(auto_describe=False)
    counts = EventCounts(registry, verbs=verbs, codes=codes)
    registry.register(SampledSeries(sources))
    pages = Pages(Exposition(registry, clock, sources.refresh), unready)
    return Metrics(registry=registry, counts=counts, pages=lambda: PageFactory(pages, clock))
