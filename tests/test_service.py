"""The service as a whole, in memory: start, and certificates."""

from __future__ import annotations

from dataclasses import replace

from twisted.internet.address import IPv4Address

from ftpd_service.auth.settings import AuthSettings, PythonChecker
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.running_service import CannotServe
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.runtime.reactor_delay import EVERY_SECONDS
from ftpd_service.session.settings import ListenerTls
from ftpd_service.succession.open_ports import BACKLOG
from ftpd_service.tls.certificates import LOOK_SECONDS
from ftpd_service.tls.settings import TlsSettings
from tests.memory_service import LISTENER, PORT, ServiceCase
from tests.tls.hands import pair

NEW = "the configuration was read again"
OLD = "the old configuration stays in force"


class StartTests(ServiceCase):
    """From nothing to a service."""

    def test_greets_on_every_listener(self) -> None:
        """Each has its banner's code."""
        other = ListenerSettings(endpoint="tcp:2122:interface=127.0.0.1")
        self.started(self.config(listeners=(LISTENER, other)))
        self.assertEqual([self.client(listener=number).codes() for number in (0, 1)], [[220], [220]])

    def test_ports_are_told(self) -> None:
        """Whoever embeds the service learns where it listens."""
        here = IPv4Address("TCP", "0.0.0.0", PORT)  # what a port of the memory reactor says
        self.assertEqual([port.getHost() for port in self.started().ports], [here])

    def test_ports_are_told_in_the_log(self) -> None:
        """As an operator would type them."""
        self.started()
        for call, arguments, keywords in self.reactor.whenRunningHooks:
            call(*arguments, **keywords)
        self.assertEqual(self.log.count(f"listening on 0.0.0.0:{PORT}"), 1)

    def test_as_many_may_wait_as_the_system_allows(self) -> None:
        """Twisted's 50 places are too few for all sites of an operator at once."""
        self.started()
        self.assertEqual([backlog for _, _, backlog, _ in self.reactor.tcpServers], [BACKLOG])

    def test_port_in_use(self) -> None:
        """The service does not start; the text names the listener."""
        self.reactor.taken.add(PORT)
        problem = self.assertRaises(CannotServe, self.made().privilegedStartService)
        self.assertIn(f"cannot listen on tcp:{PORT}:interface=127.0.0.1:", str(problem))

    def test_checker_that_cannot_be_made(self) -> None:
        """Nothing is made of such a configuration."""
        config = self.config(auth=AuthSettings(checkers=(PythonChecker(path="tests.nowhere:Checker"),)))
        self.assertRaises(PluginProblem, self.made, config)

    def test_warnings_are_logged(self) -> None:
        """With those of ``--check``."""
        self.started(self.config(warnings=("nobody can log in",)))
        self.assertEqual(self.log.count("nobody can log in"), 1)

    def test_login(self) -> None:
        """The account of the configuration, and its password."""
        self.started()
        self.assertEqual(self.client().log_in("alice", "secret"), 230)


class CertificateTests(ServiceCase):
    """Certificates are watched by one watcher, whatever is reloaded."""

    def secured(self, *names: str) -> Config:
        """A configuration with a certificate."""
        settings = TlsSettings(pair=pair(self.mktemp(), *names))
        return self.config(tls=settings, listeners=(replace(LISTENER, tls=ListenerTls.EXPLICIT),))

    def watchers(self) -> int:
        """How many looks at files are due; the measure of the reactor's delay comes more often."""
        now = self.reactor.seconds()
        return sum(EVERY_SECONDS < call.getTime() - now <= LOOK_SECONDS for call in self.reactor.getDelayedCalls())

    def test_reload_leaves_one_watcher(self) -> None:
        """The old one is stopped: it would read files that are no longer named."""
        service = self.started(self.secured("a.example"))
        before = self.watchers()
        for name in ("b.example", "c.example"):
            self.reread(service, self.secured(name))
        self.assertEqual((before, self.watchers()), (1, 1))

    def test_reload_without_certificates_leaves_none(self) -> None:
        """Likewise."""
        service = self.started(self.secured("a.example"))
        self.reread(service, self.config())
        self.assertEqual(self.watchers(), 0)

    def test_bad_certificate_keeps_the_old_one_and_its_watcher(self) -> None:
        """A line; nothing has changed."""
        service = self.started(self.secured("a.example"))
        broken = self.secured("b.example")
        assert broken.tls is not None and broken.tls.pair.private_key is not None
        with open(broken.tls.pair.private_key, "w") as file:
            file.write("no key")
        self.reread(service, broken)
        self.assertEqual((self.watchers(), self.log.count("holds no private key"), self.log.count(OLD)), (1, 1, 1))

    def test_stop_leaves_no_watcher(self) -> None:
        """Nothing of the service stays on the reactor."""
        service = self.started(self.secured("a.example"))
        self.reread(service, self.secured("b.example"))
        self.successResultOf(service.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])
