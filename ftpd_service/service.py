"""The service: it starts and stops in order, reloads, and drains.

``graph/in_force.py`` has the configuration in force and the objects that sessions get.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredLock, fail, succeed
from twisted.internet.interfaces import IListeningPort
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.audit_part import AuditPart
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.control.factory import ControlFactory
from ftpd_service.draining import Draining
from ftpd_service.graph.in_force import InForce
from ftpd_service.graph.kept import Kept
from ftpd_service.graph.prepared import prepare
from ftpd_service.interfaces import IObserver, T
from ftpd_service.listening import Listening, place_of
from ftpd_service.log_part import LogPart
from ftpd_service.reload import MISTAKES, Reloading, lines_of
from ftpd_service.running_service import CannotServe, CannotUpgrade, IRunningService, ReloadResult, ServiceState
from ftpd_service.runtime.stepping import answered
from ftpd_service.service_parts import AttachedPart, ServiceParts, attached_logs, attached_parts
from ftpd_service.succession.descriptor_store import DescriptorStore
from ftpd_service.succession.last_sessions import LastSessions
from ftpd_service.succession.open_ports import OpenPorts
from ftpd_service.succession.predecessor import Predecessor, PredecessorGone, sockets_at_start
from ftpd_service.systemd import Notifier
from ftpd_service.systemd_states import ServiceFigures, SystemdStates
from ftpd_service.tls.loading import Loaded

_log = Logger(namespace="ftpd")


async def _at_once(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
    """Make a call at the start, where no reactor runs."""
    return call()


def _cannot_upgrade() -> Deferred[int]:
    reason = "only a service that twistd or 'ftpd-service serve' runs can replace its process"
    _log.error("upgrade refused: {reason}", reason=reason)
    return fail(CannotUpgrade(reason))


@implementer(IRunningService)
class FtpService(Service):
    """The service: it opens the ports, serves, and stops in order.  ``signals.py`` deals with the process.

    The constructor reads the certificates and makes the checkers, so it may raise CertificateProblem and PluginProblem.

    :param reload: reads the configuration again for `reload`, or None if there is no file.
    :param notifier: tells systemd the states; None means that nothing is told.
    :param log: the log; None means that `twisted.logger` gets the events, unless the configuration names a place.
    :param observers: get each event after the log, also after a reload.
    :param predecessor: the process that this process replaces, if there is one.
    :ivar leave: ends the process after a drain that no signal has asked for; by default only the service stops.
    :ivar upgrade: replaces the process, see `IRunningService`; by default that is refused.
    :ivar reopen_files: opens the files of all logs anew, and returns their number.
    :ivar open_ports: opens and closes the ports of all parts of the service.
    :ivar changing: as in `ServiceParts`.
    :ivar state: as in `IRunningService`.
    :ivar started: likewise.
    """

    name = "ftpd"

    def __init__(
        self,
        config: Config,
        reload: Callable[[], Config] | None,
        reactor: PosixReactorBase,
        *,
        notifier: Notifier | None = None,
        log: LogPart | None = None,
        observers: Iterable[IObserver] = (),
        predecessor: Predecessor | None = None,
    ) -> None:
        self.state = ServiceState.STARTING
        self.started = time.time()
        self.leave: Callable[[], object] = self.stopService
        self._reactor = reactor
        prepared = prepare(config)
        self._start_warnings = prepared.warnings
        self._notifier = Notifier({}) if notifier is None else notifier
        self._predecessor = predecessor
        self.upgrade: Callable[[], Deferred[int]] = _cannot_upgrade
        self.open_ports = OpenPorts(
            reactor,
            given=sockets_at_start(predecessor),
            store=DescriptorStore(self._notifier),
            accepting=predecessor is None,
        )
        log = LogPart(config.logging) if log is None else log
        audit = AuditPart(lambda: self.kept.sessions, reactor, owner=log.owner)
        attached = attached_parts(self, reactor, self.open_ports, config=config, successor=predecessor is not None)
        self._parts = ServiceParts((*attached_logs(log, audit), *attached))
        self.reopen_files = self._parts.reopen_files
        self.changing = self._parts.changing
        self._in_force = InForce(
            prepared,
            reactor,
            log=log.events,
            observers=(*observers, *self._parts.observers),
            unrecorded=audit.refusal,
            listeners=self._open_listeners,
        )
        self._listening = Listening(
            reactor,
            self.open_ports,
            emit=self._in_force.emit,
            factory=self._in_force.factory,
            rules=self._in_force.header_rules,
        )
        self._parts.add_last(AttachedPart(self._listening, lambda config: config.listeners))
        self._draining = Draining(self._factories, reactor)
        self._systemd = SystemdStates(
            self._notifier, reactor, figures=self._figures, problems=self.kept.health.problems
        )
        self._last_sessions = LastSessions(lambda: sum(map(len, self._factories())), lambda: self.leave(), reactor)
        self._stopping = DeferredLock()
        self._stopped = False
        self._rights = os.geteuid()
        self._read = reload
        self._reloading: Reloading | None = None
        if reload is not None:
            self._reloading = Reloading(
                reload,
                self._in_force,
                self._parts,
                applied=self._share_anew,
                stopping=lambda: self.state is ServiceState.DRAINING,
                hint=self._hint,
                watcher=self._systemd,
            )

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._in_force.config

    def attach(self, attached: AttachedPart) -> None:
        """Add a part that starts, changes and stops with the service; only before the start."""
        self._parts.add_first(attached)

    @property
    def kept(self) -> Kept:
        """The objects that outlive a reload."""
        return self._in_force.kept

    @property
    def certificates(self) -> Loaded | None:
        """The certificates in force, or None without TLS."""
        certificates = self._in_force.graph.certificates
        return None if certificates is None else certificates.loaded

    def _open_listeners(self) -> tuple[ListenerSettings, ...]:
        return tuple(listener.settings for listener in self._listening.with_sessions)

    def _factories(self) -> list[ControlFactory]:
        return [listener.factory for listener in self._listening.with_sessions]

    @property
    def ports(self) -> tuple[IListeningPort, ...]:
        """Return the open ports, in the order of the configuration."""
        return tuple(listener.port for listener in self._listening.listeners)

    # Start

    def privilegedStartService(self) -> None:
        """Open all ports, while the process may still open ports below 1024.

        :raises CannotServe: a port cannot be opened.
        """
        Service.privilegedStartService(self)
        if self._predecessor is not None:
            self._predecessor.starting()
        answered(self._parts.prepare(self._in_force.config, _at_once))
        if self._predecessor is None:
            self._parts.commit()

    def startService(self) -> None:
        """Watch the certificates, and send READY once the reactor runs.

        :raises CannotServe: the configuration cannot be read with the process's current rights.
        """
        self._try_to_read()
        Service.startService(self)
        for warning in (*self._in_force.config.warnings, *self._start_warnings):
            # A field named "warning" would make trial report the event as a warning of Python.
            _log.warn("{text}", text=warning)
        self._in_force.start()
        self._reactor.callWhenRunning(self._running)

    def _try_to_read(self) -> None:
        """Read all files with the remaining rights, if the process has given up rights since the start.

        Otherwise the service would start, but could never reload a certificate or the configuration.
        """
        if self._read is None or os.geteuid() == self._rights:
            return
        try:
            prepare(self._read())
        except MISTAKES as mistake:
            raise CannotServe(f"{'; '.join(lines_of(mistake))} ({self._hint()})") from mistake

    def _hint(self) -> str:
        if os.geteuid() == self._rights:
            return ""
        return (
            f"the process has given up its first rights and runs with the user id {os.geteuid()}, which must be able to"
            " read the configuration and every file that is named in it"
        )

    def _running(self) -> None:
        if self._predecessor is None:
            self._serve()
        else:
            Deferred.fromCoroutine(self._succeed(self._predecessor))

    async def _succeed(self, predecessor: Predecessor) -> None:
        """Serve once the older process says so; everything that can fail has succeeded by then."""
        try:
            await predecessor.turn(self._reactor)
        except PredecessorGone as gone:
            _log.error("{reason}: this process ends", reason=str(gone))
            self.leave()
            return
        self._parts.commit()
        self._notifier.speak()
        self._serve()
        await self.kept.pool.service(predecessor.take_place)
        predecessor.serving()

    def _serve(self) -> None:
        self.open_ports.begin()
        for port in self.ports:
            _log.info("listening on {address}", address=place_of(port))
        self._change(ServiceState.SERVING)
        self.kept.hooks.deliver(successor=self._predecessor is not None)

    def _change(self, state: ServiceState) -> None:
        if self.state is not state:
            self.state = state
            self._systemd.state_changed(state)

    def _figures(self) -> ServiceFigures:
        return ServiceFigures(
            sessions=len(self.kept.sessions),
            transfers=self.kept.load.running,
            reactor_delay_seconds=self.kept.health.delay.worst,
            drain_seconds=self._draining.seconds_left,
        )

    # Reload

    def reload(self, *, dry_run: bool = False) -> Deferred[ReloadResult]:
        """Read the configuration again, and apply all of it or nothing; see `IRunningService`."""
        if self._reloading is None:
            _log.info("no reload: there is no configuration file to reload")
            return succeed(ReloadResult(mistakes=("there is no configuration file to reload",)))
        if dry_run:
            return self._reloading.attempt()
        self._in_force.tell_resumptions()
        return self._reloading.ask()

    def _share_anew(self) -> None:
        """Have the sessions share the parts of another configuration."""
        for factory in self._factories():
            factory.use(self._in_force.shared)

    # Replace, drain and stop

    def succeeded(self) -> None:
        """Leave the ports to another process, and leave when the sessions have ended.

        The sessions go on as before; those that are left after ``limits.upgrade_drain_timeout`` are drained.
        """
        self.open_ports.let_go()
        self._change(ServiceState.DRAINING)
        self.kept.hooks.leave()
        self._systemd.stop()
        self._last_sessions.wait(self.config.limits.upgrade_drain_seconds)

    def drain(self, *, keep_listening: bool = False, seconds: float | None = None) -> None:
        """Begin to end the sessions, and leave when they are over; see `IRunningService`."""
        Deferred.fromCoroutine(self._drain_and_leave(keep_listening, seconds))

    async def _drain_and_leave(self, keep_listening: bool, seconds: float | None) -> None:
        # No reload may open ports while the last of them close.
        self._change(ServiceState.DRAINING)
        if not keep_listening:
            await self._listening.stop()
        await self._drained(seconds)
        if self.running:
            self.leave()

    def _drained(self, seconds: float | None) -> Deferred[None]:
        if seconds is None:
            seconds, deadline = self._in_force.config.limits.drain_seconds, "limits.drain_timeout is over"
        else:
            deadline = f"the {seconds:.0f} s for running transfers are over"
        _log.info("draining: running transfers get {seconds:.0f} s", seconds=seconds)
        return self._draining.begin(seconds, deadline)

    def stopService(self) -> Deferred[None]:
        """Close the ports, send 421 to idle sessions, and let running transfers end until the deadline."""
        Service.stopService(self)
        self._in_force.stop_watching()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        async with self._stopping:
            if self._stopped:
                return
            self._change(ServiceState.DRAINING)
            self._last_sessions.stop()
            self._parts.undo()
            await self._listening.stop()
            if not self._draining.over:
                await self._drained(None)
            await self._in_force.stop()
            await self._parts.stop()
            self.open_ports.stop()
            self._systemd.stop()
            self._stopped = True

    def cut_off(self, reason: str) -> None:
        """End all sessions at once, and log how many were at work."""
        self._draining.cut_off(reason)
