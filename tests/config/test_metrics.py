"""The section `metrics`: its endpoint, and its mistakes."""

from __future__ import annotations

from ftpd_service.config.differences import changed
from ftpd_service.observe.settings import METRICS_ENDPOINT, MetricsSettings
from tests.config.files import FileTestCase


class MetricsTests(FileTestCase):
    """What a file says of metrics."""

    def wrong(self, endpoint: str) -> str:
        """What is said of a wrong endpoint."""
        problem = self.problem(f"metrics: {{endpoint: '{endpoint}'}}")
        self.assertEqual(problem.path, "metrics.endpoint")
        return problem.text

    def test_absent(self) -> None:
        """There are no metrics."""
        self.assertIsNone(self.loaded("listing: {}").metrics)

    def test_without_an_endpoint(self) -> None:
        """Programs on this host can read them."""
        self.assertEqual(self.loaded("metrics: {}").metrics, MetricsSettings(endpoint=METRICS_ENDPOINT))

    def test_a_socket_of_the_file_system(self) -> None:
        """Any endpoint of Twisted will do."""
        text = "unix:/run/ftpd/metrics.sock:mode=660"
        self.assertEqual(self.loaded(f"metrics: {{endpoint: '{text}'}}").metrics, MetricsSettings(endpoint=text))

    def test_no_endpoint(self) -> None:
        """The reason is told."""
        self.assertIn("Unknown endpoint type: 'tpc'", self.wrong("tpc:9121"))

    def test_no_port(self) -> None:
        """As with listeners."""
        self.assertIn("expected a port from 0 to 65535", self.wrong("tcp:99999"))

    def test_behind_a_proxy(self) -> None:
        """No page asks for the client's address."""
        self.assertIn("without haproxy:", self.wrong("haproxy:tcp:9121"))

    def test_a_missing_key(self) -> None:
        """The file is named."""
        text = self.wrong("ssl:9121:privateKey=/nowhere.key:certKey=/nowhere.pem")
        self.assertIn("(/nowhere.pem: No such file or directory)", text)

    def test_the_port_of_a_listener(self) -> None:
        """One of the two could not open."""
        problem = self.problem("listeners: [{endpoint: 'tcp:2121'}]\nmetrics: {endpoint: 'tcp:2121'}\n")
        self.assertEqual((problem.line, problem.path), (2, "metrics.endpoint"))
        self.assertEqual(problem.text, "the port and address of listeners[0]: choose another port")

    def test_the_same_port_at_another_address(self) -> None:
        """Both open."""
        one, other = "tcp:2121:interface=127.0.0.1", "tcp:2121:interface=127.0.0.2"
        text = f"listeners: [{{endpoint: '{one}'}}]\nmetrics: {{endpoint: '{other}'}}\n"
        self.assertEqual(self.loaded(text).metrics, MetricsSettings(endpoint=other))

    def test_a_reload_tells_that_they_come_and_go(self) -> None:
        """In one line."""
        without, with_metrics = self.loaded("listing: {}"), self.loaded("metrics: {endpoint: 'tcp:9199'}")
        self.assertEqual(changed(without, with_metrics), ("metrics is new",))
        self.assertEqual(changed(with_metrics, without), ("metrics is gone",))

    def test_a_reload_tells_that_they_move(self) -> None:
        """With both endpoints."""
        before, after = self.loaded("metrics: {endpoint: 'tcp:9199'}"), self.loaded("metrics: {endpoint: 'tcp:9200'}")
        self.assertEqual(changed(before, after), ("metrics.endpoint is tcp:9200, was tcp:9199",))
