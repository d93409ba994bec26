"""Builds the graph of objects and runs it: the one file where all parts meet, and the only one that sees all settings.

`Graph` is what one configuration comes to.  A reload makes a new one for the sessions that begin afterwards; running
sessions keep theirs.  What must outlive a reload (open ports, counters, failed logins, running uploads, the pool) is in
`Kept`.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from twisted.application.service import Service
from twisted.cred.portal import Portal
from twisted.internet.defer import CancelledError, Deferred, DeferredList
from twisted.internet.endpoints import serverFromString
from twisted.internet.interfaces import IListeningPort
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.accounts.configured import ConfiguredAccounts
from ftpd_service.auth.checkers.configured import ConfiguredChecker
from ftpd_service.auth.login import Login
from ftpd_service.auth.ordered import OrderedChecker
from ftpd_service.auth.plugins import build_checkers
from ftpd_service.auth.realm import Realm
from ftpd_service.blocking import BlockingPool
from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.commands.table import standard_table
from ftpd_service.config.changes import changed
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.schema import Config, ListenerSettings
from ftpd_service.control.factory import ControlFactory, Shared
from ftpd_service.data.addresses import PassiveAddresses
from ftpd_service.data.channel import DataChannel
from ftpd_service.data.listening import PassiveListening
from ftpd_service.data.passive import PassivePorts
from ftpd_service.errors import LoginRefused
from ftpd_service.events import DataConnectionFailed
from ftpd_service.interfaces import IStorage
from ftpd_service.observe.event_log import EventLog
from ftpd_service.observe.publisher import Publisher
from ftpd_service.policy.connections import AccountSessions, Connections
from ftpd_service.policy.logins import FailedLogins
from ftpd_service.policy.permissions import Rules
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.registry import Sessions
from ftpd_service.session.session import Session
from ftpd_service.storage.hidden import HiddenUploads
from ftpd_service.storage.local import LocalStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.storage.shell import as_storage
from ftpd_service.systemd import Notifier
from ftpd_service.values import Account, Peer

_log = Logger(namespace="ftpd")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What outlives a reload."""

    reactor: PosixReactorBase
    pool: BlockingPool
    connections: Connections
    accounts: AccountSessions = field(default_factory=AccountSessions)
    failures: FailedLogins = field(default_factory=FailedLogins)
    uploads: HiddenUploads = field(default_factory=HiddenUploads)
    sessions: Sessions = field(default_factory=Sessions)


class Graph:
    """The parts that one configuration makes."""

    def __init__(self, config: Config, kept: Kept) -> None:
        """Build everything that sessions share.

        :raises CheckerProblem: a checker of the configuration cannot be made.
        """
        self._config = config
        self._kept = kept
        self._accounts = ConfiguredAccounts(config.accounts)
        self._emit = Publisher(EventLog(level=config.logging.level))
        self._ports = PassivePorts(
            config.data.passive_ports, reactor=PassiveListening(kept.reactor), clock=kept.reactor
        )
        self._addresses = PassiveAddresses(config.data.passive_addresses, names=kept.reactor, clock=kept.reactor)
        self._login = self._logins()
        self._session = replace(config.session, host_names=_own_names())
        self.shared = Shared(
            dispatcher=Dispatcher(standard_table(), cancelled=CancelledError),
            settings=config.control,
            connections=kept.connections,
            sessions=kept.sessions,
            emit=self._emit,
            compute=kept.pool,
            clock=kept.reactor,
            now=time.time,
        )

    def _logins(self) -> Login:
        checker = ConfiguredChecker(self._accounts, self._kept.pool, decoys=self._accounts.decoys())
        entries = build_checkers(self._config.auth, accounts=checker)
        clock = self._kept.reactor
        realm = Realm(self._accounts, self._storage_for, adopt=self._adopted, clock=clock)
        return Login(
            Portal(realm, [OrderedChecker(entries, clock)]),
            failures=self._kept.failures,
            account_sessions=self._kept.accounts,
            clock=clock,
            now=clock.seconds,
        )

    async def _storage_for(self, account: Account) -> IStorage:
        """A storage confined to the account's home.

        :raises LoginRefused: there is no home.
        """
        home = self._accounts.home(account.name)
        await self._kept.pool(partial(_prepare_home, home.path, home.create))
        files = LocalStorage(home.path, self._config.storage, self._kept.pool, now=time.time, hidden=self._kept.uploads)
        return Permitted(files, Rules(home.permissions))

    def _adopted(self, account: Account, given: object) -> IStorage:
        """The storage that a checker brought, within the account's permissions."""
        files = as_storage(given, clock=self._kept.reactor)
        return Permitted(files, Rules(self._accounts.permissions(account.name)))

    def _banner(self, opened: ListenerSettings) -> str:
        """The greeting of a listener as the file has it now; the port may have been opened under an earlier one."""
        banners = {listener.endpoint: listener.banner for listener in self._config.listeners}
        return banners.get(opened.endpoint, opened.banner)

    def open_session(self, listener: ListenerSettings, peer: Peer) -> SessionParts:
        """The parts of a session that begins on a listener."""
        session = Session(
            id=self._kept.sessions.new_id(),
            peer=peer,
            settings=replace(self._session, banner=self._banner(listener)),
            started=time.time(),
        )

        def report(reason: str) -> None:
            self._emit(DataConnectionFailed(session=session.id, peer=peer, reason=reason))

        data = DataChannel(
            peer=peer,
            settings=self._config.data,
            ports=self._ports,
            addresses=self._addresses,
            reactor=self._kept.reactor,
            blocking=self._kept.pool,
            emit=report,
        )
        return SessionParts(session=session, data=data, login=self._login)


