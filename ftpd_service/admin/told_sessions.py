"""Sessions, transfers and times as text for people; no text of a client can steer the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import Any

from ftpd_service.observe.escapes import escaped

_HEADS = ("ID", "ACCOUNT", "ADDRESS", "TLS", "SINCE", "VERB", "DONE", "RATE", "PATH")
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")

Row = dict[str, Any]  # Any: JSON


def table(rows: Iterable[Row], now: datetime) -> list[str]:
    """Return a line for each session below a line of heads."""
    cells = [_HEADS, *(_cells(row, now) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _cells(row: Row, now: datetime) -> Sequence[str]:
    return (
        escaped(row["id"]),
        "-" if row["account"] is None else escaped(row["account"]),
        escaped(row["address"]),
        "yes" if row["tls"] else "no",
        since(row["since"], now),
        "-" if row["verb"] is None else escaped(row["verb"]),
        _done(row),
        "-" if row["rate"] is None else f"{size(row['rate'])}/s",
        "-" if row["path"] is None else escaped(row["path"]),
    )


def _done(row: Row) -> str:
    if row["bytes"] is None:
        return "-"
    return size(row["bytes"]) if row["size"] is None else f"{size(row['bytes'])} of {size(row['size'])}"


def size(octets: float) -> str:
    """Return a number of bytes with three digits or so."""
    amount, unit = float(octets), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.0f}{_UNITS[unit]}" if unit == 0 or amount >= 100 else f"{amount:.1f}{_UNITS[unit]}"


def since(told: str, now: datetime) -> str:
    """Return the time since a time in the form of RFC 3339."""
    then = datetime.strptime(told, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return duration_text((now - then).total_seconds())


def duration_text(seconds: float) -> str:
    """Return a duration in its two largest units."""
    left = max(int(seconds), 0)
    days, left = divmod(left, 86400)
    hours, left = divmod(left, 3600)
    minutes, left = divmod(left, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (left, "s")]
    while len(parts) > 1 and not parts[0][0]:
        del parts[0]
    return " ".join(f"{number} {unit}" for number, unit in parts[:2])
