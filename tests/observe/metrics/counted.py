"""What tests of the metrics share: a registry with its values, and sources that say what a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from prometheus_client import CollectorRegistry

from ftpd_service import events
from ftpd_service.commands.table import standard_table
from ftpd_service.graph.measured import versions_of_software
from ftpd_service.hook_events import HookTrigger
from ftpd_service.hook_log_events import HookFinished, VerdictGiven
from ftpd_service.observe.metrics.event_counts import EventCounts
from ftpd_service.observe.metrics.sampled import SampledSeries, SampledSources
from ftpd_service.runtime.lane import LaneState
from ftpd_service.testing.fakes import peer
from ftpd_service.values import SessionId
from ftpd_service.verdict_interfaces import Ruling
from ftpd_service.wire.reply import FINAL_CODES

VERBS = frozenset(command.facts.verb for command in standard_table().commands())

LANES = {"files": LaneState(threads=4, busy=3, waiting=2, oldest_seconds=1.5, stalled_seconds=0.0)}


async def nothing() -> None:
    """Nothing has to be asked for."""


SOURCES = SampledSources(
    versions={"version": "1.2.3"},
    sessions=lambda: 7,
    transfers=lambda: 3,
    moved=lambda: {("upload", False): 10, ("upload", True): 20},
    control_handshakes=lambda: {"TLSv1.3": 5},
    data_handshakes=lambda: {("TLSv1.3", True): 4, ("TLSv1.3", False): 1},
    lanes=lambda: LANES,
    delays=lambda: (0.25, 0.5),
    problems=tuple,
    bans=lambda: 2,
    digests=lambda: (6, 1),
    outbox=lambda: (4, 60.0),
    refresh=nothing,
    certificate_ends=lambda: 1_800_000_000.0,
)


RUN = HookFinished(rule="r", action="http", trigger=HookTrigger.UPLOADED, id="1", attempt=1, seconds=0.2)

VERDICT = VerdictGiven(stage="scan", ruling=Ruling.ACCEPT, text="", seconds=0.2, id="1")


def sources(**others: Any) -> SampledSources:  # Any: as `SampledSources` takes
    """Sources that differ from the usual ones."""
    return replace(SOURCES, **others)


def known_series() -> dict[str, set[str]]:
    """The labels of each series that the service has, without those of histograms."""
    counted = Counted()
    counted.registry.register(SampledSeries(replace(SOURCES, versions=versions_of_software())))
    counted.observe(command("NOOP"), RUN, VERDICT)
    found: dict[str, set[str]] = {}
    for family in counted.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = {label for sample in family.samples for label in sample.labels} - {"le"}
    return found


def command(verb: str, code: int = 200) -> events.CommandFinished:
    """A command that was answered."""
    return events.CommandFinished(
        session=SessionId("s1"), peer=peer(), verb=verb, argument="/secret", code=code, seconds=0.1
    )


class Counted:
    """Counts with a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.counts = EventCounts(self.registry, verbs=VERBS, codes=FINAL_CODES)

    def observe(self, *seen: events.Event) -> None:
        """Count events."""
        for event in seen:
            self.counts.observe(event)

    def value(self, name: str, **labels: str) -> float | None:
        """The value of a series, or None if there is no such series."""
        return self.registry.get_sample_value(name, labels)

    def series(self) -> list[tuple[str, Mapping[str, str]]]:
        """All series by name and labels."""
        return [(sample.name, sample.labels) for family in self.registry.collect() for sample in family.samples]
