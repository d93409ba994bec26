"""The metrics as a part of a service: they start, move and end with the configuration."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred

from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.events import CommandFinished
from ftpd_service.metrics_part import MetricsPart
from ftpd_service.observe.settings import MetricsSettings
from ftpd_service.running_service import CannotServe, ServiceState
from ftpd_service.service import FtpService
from ftpd_service.testing.dialogue import MemoryTransport
from tests.memory_service import PORT, Client, ServiceCase

METRICS_PORT, OTHER_PORT = 9121, 9122


class MetricsCase(ServiceCase):
    """A service with metrics."""

    def with_metrics(self, port: int = METRICS_PORT, **settings: Any) -> Config:  # Any: as `Config` takes
        """A configuration with metrics at a port."""
        return self.config(metrics=MetricsSettings(endpoint=f"tcp:{port}:interface=127.0.0.1"), **settings)

    def client(self, **where: Any) -> Client:  # Any: as `Client` takes
        """A control connection; the ports of metrics open before those of FTP."""
        ports = [port for port, _, _, _ in self.reactor.tcpServers]
        return super().client(listener=ports.index(PORT), **where)

    def page(self, path: str = "/metrics", port: int = METRICS_PORT) -> str:
        """The answer at a port, with its first line."""
        factory = next(factory for number, factory, _, _ in self.reactor.tcpServers if number == port)
        here = IPv4Address("TCP", "127.0.0.1", port)
        transport = MemoryTransport(here, here)
        protocol = factory.buildProtocol(here)
        assert protocol is not None
        protocol.makeConnection(transport)
        protocol.dataReceived(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.reactor.advance(1)
        return transport.written().decode()

    def value(self, series: str, *, port: int = METRICS_PORT) -> float:
        """The value of a series, with its labels as the page has them."""
        return float(
            next(line for line in self.page(port=port).splitlines() if line.startswith(f"{series} ")).split()[-1]
        )

    def serving(self, config: Config) -> FtpService:
        """A service whose reactor runs."""
        service = self.started(config)
        for call, arguments, keywords in self.reactor.whenRunningHooks:
            call(*arguments, **keywords)
        return service

    @property
    def ports(self) -> list[int]:
        """The ports that are open."""
        return [port for port, _, _, _ in self.reactor.tcpServers if port not in self.reactor.closed]


class StartTests(MetricsCase):
    """A service begins."""

    def test_without_the_key_there_is_no_port(self) -> None:
        """Metrics are asked for."""
        self.started()
        self.assertEqual(len(self.ports), 1)

    def test_without_the_key_no_command_is_timed(self) -> None:
        """Nothing is counted, so no event of a command is made."""
        self.assertFalse(self.made().kept.publisher.observers[-1].wants(CommandFinished))

    def test_the_port_opens(self) -> None:
        """With those of FTP."""
        self.started(self.with_metrics())
        self.assertIn(METRICS_PORT, self.ports)

    def test_a_port_in_use(self) -> None:
        """The service does not start; the text names the endpoint, and the key is known."""
        self.reactor.taken.add(METRICS_PORT)
        problem = self.assertRaises(CannotServe, self.made(self.with_metrics()).privilegedStartService)
        self.assertIn("cannot listen on tcp:9121:interface=127.0.0.1: Address already in use", str(problem))
        self.assertEqual(problem.where, ("metrics", "endpoint"))

    def test_commands_are_counted(self) -> None:
        """From the first on."""
        self.serving(self.with_metrics())
        client = self.client()
        client.log_in("alice", "secret")
        client.say("NOOP", "NOOP")
        self.assertEqual(self.value('ftpd_commands_total{code="200",verb="NOOP"}'), 2)
        self.assertEqual(self.value('ftpd_logins_total{checker="accounts",outcome="accepted"}'), 1)

    def test_sessions_are_counted(self) -> None:
        """Those that are open, and all that have begun."""
        self.serving(self.with_metrics())
        first, _ = self.client(), self.client()
        first.lose()
        self.assertEqual((self.value("ftpd_sessions"), self.value("ftpd_sessions_started_total")), (1, 2))


class ReadyTests(MetricsCase):
    """Whether new sessions may come."""

    def test_starting(self) -> None:
        """The reactor does not run yet."""
        self.started(self.with_metrics())
        self.assertIn("503 Service Unavailable", self.page("/readyz"))
        self.assertIn("the service is starting", self.page("/readyz"))

    def test_serving(self) -> None:
        """It is ready."""
        self.serving(self.with_metrics())
        self.assertIn("200 OK", self.page("/readyz"))

    def test_draining(self) -> None:
        """The page stays to say so."""
        service = self.serving(self.with_metrics())
        self.client().log_in("alice", "secret")
        service.drain(keep_listening=True)
        self.assertIs(service.state, ServiceState.DRAINING)
        self.assertIn("the service is draining", self.page("/readyz"))
        self.assertIn("200 OK", self.page("/healthz"))

    def test_unsound(self) -> None:
        """The reasons of the watchdog are told."""
        service = self.serving(self.with_metrics())
        self.patch(service.kept.health, "problems", lambda: ("the reactor is 9.0 s late",))
        self.assertIn("503 Service Unavailable", self.page("/readyz"))
        self.assertIn("the reactor is 9.0 s late", self.page("/readyz"))


class ReloadTests(MetricsCase):
    """The configuration is read again."""

    def test_metrics_are_added(self) -> None:
        """The port opens, and later sessions are counted."""
        service = self.serving(self.config())
        self.reread(service, self.with_metrics())
        self.client().say("NOOP")
        self.assertEqual(self.value('ftpd_commands_total{code="200",verb="NOOP"}'), 1)

    def test_metrics_are_removed(self) -> None:
        """The port closes."""
        service = self.serving(self.with_metrics())
        self.reread(service, self.config())
        self.assertEqual(self.reactor.closed, [METRICS_PORT])

    def test_metrics_move(self) -> None:
        """The new port opens, the old one closes, and the counts go on."""
        service = self.serving(self.with_metrics())
        self.client()
        self.reread(service, self.with_metrics(OTHER_PORT))
        self.assertEqual((self.reactor.closed, OTHER_PORT in self.ports), ([METRICS_PORT], True))
        self.assertEqual(self.value("ftpd_sessions_started_total", port=OTHER_PORT), 1)

    def test_metrics_stay(self) -> None:
        """The same port stays open, and no other is opened."""
        service = self.serving(self.with_metrics())
        self.reread(service, self.with_metrics(warnings=("another",)))
        self.assertEqual((self.reactor.closed, self.ports.count(METRICS_PORT)), ([], 1))

    def test_metrics_stay_in_other_words(self) -> None:
        """Two ports cannot be open at one place."""
        service = self.serving(self.with_metrics())
        self.reactor.taken.add(METRICS_PORT)
        settings = MetricsSettings(endpoint=f"tcp:port={METRICS_PORT}:interface=127.0.0.1")
        self.reread(service, self.config(metrics=settings))
        self.assertEqual((self.log.count("cannot listen"), self.reactor.closed), (0, []))

    def test_a_port_in_use(self) -> None:
        """A line says so, and nothing changes."""
        service = self.serving(self.with_metrics())
        self.reactor.taken.add(OTHER_PORT)
        self.reread(service, self.with_metrics(OTHER_PORT))
        self.assertEqual((self.reactor.closed, self.log.count("cannot listen on tcp:9122")), ([], 1))
        self.assertIn("200 OK", self.page())

    def test_another_mistake_closes_the_new_port(self) -> None:
        """All parts change, or none."""
        service = self.serving(self.with_metrics())
        self.reactor.taken.add(2199)
        other = self.with_metrics(OTHER_PORT, listeners=(ListenerSettings(endpoint="tcp:2199:interface=127.0.0.1"),))
        self.reread(service, other)
        self.assertEqual(self.reactor.closed, [OTHER_PORT])
        self.assertIn("200 OK", self.page())

    def test_the_old_counts_come_back(self) -> None:
        """A reload that removes the metrics forgets nothing."""
        service = self.serving(self.with_metrics())
        self.client()
        self.reread(service, self.config())
        self.reread(service, self.with_metrics(OTHER_PORT))
        self.assertEqual(self.value("ftpd_sessions_started_total", port=OTHER_PORT), 1)


class StopTests(MetricsCase):
    """The service ends."""

    def test_the_port_closes_last(self) -> None:
        """Until then it tells of the drain."""
        service = self.serving(self.with_metrics())
        self.successResultOf(service.stopService())
        self.assertEqual(self.reactor.closed[-1], METRICS_PORT)

    def test_a_part_that_never_started(self) -> None:
        """It has nothing to close."""
        service = self.made(self.with_metrics())
        part = next(one for one in service.kept.publisher.observers if isinstance(one, MetricsPart))
        self.successResultOf(Deferred.fromCoroutine(part.stop()))
