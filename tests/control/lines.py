"""Lines for the bounds of the queue."""

from __future__ import annotations

from ftpd_service.control.settings import ControlSettings


def three_lines() -> ControlSettings:
    """At most three short lines wait that differ: the fourth is above the bound."""
    return ControlSettings(queued_bytes=1000)


def different(count: int) -> bytes:
    """So many lines of which no two neighbours are the same."""
    return b"".join(b"SIZE %d\r\n" % (number % 10) for number in range(count))
