"""The frozen settings of logs and metrics, which `graph/` passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JOURNALD = "journald"
"""The word for systemd's journal, as a form of lines and as the place of the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingSettings:
    """The levels, the form, the place and the queue of the log, and the places of the audit and of the transfer log."""

    level: str = "info"
    """The lowest level that is logged: ``debug`` (every command), ``info``, ``warn``, ``error``."""
    levels: Mapping[str, str] = field(default_factory=dict)
    """The levels of parts that have levels of their own."""
    format: str = "text"
    """``text``, ``json`` or ``journald``."""
    file: str | None = None
    """The path of the log; None for twistd's place, or for the journal."""
    audit: str | None = None
    """The path of the audit, ``journald``, or None if there is no audit."""
    transfers: str | None = None
    """The path of the transfer log, or None if there is none."""
    queue: int = 100_000
    """The most lines that may wait for their reader."""

    @property
    def elsewhere(self) -> bool:
        """Whether the log goes to another place than twistd's."""
        return self.file is not None or self.format == JOURNALD


METRICS_ENDPOINT = "tcp:9121:interface=127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings:
    """The endpoint of the metrics."""

    endpoint: str = METRICS_ENDPOINT
    """A description for `twisted.internet.endpoints.serverFromString`."""
