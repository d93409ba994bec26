"""Settings of logs: frozen, handed in by `graph.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """What is logged."""

    level: str = "info"
    """The lowest level that is written: ``debug`` (every command), ``info``, ``warn``, ``error``."""
    queue: int = 100_000
    """How many lines may wait for their reader, under twistd."""
