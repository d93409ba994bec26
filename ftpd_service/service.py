"""The service: it opens the ports, drains, and puts reloaded configurations into force.

A `Graph` has the objects that the ports serve; a reload makes a new graph.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.internet.interfaces import IDelayedCall, IListeningPort
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger

from ftpd_service.account import LiveAccount
from ftpd_service.accounts.expiry import Expiry
from ftpd_service.auth.login import Login, sources_of
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.control.factory import ControlFactory
from ftpd_service.control.proxied import HeaderRules
from ftpd_service.events import Event
from ftpd_service.graph.graph import Graph
from ftpd_service.graph.keeping import Hooks, keep
from ftpd_service.graph.limits import change_limits
from ftpd_service.graph.prepared import prepare
from ftpd_service.interfaces import IObserver
from ftpd_service.kernel.allocator import trim
from ftpd_service.listening import CannotServe, Listening, place_of
from ftpd_service.observe.escapes import escaped
from ftpd_service.observe.memory import give_back
from ftpd_service.policy.proxies import believed
from ftpd_service.reload import MISTAKES, Anew, Reloading, lines_of
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.settings import ListenerTls
from ftpd_service.systemd import Notifier, Watchdog
from ftpd_service.values import Peer

_log = Logger(namespace="ftpd")

BEHIND_SECONDS = 1.0
"""The delay before memory is returned after half of a crowd left, because the other half mostly leaves soon."""

CUT_OFF_SECONDS = 2.0
"""The time in which sessions that were cut off at the deadline may end."""


def _pool_is_crowded(waiting: int) -> None:
    _log.warn("thread pool saturated: {waiting} calls queued, as all threads wait for disks", waiting=waiting)


class FtpService(Service):
    """The service: it opens the ports, serves, and stops in order.  ``signals.py`` deals with the process.

    The constructor reads the certificates and makes the checkers, so it may raise CertificateProblem and PluginProblem.

    :param reload: reads the configuration again for `reread`, or None if there is no file.
    :param notifier: tells systemd the states; None means that nothing is told.
    :param observers: get each event after the log, also after a reload.
    """

    name = "ftpd"

    def __init__(
        self,
        config: Config,
        reload: Callable[[], Config] | None,
        reactor: PosixReactorBase,
        *,
        notifier: Notifier | None = None,
        observers: Iterable[IObserver] = (),
    ) -> None:
        self._config = config
        self._reactor = reactor
        prepared = prepare(config)
        self._trimming: IDelayedCall | None = None
        self._kept = keep(
            config,
            reactor,
            observers=observers,
            hooks=Hooks(
                crowded=_pool_is_crowded,
                rested=self._rested,
                left=self._give_back_soon,
                emit=self._emit,
                ended=self._account_ended,
                changed=self._rates_changed,
            ),
        )
        self._expiry = Expiry(self._kept.live, reactor)
        self._graph = Graph(prepared, self._kept)
        self._kept.checkers.use(self._graph.checkers)
        self._login = Login(
            self._graph.portal,
            guesses=self._kept.guesses,
            account_sessions=self._kept.account_sessions,
            clock=reactor,
            now=reactor.seconds,
            bans=self._kept.bans,
        )
        self._start_warnings = prepared.warnings
        self._kept.pacing.change(self._graph.rates(config.listeners))
        self._notifier = Notifier({}) if notifier is None else notifier
        self._watchdog = Watchdog(self._notifier, self._kept.health.problems, reactor)
        self._listening = Listening(reactor, self._emit)
        self._factories: list[ControlFactory] = []
        self._rights = os.geteuid()
        self._read = reload
        self._reloading: Reloading | None = None
        if reload is not None:
            self._reloading = Reloading(
                reload,
                in_force=lambda: self._config,
                apply=self._apply,
                blocking=self._kept.pool.service,
                hint=self._hint,
            )

    def _emit(self, event: Event) -> None:
        """Pass an event to the observers of the configuration in force."""
        self._graph.shared.emit(event)

    def _account_ended(self, live: LiveAccount) -> None:
        """End the sessions of an account that is gone."""
        count = self._kept.sessions.end_account(live)
        _log.info(
            "account {account} has ended ({reason}): {count} sessions are closed",
            account=repr(live.account.name),
            reason=live.ended,
            count=count,
        )

    def _accounts_changed(self) -> None:
        """Ask for the accounts of live sessions anew."""
        self._kept.live.refresh(sources_of(self._graph.portal).again)

    def _revision_moved(self) -> None:
        self._accounts_changed()
        self._kept.ledgers.ask_store()

    def _rates_changed(self) -> None:
        self._kept.pacing.change(self._graph.rates(self._config.listeners))

    def _rested(self) -> None:
        """Return the memory of hashes to the system, unless more hashes follow soon."""
        if self._trimming is None or not self._trimming.active():
            self._trimming = self._reactor.callLater(BEHIND_SECONDS, self._trim)

    def _trim(self) -> None:
        Deferred.fromCoroutine(self._kept.pool.service(trim))

    def _give_back_soon(self) -> IDelayedCall:
        return self._reactor.callLater(BEHIND_SECONDS, self._give_back)

    def _give_back(self) -> None:
        Deferred.fromCoroutine(self._kept.pool.service(give_back))

    @property
    def ports(self) -> tuple[IListeningPort, ...]:
        """Return the open ports, in the order of the configuration."""
        return tuple(self._listening.ports)

    def privilegedStartService(self) -> None:
        """Open all ports, while the process may still open ports below 1024.

        :raises CannotServe: a port cannot be opened.
        """
        Service.privilegedStartService(self)
        for listener in self._config.listeners:
            self._listen(listener)

    def _listen(self, listener: ListenerSettings) -> None:
        factory = ControlFactory(
            self._graph.shared,
            partial(self._open_session, listener),
            listener=listener.endpoint,
            renew=partial(self._renew, listener),
            implicit=lambda: self._graph.listener(listener).tls is ListenerTls.IMPLICIT,
        )
        rules = HeaderRules(
            listener=listener.endpoint,
            header_seconds=self._config.control.login_seconds,
            believed=lambda address: believed(self._graph.listener(listener).proxies, address),
        )
        self._listening.open(listener, factory, rules)
        self._factories.append(factory)

    def _open_session(self, listener: ListenerSettings, peer: Peer) -> SessionParts:
        return self._graph.open_session(listener, peer, self._login)

    def _renew(self, listener: ListenerSettings, parts: SessionParts) -> None:
        self._graph.renew(listener, parts)

    def startService(self) -> None:
        """Watch the certificates, and send READY once the reactor runs.

        :raises CannotServe: the configuration cannot be read with the process's current rights.
        """
        self._try_to_read()
        Service.startService(self)
        for warning in (*self._config.warnings, *self._start_warnings):
            # A field named "warning" would make trial report the event as a warning of Python.
            _log.warn("{text}", text=warning)
        if self._graph.certificates is not None:
            self._graph.certificates.start()
        if self._kept.revisions is not None:
            self._kept.revisions.start(self._revision_moved)
        self._expiry.start()
        self._kept.health.start()
        self._kept.bans.start()
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
        for port in self.ports:
            _log.info("listening on {address}", address=place_of(port))
        self._notifier.send(ready="1", status="serving")
        self._watchdog.start()

    def stopService(self) -> Deferred[None]:
        """Close the ports, send 421 to idle sessions, and let running transfers end until the deadline."""
        Service.stopService(self)
        _log.info("stopping: running transfers get {seconds:.0f} s", seconds=self._config.limits.drain_seconds)
        if self._graph.certificates is not None:
            self._graph.certificates.stop()
        self._notifier.send(stopping="1", status="draining")
        return Deferred.fromCoroutine(self._drain())

    async def _drain(self) -> None:
        await self._listening.close()
        over: Deferred[None] = Deferred()

        def ended(result: object) -> None:
            if not over.called:
                over.callback(None)

        DeferredList([factory.drain() for factory in self._factories]).addBoth(ended)
        seconds = self._config.limits.drain_seconds
        timers = (
            self._reactor.callLater(seconds, self.cut_off, "limits.drain_timeout is over"),
            self._reactor.callLater(seconds + CUT_OFF_SECONDS, self._leave_behind, ended),
        )
        await over
        for timer in timers:
            if timer.active():
                timer.cancel()
        self._login.end()
        self._expiry.stop()
        self._kept.bans.stop()
        await self._kept.checkers.end()
        await self._kept.ledgers.close()
        if self._kept.revisions is not None:
            self._kept.revisions.stop()
        if self._kept.database is not None:
            await self._kept.database.close()
        self._watchdog.stop()
        self._kept.health.stop()
        self._tell_resumptions()

    def cut_off(self, reason: str) -> None:
        """End all sessions at once, and log how many were at work.

        Their uploads are lost, or incomplete if they are in place.
        """
        sessions = sum(factory.at_work for factory in self._factories)
        uploads = sum(factory.uploads for factory in self._factories)
        _log.warn(
            "{reason}: {sessions} sessions are cut off, {uploads} uploads among them",
            reason=reason,
            sessions=sessions,
            uploads=uploads,
        )
        for factory in self._factories:
            factory.drop_all()

    def _leave_behind(self, ended: Callable[[object], None]) -> None:
        """Stop waiting for sessions whose call on a disk hangs: their threads end with the process."""
        count = len(self._kept.sessions)
        _log.warn("{count} sessions abandoned: their disk does not answer", count=count)
        ended(None)

    def reread(self) -> Deferred[None]:
        """Reload the configuration; a mistake in it changes nothing.  The result fires at the end, see `Reloading`."""
        self._tell_resumptions()
        if self._reloading is None:
            _log.info("SIGHUP ignored: there is no configuration file to reload")
            return succeed(None)
        return self._reloading.ask()

    def _apply(self, anew: Anew) -> None:
        """Put a configuration into force.

        :raises PluginProblem: a checker cannot be made; nothing has changed.
        """
        config = anew.prepared.config
        graph = Graph(anew.prepared, self._kept)
        for difference in anew.differences:
            _log.info("{difference}", difference=difference)
        self._watch_instead(graph)
        # The settings of the open ports stay, so that each later reload reports the same difference.
        opened = tuple(graph.listener(listener) for listener in self._config.listeners)
        self._config, self._graph = replace(config, listeners=opened), graph
        change_limits(self._kept, config.limits)
        self._kept.health.use(config.service.watchdog)
        self._kept.pacing.change(graph.rates(self._config.listeners))
        self._login.use(graph.portal)
        self._accounts_changed()
        self._kept.checkers.use(graph.checkers)
        for factory in self._factories:
            factory.use(graph.shared)

    def _tell_resumptions(self) -> None:
        """Log the accounts that ``data_resumption: required`` would refuse."""
        text = escaped(self._kept.resumptions.text())
        if text:
            _log.info("{text}", text=text)

    def _watch_instead(self, graph: Graph) -> None:
        """Watch the certificates of a new graph instead of the current graph's."""
        if self._graph.certificates is not None:
            self._graph.certificates.stop()
        if graph.certificates is not None and self.running:
            graph.certificates.start()
