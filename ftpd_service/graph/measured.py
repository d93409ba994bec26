"""The metrics of a service: every module that imports prometheus-client is loaded here by its name, if it is needed."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from OpenSSL.SSL import OPENSSL_VERSION, OpenSSL_version

import ftpd_service
import twisted
from ftpd_service.commands.table import standard_table
from ftpd_service.config.schema import Config
from ftpd_service.graph.kept import Kept
from ftpd_service.runtime.imported import built_in
from ftpd_service.tls.loading import Loaded
from ftpd_service.wire.reply import FINAL_CODES

if TYPE_CHECKING:
    from ftpd_service.observe.metrics.metrics import Metrics
    from ftpd_service.observe.metrics.sampled import SampledSources

_NEEDS, _TOLD = "metrics", "metrics"
_MAKE = "ftpd_service.observe.metrics.metrics:make_metrics"
_SOURCES = "ftpd_service.observe.metrics.sampled:SampledSources"


def metrics_problem(config: Config) -> None:
    """Load the modules of metrics, if a configuration has metrics; waits for disks.

    :raises PluginProblem: the library is missing.
    """
    if config.metrics is not None:
        built_in(_MAKE, needs=_NEEDS, told=_TOLD)


def make_metrics(kept: Kept, certificates: Callable[[], object], unready: Callable[[], Sequence[str]]) -> Metrics:
    """Return the metrics of a service.

    :param certificates: returns the `Loaded` certificates in force, or None.
    :param unready: see `ftpd_service.observe.metrics.web_pages.Pages`.
    """
    made: Metrics = built_in(_MAKE, needs=_NEEDS, told=_TOLD)(
        _sources(kept, certificates),
        verbs=[command.facts.verb for command in standard_table().commands()],
        codes=FINAL_CODES,
        clock=kept.reactor,
        unready=unready,
    )
    return made


def versions_of_software() -> Mapping[str, str]:
    """Return the version of this package and of the software below it, by name."""
    return {
        "version": ftpd_service.__version__,
        "python": platform.python_version(),
        "twisted": twisted.__version__,
        "openssl": OpenSSL_version(OPENSSL_VERSION).decode().split()[1],
    }


def _sources(kept: Kept, certificates: Callable[[], object]) -> SampledSources:
    oldest = kept.hooks.oldest
    sources: SampledSources = built_in(_SOURCES, needs=_NEEDS, told=_TOLD)(
        versions=versions_of_software(),
        sessions=partial(len, kept.sessions),
        transfers=lambda: kept.load.running,
        moved=lambda: {
            (direction.value, protected): amount.byte_count
            for (direction, protected), amount in kept.load.traffic.amounts.items()
        },
        control_handshakes=lambda: kept.handshakes.control,
        data_handshakes=lambda: kept.handshakes.data,
        lanes=kept.health.lanes,
        delays=lambda: (kept.health.delay.current, kept.health.delay.worst),
        problems=kept.health.problems,
        bans=partial(len, kept.bans.bans),
        digests=lambda: (kept.digests.kept.found, kept.digests.kept.missed),
        outbox=lambda: (kept.hooks.waiting, 0.0 if oldest is None else oldest.seconds(time.time())),
        refresh=_nothing if oldest is None else oldest.refresh,
        certificate_ends=lambda: _first_end(certificates()),
    )
    return sources


async def _nothing() -> None:
    """Ask nobody, as there is no outbox."""


def _first_end(loaded: object) -> float | None:
    if not isinstance(loaded, Loaded):
        return None
    return min(one.own.not_valid_after_utc.timestamp() for one in (loaded.default, *loaded.names.values()))
