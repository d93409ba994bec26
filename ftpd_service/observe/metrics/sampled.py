"""The series whose values other parts already keep: they are asked when Prometheus asks."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PROTECTION = {False: "clear", True: "private"}
RESUMED = {False: "no", True: "yes"}
DIGEST_SOURCES = ("kept", "computed")
CONTROL, DATA = "control", "data"
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class SampledLane(Protocol):
    """The state of a lane of the pool; see `ftpd_service.runtime.lane.LaneState`."""

    @property
    def threads(self) -> int:
        """The number of threads."""

    @property
    def busy(self) -> int:
        """The number of threads with a call."""

    @property
    def waiting(self) -> int:
        """The number of queued calls."""

    @property
    def oldest_seconds(self) -> float:
        """The time for which the oldest queued call has waited for a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledSources:
    """The functions that return the values."""

    versions: Mapping[str, str]
    """The version of this package and of the software below it, by name."""
    sessions: Callable[[], int]
    transfers: Callable[[], int]
    moved: Callable[[], Mapping[tuple[str, bool], int]]
    """The bytes on data connections, by direction and by whether TLS protected them."""
    control_handshakes: Callable[[], Mapping[str, int]]
    """By version."""
    data_handshakes: Callable[[], Mapping[tuple[str, bool], int]]
    """By version, and by whether they resumed."""
    lanes: Callable[[], Mapping[str, SampledLane]]
    delays: Callable[[], tuple[float, float]]
    """The reactor's delay, and the longest of the last ten seconds or a little more, in seconds."""
    problems: Callable[[], Sequence[str]]
    """The reasons why the process is unsound."""
    bans: Callable[[], int]
    digests: Callable[[], tuple[int, int]]
    """How many digests of whole files were known, and how many had to be computed."""
    outbox: Callable[[], tuple[int, float]]
    """The number of rows of the outbox, and for how long the oldest that waits for delivery has waited, in seconds."""
    refresh: Callable[[], Awaitable[None]]
    """Gets values that have to be asked for; it is called before all others, and takes a bounded time."""
    certificate_ends: Callable[[], float | None]
    """When the first of the certificates expires, in seconds since 1970; None without a certificate."""


