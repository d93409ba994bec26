"""The service that twistd runs: opens the ports, takes the signals, drains, and reads the configuration again.

What the ports serve is a `Graph`; a reload makes a new one.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IDelayedCall, IListeningPort, IProtocolFactory
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.auth.hashing import Hashing
from ftpd_service.config.changes import changed
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.control.factory import ControlFactory
from ftpd_service.control.proxied import ProxiedFactory
from ftpd_service.data.pace import Pacing
from ftpd_service.graph import Graph, Kept
from ftpd_service.observe.memory import Crowds, give_back, memory_for_hashes, trim
from ftpd_service.observe.names import escaped
from ftpd_service.policy.connections import Connections
from ftpd_service.policy.throttles import Throttles, ThrottleSettings
from ftpd_service.runtime.pool import BlockingPool, processors
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.settings import ListenerTls
from ftpd_service.systemd import Notifier
from ftpd_service.tls.certificates import Proved, proved
from ftpd_service.values import Peer

_log = Logger(namespace="ftpd")

BEHIND_SECONDS = 1.0
"""How long after half of a crowd memory is given back: the other half mostly goes right behind."""

HUNG_SECONDS = 2.0
"""How long sessions that were cut off at the deadline may take to end."""

_PROXIED = "haproxy:"
"""Endpoints on which a load balancer sends the PROXY header; ours reads it, as Twisted's greets too early."""


_YOUNG_OBJECTS = 2_000
"""So many more objects than before make the collector look.

More than a page of a listing, which comes and goes as a whole.  It counts objects and not what OpenSSL holds for them:
crowds of 500 half-open handshakes leave as much as with 1,000 (measured), and left 40 MB more with 5,000.
"""


class CannotStart(SystemExit, Exception):
    """The service cannot start; the text is all that an operator sees.

    As a SystemExit it ends the process with one line and status 1 instead of a traceback; as an Exception it reaches
    twistd's own handling, which removes the PID file and tells the waiting parent of a daemon.
    """

    def __init__(self, text: str) -> None:
        super().__init__(1)
        self._text = text

    def __str__(self) -> str:
        return self._text


def _cannot_start(listener: ListenerSettings, reason: str) -> CannotStart:
    """Say that a port cannot be opened: in the log, and on the terminal."""
    text = f"ftpd: cannot listen on {listener.endpoint}: {reason}"
    _log.critical("{text}", text=text)
    # Not sys.stderr: twistd has turned that into its log.
    if sys.__stderr__ is not None:
        sys.__stderr__.write(f"{text}\n")
    return CannotStart(text)


def _pool_is_crowded(waiting: int) -> None:
    _log.warn("all threads wait for disks, and {waiting} calls wait for a thread", waiting=waiting)


