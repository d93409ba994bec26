"""The frozen settings of logs and metrics, which `graph/` passes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """The level and the queue of the log."""

    level: str = "info"
    """The lowest level that is logged: ``debug`` (every command), ``info``, ``warn``, ``error``."""
    queue: int = 100_000
    """The most lines that may wait for their reader, under twistd."""


METRICS_ENDPOINT = "tcp:9121:interface=127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """The endpoint of the metrics."""

    endpoint: str = METRICS_ENDPOINT
    """A description for `twisted.internet.endpoints.serverFromString`."""