class SampledSeries(Collector):
    """The collector of these series."""

    def __init__(self, sources: SampledSources) -> None:
        self._sources = sources
        self._started = started_at()

    def describe(self) -> Iterator[Metric]:
        """Return nothing: the names of these series are known to be free."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Ask for all values."""
        sources = self._sources
        build = GaugeMetricFamily("ftpd_build_info", "Always 1; the labels are versions.", labels=[*sources.versions])
        build.add_metric([*sources.versions.values()], 1)
        yield build
        yield GaugeMetricFamily("ftpd_sessions", "Sessions that are open.", value=sources.sessions())
        yield GaugeMetricFamily(
            "ftpd_transfers_running", "Transfers that run, listings included.", value=sources.transfers()
        )
        yield GaugeMetricFamily("ftpd_bans", "Bans in force.", value=sources.bans())
        asked = CounterMetricFamily("ftpd_digests", "Digests of whole files.", labels=["source"])
        for source, count in zip(DIGEST_SOURCES, sources.digests(), strict=True):
            asked.add_metric([source], count)
        yield asked
        rows, oldest = sources.outbox()
        yield GaugeMetricFamily(
            "ftpd_outbox_events", "Events that wait for delivery or are dead letters, for each rule.", value=rows
        )
        yield GaugeMetricFamily(
            "ftpd_outbox_oldest_event_seconds", "For how long the oldest event waits for delivery.", value=oldest
        )
        yield from self._bytes_and_tls()
        yield from self._health()
        yield from _process(self._started)

    def _bytes_and_tls(self) -> Iterator[Metric]:
        sources = self._sources
        moved = CounterMetricFamily(
            "ftpd_data_bytes",
            "Bytes of files and listings on data connections, counted while they move.",
            labels=["direction", "protection"],
        )
        for (direction, protected), count in sources.moved().items():
            moved.add_metric([direction, PROTECTION[protected]], count)
        yield moved
        shaken = CounterMetricFamily(
            "ftpd_tls_handshakes", "TLS handshakes that succeeded.", labels=["connection", "version", "resumed"]
        )
        for version, count in sources.control_handshakes().items():
            shaken.add_metric([CONTROL, version, RESUMED[False]], count)
        for (version, again), count in sources.data_handshakes().items():
            shaken.add_metric([DATA, version, RESUMED[again]], count)
        yield shaken
        ends = sources.certificate_ends()
        yield GaugeMetricFamily(
            "ftpd_certificate_expiry_timestamp_seconds",
            "When the first of the certificates expires; 0 without a certificate.",
            value=ends or 0.0,
        )

    def _health(self) -> Iterator[Metric]:
        sources = self._sources
        threads = GaugeMetricFamily("ftpd_pool_threads", "Threads of a lane of the pool.", labels=["lane"])
        busy = GaugeMetricFamily("ftpd_pool_threads_busy", "Threads of a lane that have a call.", labels=["lane"])
        waiting = GaugeMetricFamily("ftpd_pool_calls_waiting", "Calls that wait for a thread.", labels=["lane"])
        oldest = GaugeMetricFamily(
            "ftpd_pool_oldest_wait_seconds",
            "The time for which the oldest call has waited while all threads are at work.",
            labels=["lane"],
        )
        for name, lane in sources.lanes().items():
            threads.add_metric([name], lane.threads)
            busy.add_metric([name], lane.busy)
            waiting.add_metric([name], lane.waiting)
            oldest.add_metric([name], lane.oldest_seconds)
        yield from (threads, busy, waiting, oldest)
        current, worst = sources.delays()
        yield GaugeMetricFamily("ftpd_reactor_delay_seconds", "How late the reactor's timed calls are.", value=current)
        yield GaugeMetricFamily(
            "ftpd_reactor_delay_recent_max_seconds", "The longest delay of the last 10 to 20 seconds.", value=worst
        )
        yield GaugeMetricFamily(
            "ftpd_sound", "1, or 0 while a limit of service.watchdog is exceeded.", value=0 if sources.problems() else 1
        )


def _process(started: float) -> Iterator[Metric]:
    """Yield the series of the process.

    The collector of prometheus-client reads the folder of all open files, which takes milliseconds with many sessions.
    """
    yield CounterMetricFamily(
        "ftpd_process_cpu_seconds", "Time of processors that the process has used.", value=time.process_time()
    )
    pages = _words("/proc/self/statm")
    yield GaugeMetricFamily(
        "ftpd_process_resident_memory_bytes",
        "Memory of the process that is not swapped out.",
        value=int(pages[1]) * resource.getpagesize() if len(pages) > 1 else 0,
    )
    yield GaugeMetricFamily("ftpd_process_open_fds", "Open file descriptors.", value=open_descriptors())
    yield GaugeMetricFamily(
        "ftpd_process_max_fds",
        "The most file descriptors that the process may open.",
        value=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    )
    yield GaugeMetricFamily(
        "ftpd_process_start_time_seconds", "When the process started, in seconds since 1970.", value=started
    )


def open_descriptors(folder: str = "/proc/self/fd") -> int:
    """Return the number of open file descriptors.

    Linux 6.2 and newer say it as the size of the folder; older kernels list it, at 10 ms for 20,000 descriptors.
    """
    try:
        return os.stat(folder).st_size or len(os.listdir(folder))
    except OSError:
        return 0


def _words(path: str) -> list[bytes]:
    try:
        with open(path, "rb") as file:
            return file.read().split()
    except OSError:
        return []


def started_at() -> float:
    """Return when the process started, by the kernel; 0 if it does not tell."""
    try:
        with open("/proc/self/stat", "rb") as file:
            # The name of the program, which may contain blanks, ends with the last bracket.
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + ticks / _CLOCK_TICKS
    except (OSError, IndexError, ValueError):
        return 0.0