def _calm_collector() -> None:
    """Have the collector of cycles look less often, and never again at what stays for good.

    Nearly all of a session is freed by its reference counts; looking cost a tenth of a listing's time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 10, 10)


class FtpService(Service):
    """The service that twistd runs; making it reads the certificates, which may raise CertificateProblem.

    :param reload: reads the configuration anew at SIGHUP, or None where there is no file.
    """

    name = "ftpd"

    def __init__(self, config: Config, reload: Callable[[], Config] | None, reactor: PosixReactorBase) -> None:
        self._config = config
        self._reload = reload
        self._reactor = reactor
        limits = config.limits
        self._trimming: IDelayedCall | None = None
        pool = BlockingPool(reactor, crowded=_pool_is_crowded)
        self._kept = Kept(
            reactor=reactor,
            pool=pool,
            hashing=Hashing(
                pool.hashes,
                interpreted=pool.service,
                processors=processors(),
                budget_bytes=memory_for_hashes(),
                rested=self._rested,
            ),
            crowds=Crowds(lambda: reactor.callLater(BEHIND_SECONDS, self._give_back)),
            connections=Connections(limits.sessions, limits.sessions_per_host),
            pacing=Pacing(Throttles(ThrottleSettings()), reactor, processors=processors()),
        )
        self._graph = Graph(config, self._kept, _proved(config))
        self._kept.pacing.change(self._graph.rates(config.listeners))
        self._notifier = Notifier(os.environ)
        self._factories: list[ControlFactory] = []
        self._ports: list[IListeningPort] = []
        self._stopping = False

    def _rested(self) -> None:
        """Hashes have gone: have their memory given back, unless more of them come right behind."""
        if self._trimming is None or not self._trimming.active():
            self._trimming = self._reactor.callLater(BEHIND_SECONDS, self._trim)

    def _trim(self) -> None:
        Deferred.fromCoroutine(self._kept.pool.service(trim))

    def _give_back(self) -> None:
        Deferred.fromCoroutine(self._kept.pool.service(give_back))

    @property
    def ports(self) -> tuple[IListeningPort, ...]:
        """The ports that are listened on, in the order of the configuration."""
        return tuple(self._ports)

    def privilegedStartService(self) -> None:
        """Open all ports, while the process may still open those below 1024.

        :raises CannotStart: one cannot be opened.
        """
        Service.privilegedStartService(self)
        for listener in self._config.listeners:
            self._listen(listener)

    def _listen(self, listener: ListenerSettings) -> None:
        factory = ControlFactory(
            self._graph.shared,
            partial(self._open_session, listener),
            listener=listener.endpoint,
            implicit=lambda: self._graph.listener(listener).tls is ListenerTls.IMPLICIT,
        )
        failures: list[Failure] = []
        accepting: IProtocolFactory = factory
        if listener.endpoint.startswith(_PROXIED):
            seconds = self._config.control.login_seconds
            accepting = ProxiedFactory(
                factory,
                clock=self._reactor,
                header_seconds=seconds,
                emit=lambda event: self._graph.shared.emit(event),
            )
        try:
            endpoint = serverFromString(self._reactor, listener.endpoint.removeprefix(_PROXIED))
        except LookupError as missing:
            raise _cannot_start(listener, "systemd has handed over no such socket") from missing
        opened: Deferred[IListeningPort] = endpoint.listen(accepting)
        opened.addCallbacks(self._ports.append, failures.append)
        if failures:
            raise _cannot_start(listener, failures[0].getErrorMessage())
        self._factories.append(factory)

    def _open_session(self, listener: ListenerSettings, peer: Peer) -> SessionParts:
        return self._graph.open_session(listener, peer)

    def startService(self) -> None:
        """Take the signals, and say READY once the reactor runs."""
        Service.startService(self)
        _calm_collector()
        for warning in self._config.warnings:
            _log.warn("{warning}", warning=warning)
        if self._graph.certificates is not None:
            self._graph.certificates.start()
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._on_hup)
        self._reactor.callWhenRunning(self._running)

    def _running(self) -> None:
        # Only now: the reactor installs its own handlers as it starts, and those make the exit status 143.
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGINT, self._on_term)
        for port in self._ports:
            _log.info("listening on {address}", address=port.getHost())
        self._notifier.send(ready="1", status="serving")

    def _on_term(self, number: int, frame: object) -> None:
        self._reactor.callFromThread(self._terminate)

    def _terminate(self) -> None:
        """The first signal stops in order, a second one at once."""
        if self._stopping:
            self._drop_all()
            return
        self._stopping = True
        _log.info("stopping: running transfers get {seconds:.0f} s", seconds=self._config.limits.drain_seconds)
        self._reactor.stop()

    def stopService(self) -> Deferred[None]:
        """Close the ports, tell idle sessions 421, let running transfers end until the deadline."""
        Service.stopService(self)
        if self._graph.certificates is not None:
            self._graph.certificates.stop()
        self._notifier.send(stopping="1", status="draining")
        return Deferred.fromCoroutine(self._drain())

    async def _drain(self) -> None:
        for port in self._ports:
            closed = port.stopListening()
            if closed is not None:
                await closed
        over: Deferred[None] = Deferred()

        def ended(result: object) -> None:
            if not over.called:
                over.callback(None)

        DeferredList([factory.drain() for factory in self._factories]).addBoth(ended)
        seconds = self._config.limits.drain_seconds
        timers = (
            self._reactor.callLater(seconds, self._drop_all),
            self._reactor.callLater(seconds + HUNG_SECONDS, self._leave_behind, ended),
        )
        await over
        for timer in timers:
            if timer.active():
                timer.cancel()
        self._tell_resumptions()

    def _drop_all(self) -> None:
        for factory in self._factories:
            factory.drop_all()

    def _leave_behind(self, ended: Callable[[object], None]) -> None:
        """Wait no longer for sessions whose call on a disk hangs: their threads end with the process."""
        count = len(self._kept.sessions)
        _log.warn("{count} sessions wait for a disk that does not answer: they are left behind", count=count)
        ended(None)

    def _on_hup(self, number: int, frame: object) -> None:
        self._reactor.callFromThread(self.reread)

    def reread(self) -> Deferred[None]:
        """Read the configuration again; one with a mistake changes nothing."""
        done: Deferred[None] = Deferred.fromCoroutine(self._reread())
        return done.addErrback(lambda failure: _log.failure("the configuration could not be applied", failure))

    async def _reread(self) -> None:
        self._tell_resumptions()
        if self._reload is None:
            _log.info("SIGHUP: there is no configuration file to read again")
            return
        try:
            config = await self._kept.pool.service(self._reload)
            graph = Graph(config, self._kept, await self._kept.pool.service(partial(_proved, config)))
        except (ConfigError, ValueError) as problem:
            lines = problem.lines() if isinstance(problem, ConfigError) else [str(problem)]
            for line in lines:
                _log.error("{line}", line=line)
            _log.error("the old configuration stays in force")
            return
        for difference in changed(self._config, config):
            _log.info("{difference}", difference=difference)
        self._watch_instead(graph)
        # The ports stay those of the start, so a later reload still says that they differ.
        opened = tuple(graph.listener(listener) for listener in self._config.listeners)
        self._config, self._graph = replace(config, listeners=opened), graph
        self._kept.connections.change(config.limits.sessions, config.limits.sessions_per_host)
        self._kept.pacing.change(graph.rates(self._config.listeners))
        for factory in self._factories:
            factory.use(graph.shared)
        _log.info("the configuration was read again")

    def _tell_resumptions(self) -> None:
        """Say which accounts ``data_resumption: required`` would refuse."""
        text = escaped(self._kept.resumptions.text())
        if text:
            _log.info("{text}", text=text)

    def _watch_instead(self, graph: Graph) -> None:
        """Watch the certificates of a new graph, and those of the old one no longer."""
        if self._graph.certificates is not None:
            self._graph.certificates.stop()
        if graph.certificates is not None and self.running:
            graph.certificates.start()


def _proved(config: Config) -> Proved | None:
    """The certificates of a configuration.

    :raises CertificateProblem: one cannot be used.
    """
    return None if config.tls is None else proved(config.tls)
