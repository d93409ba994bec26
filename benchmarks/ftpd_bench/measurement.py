"""Results: a measurement, the median of several, percentiles, and the forms in which they are shown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One scenario, once.

    :ivar unit: what was counted: MiB, file, entry, session, command.
    :ivar amount: how many of them.
    :ivar server_cpu_seconds: of the server's process tree; None where its pid was not given.
    :ivar details: further figures by a name that ends in their unit.
    """

    scenario: str
    unit: str
    amount: float
    seconds: float
    server_cpu_seconds: float | None = None
    client_cpu_seconds: float = 0.0
    details: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.amount / self.seconds if self.seconds > 0 else 0.0

    @property
    def cpu_ms_each(self) -> float | None:
        """Milliseconds of the server's CPU a unit; None where it is not known."""
        if self.server_cpu_seconds is None or not self.amount:
            return None
        return self.server_cpu_seconds * 1000 / self.amount

    def as_json(self) -> dict[str, object]:
        """Everything, derived figures included."""
        return {**asdict(self), "rate": self.rate, "cpu_ms_each": self.cpu_ms_each}


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that so large a share (0 to 1) of all do not exceed.

    :raises ValueError: there are none.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("there are no values")
    rank = -int(-share * len(ordered) // 1)
    return ordered[min(max(rank, 1), len(ordered)) - 1]


def median(measurements: Sequence[Measurement]) -> Measurement:
    """One measurement whose rate, cost and details are each the median of several of the same scenario."""
    first = measurements[0]
    rate = statistics.median(one.rate for one in measurements)
    costs = [cost for one in measurements if (cost := one.cpu_ms_each) is not None]
    names = [name for name in first.details if all(name in one.details for one in measurements)]
    return Measurement(
        scenario=first.scenario,
        unit=first.unit,
        amount=first.amount,
        seconds=first.amount / rate if rate else 0.0,
        server_cpu_seconds=statistics.median(costs) * first.amount / 1000 if costs else None,
        client_cpu_seconds=statistics.median(one.client_cpu_seconds for one in measurements),
        details={name: statistics.median(one.details[name] for one in measurements) for name in names},
    )


def number(value: float | None) -> str:
    """A figure with three digits that say something; a dash for none."""
    if value is None:
        return "-"
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, the first to the left and the others to the right; a rule below row one."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def report(measurements: Sequence[Measurement]) -> str:
    """Measurements as a table of text."""
    rows = [["scenario", "rate/s", "unit", "seconds", "server CPU ms each", "client CPU s"]]
    rows += [
        [
            one.scenario,
            number(one.rate),
            one.unit,
            number(one.seconds),
            number(one.cpu_ms_each),
            number(one.client_cpu_seconds),
        ]
        for one in measurements
    ]
    details = [
        f"{one.scenario}: " + ", ".join(f"{name} {number(value)}" for name, value in one.details.items()) + "\n"
        for one in measurements
        if one.details
    ]
    return table(rows) + "".join(details)
