"""The series that are asked for when Prometheus asks."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry

from ftpd_service.observe.metrics.sampled import SampledSeries, SampledSources, open_descriptors, started_at
from tests.cases import SynchronousTestCase
from tests.observe.metrics.counted import sources


class SampledTests(SynchronousTestCase):
    """Values of other parts."""

    def value(self, name: str, own: SampledSources | None = None, **labels: str) -> float | None:
        """The value of a series."""
        registry = CollectorRegistry()
        registry.register(SampledSeries(own or sources()))
        return registry.get_sample_value(name, labels)

    def test_versions(self) -> None:
        """They are labels of a series that is always 1."""
        self.assertEqual(self.value("ftpd_build_info", version="1.2.3"), 1)

    def test_what_is_open(self) -> None:
        """Sessions, transfers and bans."""
        names = ("ftpd_sessions", "ftpd_transfers_running", "ftpd_bans")
        self.assertEqual([self.value(name) for name in names], [7, 3, 2])

    def test_digests(self) -> None:
        """Those that were known, and those that were computed."""
        values = [self.value("ftpd_digests_total", source=word) for word in ("kept", "computed")]
        self.assertEqual(values, [6, 1])

    def test_bytes(self) -> None:
        """By direction and protection."""
        name = "ftpd_data_bytes_total"
        values = [self.value(name, direction="upload", protection=word) for word in ("clear", "private")]
        self.assertEqual(values, [10, 20])

    def test_handshakes_of_control_connections(self) -> None:
        """They never resume."""
        name = "ftpd_tls_handshakes_total"
        self.assertEqual(self.value(name, connection="control", version="TLSv1.3", resumed="no"), 5)

    def test_handshakes_of_data_connections(self) -> None:
        """By resumption."""
        name = "ftpd_tls_handshakes_total"
        values = [self.value(name, connection="data", version="TLSv1.3", resumed=word) for word in ("yes", "no")]
        self.assertEqual(values, [4, 1])

    def test_certificate(self) -> None:
        """When it expires; 0 if there is none."""
        name = "ftpd_certificate_expiry_timestamp_seconds"
        self.assertEqual((self.value(name), self.value(name, sources(certificate_ends=lambda: None))), (1.8e9, 0))

    def test_pool(self) -> None:
        """By lane."""
        names = ("threads", "threads_busy", "calls_waiting", "oldest_wait_seconds")
        values = [self.value(f"ftpd_pool_{name}", lane="files") for name in names]
        self.assertEqual(values, [4, 3, 2, 1.5])

    def test_reactor(self) -> None:
        """Its delay now, and the longest."""
        names = ("ftpd_reactor_delay_seconds", "ftpd_reactor_delay_recent_max_seconds")
        self.assertEqual([self.value(name) for name in names], [0.25, 0.5])

    def test_soundness(self) -> None:
        """1, or 0 if something is wrong."""
        unsound = sources(problems=lambda: ("the reactor is late",))
        self.assertEqual((self.value("ftpd_sound"), self.value("ftpd_sound", unsound)), (1, 0))

    def test_process(self) -> None:
        """Processor, memory, descriptors and start."""
        names = ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "start_time_seconds")
        self.assertEqual([name for name in names if not self.value(f"ftpd_process_{name}")], [])

    def test_descriptors_are_counted(self) -> None:
        """One more is one more."""
        before = open_descriptors()
        descriptor = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        self.assertEqual(open_descriptors(), before + 1)

    def test_descriptors_of_an_old_kernel(self) -> None:
        """A folder without a size is listed."""
        folder = self.mktemp()
        os.mkdir(folder)
        self.assertGreaterEqual(open_descriptors(folder), 0)

    def test_no_folder_of_descriptors(self) -> None:
        """Without /proc the value is 0."""
        self.assertEqual(open_descriptors(self.mktemp()), 0)

    def test_start_stays_the_same(self) -> None:
        """Two questions have nearly the same answer."""
        self.assertAlmostEqual(started_at(), started_at(), places=1)