def _own_names() -> tuple[str, ...]:
    """The names that HOST accepts: this machine's, as far as they are known without asking the network."""
    return ("localhost", socket.gethostname().lower())


def _prepare_home(path: str, create: bool) -> None:
    """Make sure that a home is there; runs on the pool."""
    try:
        if create:
            os.makedirs(path, mode=0o750, exist_ok=True)
        if not os.path.isdir(path):
            raise LoginRefused(f"home {path} is missing and create_home is off")
    except OSError as problem:
        raise LoginRefused(f"home {path} cannot be made: {problem.strerror}") from problem


class FtpService(Service):
    """The service that twistd runs.

    :param reload: reads the configuration anew at SIGHUP, or None where there is no file.
    """

    name = "ftpd"

    def __init__(self, config: Config, reload: Callable[[], Config] | None, reactor: PosixReactorBase) -> None:
        self._config = config
        self._reload = reload
        self._reactor = reactor
        limits = config.limits
        self._kept = Kept(
            reactor=reactor,
            pool=BlockingPool(reactor),
            connections=Connections(limits.sessions, limits.sessions_per_host),
        )
        self._graph = Graph(config, self._kept)
        self._notifier = Notifier(os.environ)
        self._factories: list[ControlFactory] = []
        self._ports: list[IListeningPort] = []
        self._stopping = False

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
        factory = ControlFactory(self._graph.shared, partial(self._open_session, listener), listener=listener.endpoint)
        failures: list[Failure] = []
        opened: Deferred[IListeningPort] = serverFromString(self._reactor, listener.endpoint).listen(factory)
        opened.addCallbacks(self._ports.append, failures.append)
        if failures:
            text = f"ftpd: cannot listen on {listener.endpoint}: {failures[0].getErrorMessage()}"
            _log.critical("{text}", text=text)
            # Not sys.stderr: twistd has turned that into its log.
            if sys.__stderr__ is not None:
                sys.__stderr__.write(f"{text}\n")
            raise CannotStart(text)
        self._factories.append(factory)

    def _open_session(self, listener: ListenerSettings, peer: Peer) -> SessionParts:
        return self._graph.open_session(listener, peer)

    def startService(self) -> None:
        """Take the signals, and say READY once the reactor runs."""
        Service.startService(self)
        for warning in self._config.warnings:
            _log.warn("{warning}", warning=warning)
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
        self._notifier.send(stopping="1", status="draining")
        return Deferred.fromCoroutine(self._drain())

    async def _drain(self) -> None:
        for port in self._ports:
            closed = port.stopListening()
            if closed is not None:
                await closed
        drained = DeferredList([factory.drain() for factory in self._factories])
        deadline = self._reactor.callLater(self._config.limits.drain_seconds, self._drop_all)
        await drained
        if deadline.active():
            deadline.cancel()

    def _drop_all(self) -> None:
        for factory in self._factories:
            factory.drop_all()

    def _listeners(self, config: Config) -> tuple[ListenerSettings, ...]:
        """The ports that are open, with the greetings of a configuration."""
        banners = {listener.endpoint: listener for listener in config.listeners}
        return tuple(banners.get(opened.endpoint, opened) for opened in self._config.listeners)

    def _on_hup(self, number: int, frame: object) -> None:
        self._reactor.callFromThread(self.reread)

    def reread(self) -> Deferred[None]:
        """Read the configuration again; one with a mistake changes nothing."""
        done: Deferred[None] = Deferred.fromCoroutine(self._reread())
        return done.addErrback(lambda failure: _log.failure("the configuration could not be applied", failure))

    async def _reread(self) -> None:
        if self._reload is None:
            _log.info("SIGHUP: there is no configuration file to read again")
            return
        try:
            config = await self._kept.pool(self._reload)
            graph = Graph(config, self._kept)
        except (ConfigError, ValueError) as problem:
            lines = problem.lines() if isinstance(problem, ConfigError) else [str(problem)]
            for line in lines:
                _log.error("{line}", line=line)
            _log.error("the old configuration stays in force")
            return
        for difference in changed(self._config, config):
            _log.info("{difference}", difference=difference)
        # The ports stay those of the start, so a later reload still says that they differ.
        self._config, self._graph = replace(config, listeners=self._listeners(config)), graph
        self._kept.connections.change(config.limits.sessions, config.limits.sessions_per_host)
        for factory in self._factories:
            factory.use(graph.shared)
        _log.info("the configuration was read again")
