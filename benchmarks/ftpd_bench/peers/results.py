"""The results of a run: medians by case and server, ratios, and the text in which they are shown."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ftpd_bench.measurement import number, table
from ftpd_bench.peers.plan import Case

Figures = dict[str, object]
"""One measurement as ``ftpd-bench --json`` prints it."""


@dataclass(slots=True)
class Results:
    """All measurements, by case and server, and why some are missing."""

    measured: dict[str, dict[str, list[Figures]]] = field(default_factory=dict)
    missing: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, case: Case, server: str, figures: Figures) -> None:
        """One more measurement."""
        self.measured.setdefault(case.key, {}).setdefault(server, []).append(figures)

    def miss(self, case: Case, server: str, why: str) -> None:
        """Why there is none."""
        self.missing.setdefault(case.key, {})[server] = why

    def shown(self, case: Case, server: str) -> float | None:
        """The median of what the case shows: its rate, or its detail."""
        found = self.measured.get(case.key, {}).get(server, [])
        values = [value for one in found if (value := _figure(one, case.detail)) is not None]
        return statistics.median(values) if values else None

    def cost(self, case: Case, server: str) -> float | None:
        """The median of the CPU milliseconds a unit; None for cases that show a detail."""
        found = self.measured.get(case.key, {}).get(server, [])
        values = [value for one in found if (value := _number(one.get("cpu_ms_each"))) is not None]
        return statistics.median(values) if values and case.detail is None else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _figure(figures: Figures, detail: str | None) -> float | None:
    if detail is None:
        return _number(figures.get("rate"))
    details = figures.get("details")
    return _number(details.get(detail)) if isinstance(details, dict) else None


def ratio(ours: float | None, theirs: float | None) -> str:
    """Ours to theirs; a dash where one is missing."""
    return f"{ours / theirs:.2f}" if ours is not None and theirs else "-"


def _rows(results: Results, cases: Sequence[Case], servers: Sequence[str], *, cost: bool) -> str:
    """One table of figures."""
    figure = results.cost if cost else results.shown
    chosen = [case for case in cases if not cost or case.detail is None]
    head = ["", "unit", *servers]
    unit = {case.key: "ms/" + case.one if cost else case.unit for case in chosen}
    lines = [[case.title, unit[case.key], *(number(figure(case, server)) for server in servers)] for case in chosen]
    return table([head, *lines])


def _ratios(results: Results, cases: Sequence[Case], servers: Sequence[str], *, cost: bool) -> str:
    figure = results.cost if cost else results.shown
    chosen = [case for case in cases if not cost or case.detail is None]
    ours, *peers = servers
    lines = [
        [case.title, *(ratio(figure(case, ours), figure(case, peer)) for peer in peers)]
        for case in chosen
        if figure(case, ours) is not None
    ]
    return table([[f"{ours} / ...", *peers], *lines])


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor()


def _missing(results: Results, cases: Sequence[Case]) -> str:
    """Each reason once, with the cases that it is for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        for server, why in results.missing.get(case.key, {}).items():
            reasons.setdefault((server, why), []).append(case.key)
    return "".join(f"{server}: {why}\n    ({', '.join(keys)})\n" for (server, why), keys in reasons.items())


def text(results: Results, cases: Sequence[Case], versions: dict[str, str], rounds: int, network: str) -> str:
    """The whole report.

    :param versions: of each server; their order is the tables', ours first.
    :param network: the congestion control, and the network in which it holds.
    """
    servers = list(versions)
    now = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    head = (
        f"Made by `make bench` on {now}: Linux {platform.release()}, {os.cpu_count()} x {_processor()}.\n"
        f"Medians of {rounds} interleaved rounds, client and servers on loopback, {network}.\n"
        "Rates on a shared machine swing; CPU time (of the server's whole process tree, from the kernel's account) is\n"
        "the steadier figure.\n"
        + "".join(f"  {server} {version or '(no version)'}\n" for server, version in versions.items())
    )
    parts = [
        (
            "Rates (more is better), NOOP's answer and memory (less is better)",
            _rows(results, cases, servers, cost=False),
        ),
        ("Server CPU, milliseconds each (less is better)", _rows(results, cases, servers, cost=True)),
        ("Ratios of the first table", _ratios(results, cases, servers, cost=False)),
        ("Ratios of CPU (below 1.00 is cheaper)", _ratios(results, cases, servers, cost=True)),
        ("Not measured", _missing(results, cases) or "nothing\n"),
    ]
    return head + "".join(f"\n{title}\n{'=' * len(title)}\n\n{body}" for title, body in parts)
