"""The series that hooks count: runs of actions by rule, verdicts by stage, and events that were dropped.

The labels are ids of rules and stages of the configuration, and words of closed sets.  A reload can bring new ids, and
the series of former ids stay until the next start, so their number has a bound: further ids are `OTHER_ID`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from ftpd_service.events import Event
from ftpd_service.hook_log_events import HookEventsDropped, HookFailed, HookFinished, VerdictFailed, VerdictGiven
from ftpd_service.observe.metrics.children import Children

OTHER_ID = "other"
"""The label of ids beyond `MOST_IDS`."""

MOST_IDS = 500
"""The most ids of rules, and of stages, that have series of their own."""

_DONE, _FAILED, _DEAD = "done", "failed", "dead"
"""The outcomes of a run."""

_ERROR, _TIMEOUT = "error", "timeout"
"""The outcomes of a stage that gives no ruling."""

RUN_SECONDS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
"""The upper ends of the buckets of the durations of runs and verdicts."""

On = dict[type[Event], Callable[[Any], None]]  # Any: each takes the events of its key


class KnownIds:
    """The ids that have series of their own."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def label(self, name: str) -> str:
        """Return the label for an id."""
        if name not in self._ids:
            if len(self._ids) >= MOST_IDS:
                return OTHER_ID
            self._ids.add(name)
        return name


def count_hooks(registry: CollectorRegistry, on: On) -> None:
    """Add the series, and the functions that count."""
    runs = Children(
        Counter(
            "ftpd_hook_runs", "Tries of actions, by rule and by their outcome.", ("rule", "outcome"), registry=registry
        )
    )
    seconds = Children(
        Histogram(
            "ftpd_hook_run_duration_seconds",
            "The time of each try of an action.",
            ("rule",),
            buckets=RUN_SECONDS,
            registry=registry,
        )
    )
    dropped = Counter("ftpd_hook_events_dropped", "Events that could not be kept, and were dropped.", registry=registry)
    rules = KnownIds()

    def ran(event: HookFinished | HookFailed, outcome: str) -> None:
        rule = rules.label(event.rule)
        runs.of((rule, outcome)).inc()
        seconds.of((rule,)).observe(event.seconds)

    on[HookFinished] = lambda event: ran(event, _DONE)
    on[HookFailed] = lambda event: ran(event, _DEAD if event.dead else _FAILED)
    on[HookEventsDropped] = lambda event: dropped.inc(event.count)


def count_verdicts(registry: CollectorRegistry, on: On) -> None:
    """Add the series of stages, and the functions that count."""
    verdicts = Children(
        Counter(
            "ftpd_verdicts", "Verdicts about uploads, by stage and by outcome.", ("stage", "outcome"), registry=registry
        )
    )
    seconds = Children(
        Histogram(
            "ftpd_verdict_duration_seconds",
            "The time that a stage has taken.",
            ("stage",),
            buckets=RUN_SECONDS,
            registry=registry,
        )
    )
    stages = KnownIds()

    def judged(event: VerdictGiven | VerdictFailed, outcome: str) -> None:
        stage = stages.label(event.stage)
        verdicts.of((stage, outcome)).inc()
        seconds.of((stage,)).observe(event.seconds)

    on[VerdictGiven] = lambda event: judged(event, event.ruling.value)
    on[VerdictFailed] = lambda event: judged(event, _TIMEOUT if event.timed_out else _ERROR)
