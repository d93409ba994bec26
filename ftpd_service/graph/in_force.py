"""`InForce`: the configuration in force with its graph, and the objects that follow each configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger

from ftpd_service.account import LiveAccount
from ftpd_service.accounts.expiry import Expiry
from ftpd_service.auth.login import Login, sources_of
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.control.factory import ControlFactory
from ftpd_service.control.proxied import HeaderRules
from ftpd_service.control.shared import Shared
from ftpd_service.events import Event
from ftpd_service.graph.digest_parts import preferred
from ftpd_service.graph.freed_memory import FreedMemory
from ftpd_service.graph.graph import Graph
from ftpd_service.graph.keeping import Hooks, keep
from ftpd_service.graph.limits import change_limits
from ftpd_service.graph.prepared import Prepared
from ftpd_service.interfaces import IObserver
from ftpd_service.observe.escapes import escaped
from ftpd_service.observe.event_log import EventLog
from ftpd_service.policy.proxies import believed
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.settings import ListenerTls
from ftpd_service.values import Peer

_log = Logger(namespace="ftpd")


def _pool_is_crowded(waiting: int) -> None:
    _log.warn("thread pool saturated: {waiting} calls queued, as all threads wait for disks", waiting=waiting)


class InForce:
    """The configuration in force: sessions and listeners ask here for their parts.

    :param unrecorded: returns the reason why no login can be recorded now, or an empty text.
    :param listeners: returns the listeners with open ports or sessions, also those that the file no longer has.
    :ivar config: the configuration.
    :ivar kept: the objects that outlive a reload.
    :raises PluginProblem: a checker of the configuration cannot be made.
    """

    def __init__(
        self,
        prepared: Prepared,
        reactor: PosixReactorBase,
        *,
        log: EventLog,
        observers: Iterable[IObserver],
        unrecorded: Callable[[], str],
        listeners: Callable[[], Iterable[ListenerSettings]],
    ) -> None:
        self.config: Config = prepared.config
        self._listeners = listeners
        freed = FreedMemory(reactor, lambda: self.kept.pool.service)
        self.kept = keep(
            prepared.config,
            reactor,
            log=log,
            observers=observers,
            hooks=Hooks(
                crowded=_pool_is_crowded,
                rested=freed.rested,
                left=freed.left,
                emit=self.emit,
                ended=self._account_ended,
                changed=self.rates_changed,
            ),
        )
        self._expiry = Expiry(self.kept.live, reactor)
        self.graph = self.made(prepared)
        self.kept.checkers.use(self.graph.checkers)
        self.kept.stages.use(self.graph.stages, concurrency=self.config.hooks.concurrency)
        self.kept.hooks.use(self.graph.hooks)
        self._login = Login(
            self.graph.portal,
            guesses=self.kept.guesses,
            account_sessions=self.kept.account_sessions,
            clock=reactor,
            now=reactor.seconds,
            bans=self.kept.bans,
            unrecorded=unrecorded,
        )
        self.kept.pacing.change(self.graph.rates(prepared.config.listeners))

    @property
    def shared(self) -> Shared:
        """The parts that the sessions of the configuration share."""
        return self.graph.shared

    def emit(self, event: Event) -> None:
        """Pass an event to the observers of the configuration in force."""
        self.graph.shared.emit(event)

    def made(self, prepared: Prepared) -> Graph:
        """Return the graph of a configuration that is not in force yet.

        :raises PluginProblem: a checker cannot be made.
        """
        return Graph(prepared, self.kept)

    def use(self, graph: Graph, config: Config, *, watching: bool) -> None:
        """Put a configuration and its graph into force.

        :param watching: whether the files of certificates are watched from now on.
        """
        if self.graph.certificates is not None:
            self.graph.certificates.stop()
        if graph.certificates is not None and watching:
            graph.certificates.start()
        self.config, self.graph = config, graph
        change_limits(self.kept, config.limits)
        self.kept.hooks.use(graph.hooks)
        graph.observers_changed()
        self.kept.health.use(config.service.watchdog)
        self.kept.digests.settings, self.kept.digests.preferred = config.digests, preferred(config)
        self.rates_changed()
        self._login.use(graph.portal)
        self._accounts_changed()
        self.kept.checkers.use(graph.checkers)
        self.kept.stages.use(graph.stages, concurrency=config.hooks.concurrency)

    # Listeners and their sessions

    def factory(self, listener: ListenerSettings) -> ControlFactory:
        """Return the factory of a listener's sessions; its settings are those of the configuration in force."""
        return ControlFactory(
            self.graph.shared,
            partial(self._open_session, listener),
            listener=listener.endpoint,
            renew=partial(self._renew, listener),
            implicit=lambda: self.graph.listener(listener).tls is ListenerTls.IMPLICIT,
        )

    def header_rules(self, listener: ListenerSettings) -> HeaderRules:
        """Return the rules of the PROXY headers on a listener."""
        return HeaderRules(
            listener=listener.endpoint,
            header_seconds=lambda: self.config.control.login_seconds,
            believed=lambda address: believed(self.graph.listener(listener).proxies, address),
        )

    def _open_session(self, listener: ListenerSettings, peer: Peer) -> SessionParts:
        return self.graph.open_session(listener, peer, self._login)

    def _renew(self, listener: ListenerSettings, parts: SessionParts) -> None:
        self.graph.renew(listener, parts)

    # Accounts

    def _account_ended(self, live: LiveAccount) -> None:
        """End the sessions of an account that is gone."""
        count = self.kept.sessions.end_account(live)
        _log.info(
            "account {account} has ended ({reason}): {count} sessions are closed",
            account=repr(live.account.name),
            reason=live.ended,
            count=count,
        )

    def _accounts_changed(self) -> None:
        """Ask for the accounts of live sessions anew."""
        self.kept.live.refresh(sources_of(self.graph.portal).again)

    def _revision_moved(self) -> None:
        self._accounts_changed()
        self.kept.ledgers.ask_store()

    def rates_changed(self) -> None:
        """Put the rates of the server, of the listeners and of the accounts into force."""
        self.kept.pacing.change(self.graph.rates(self._listeners()))

    def tell_resumptions(self) -> None:
        """Log the accounts that ``data_resumption: required`` would refuse."""
        text = escaped(self.kept.resumptions.text())
        if text:
            _log.info("{text}", text=text)

    # Start and stop

    def start(self) -> None:
        """Watch certificates, accounts and bans; by now the observers know which events they want."""
        self.graph.observers_changed()
        if self.graph.certificates is not None:
            self.graph.certificates.start()
        if self.kept.revisions is not None:
            self.kept.revisions.start(self._revision_moved)
        self._expiry.start()
        self.kept.health.start()
        self.kept.bans.start()
        self.kept.hooks.start()

    def stop_watching(self) -> None:
        """Watch the files of certificates no longer."""
        if self.graph.certificates is not None:
            self.graph.certificates.stop()

    async def stop(self) -> None:
        """End everything that sessions have used, after the last of them."""
        self._login.end()
        self._expiry.stop()
        self.kept.bans.stop()
        await self.kept.hooks.stop()
        await self.kept.checkers.end()
        await self.kept.stages.close()
        await self.kept.ledgers.close()
        await self.kept.digests.close()
        if self.kept.revisions is not None:
            self.kept.revisions.stop()
        if self.kept.database is not None:
            await self.kept.database.close()
        self.kept.health.stop()
        self.tell_resumptions()
