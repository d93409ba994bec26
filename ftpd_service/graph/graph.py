"""The `Graph`: the parts that the sessions of a configuration get.

A reload makes a new `Graph` for later sessions and logins; logged-in sessions keep theirs, but for their account.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from twisted.internet.defer import CancelledError

from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.commands.table import standard_table
from ftpd_service.config.schema import ListenerSettings
from ftpd_service.control.shared import Shared
from ftpd_service.data.channel import DataChannel
from ftpd_service.data.opening.advertised import PassiveAddresses
from ftpd_service.data.opening.passive import PassivePorts
from ftpd_service.data.opening.port import PassivePort
from ftpd_service.data.placement import Slices
from ftpd_service.digests.service_digests import SessionDigests
from ftpd_service.events import CommandFinished, DataConnectionFailed
from ftpd_service.graph.kept import Kept
from ftpd_service.graph.portals import portal_of
from ftpd_service.graph.prepared import Prepared
from ftpd_service.login_interfaces import ILogin
from ftpd_service.placed import Due
from ftpd_service.policy.bandwidth import Flow
from ftpd_service.policy.throttles import SessionThrottle, ThrottleSettings
from ftpd_service.reasons import DataFailure
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.session import Session
from ftpd_service.session.settings import ListenerTls, SessionSettings
from ftpd_service.tls.certificates import Certificates
from ftpd_service.tls.settings import TlsSettings
from ftpd_service.tls.tls_session import TlsSession
from ftpd_service.values import Direction, Peer


class Graph:
    """The objects that a configuration makes."""

    def __init__(self, prepared: Prepared, kept: Kept) -> None:
        """Make everything that sessions share, on the reactor's thread, where the checkers' constructors run.

        :raises PluginProblem: a checker or an action of the configuration cannot be made.
        """
        config, certificates = prepared.config, prepared.certificates
        self._config = config
        self._kept = kept
        self._emit = kept.publisher
        self._ports = PassivePorts(
            config.data.passive_ports,
            listen=partial(PassivePort, reactor=kept.reactor),
            clock=kept.reactor,
            in_use=kept.passive_ports,
        )
        self._addresses = PassiveAddresses(config.data.passive_addresses, names=kept.reactor, clock=kept.reactor)
        self.portal, self.checkers = portal_of(prepared, kept)
        self.stages = kept.stages.made(prepared.stages)
        self.certificates: Certificates | None = None
        if certificates is not None:
            service = kept.pool.service
            self.certificates = Certificates(
                certificates, clock=kept.reactor, blocking=service, now=time.time, emit=self._emit
            )
        self._session = replace(
            config.session, host_names=_own_names(), node=kept.hooks.node, uploads=config.storage.uploads
        )
        # The last step that can fail: then nothing is left open.
        self.hooks = kept.hooks.made(prepared.hooks)
        self._of_listeners: dict[str, SessionSettings] = {}
        self._tls_of_listeners: dict[str, TlsSettings] = {}
        self.shared = Shared(
            dispatcher=Dispatcher(
                standard_table(), cancelled=CancelledError, finishes=self._emit.wants(CommandFinished)
            ),
            settings=config.control,
            entrance=kept.entrance,
            command_rate=kept.commands,
            sessions=kept.sessions,
            emit=self._emit,
            clock=kept.reactor,
            turns=kept.load.turns,
            now=time.time,
        )

    def observers_changed(self) -> None:
        """Ask the observers anew which events they want, for the sessions of all configurations."""
        self._emit.ask_anew()
        self.shared.dispatcher.finishes = self._emit.wants(CommandFinished)

    def listener(self, opened: ListenerSettings) -> ListenerSettings:
        """Return a listener's current settings; its port may have been opened by an earlier configuration."""
        listeners = {listener.endpoint: listener for listener in self._config.listeners}
        return listeners.get(opened.endpoint, opened)

    def _settings(self, opened: ListenerSettings) -> SessionSettings:
        """Return the settings that the sessions of a listener share, made for the first of them."""
        settings = self._of_listeners.get(opened.endpoint)
        if settings is None:
            listener = self.listener(opened)
            available = self.certificates is not None and listener.tls is not ListenerTls.OFF
            settings = replace(
                self._session,
                banner=listener.banner,
                names=listener.names.over(self._session.names),
                tls=listener.tls,
                tls_available=available,
            )
            if self.certificates is not None:
                self._tls_of_listeners[opened.endpoint] = self.certificates.settings.on_listener(
                    ciphers=listener.ciphers, data_resumption=listener.data_resumption
                )
            self._of_listeners[opened.endpoint] = settings
        return settings

    def open_session(self, listener: ListenerSettings, peer: Peer, login: ILogin) -> SessionParts:
        settings = self._settings(listener)
        session = Session(id=self._kept.sessions.new_id(), peer=peer, settings=settings, started=time.time())
        tls = self._tls(listener, session)

        blocking = self._kept.pool.owned(host=peer.host, account=lambda: session.account_name, due=Due.CONTINUES)

        def report(cause: DataFailure, reason: str) -> None:
            account = session.account_name
            self._emit(DataConnectionFailed(session=session.id, peer=peer, reason=reason, account=account, cause=cause))

        throttle = self._kept.pacing.session(listener.endpoint)
        data = DataChannel(
            peer=peer,
            settings=self._config.data,
            ports=self._ports,
            addresses=self._addresses,
            reactor=self._kept.reactor,
            slices=Slices(blocking, self._kept.load, peer.host),
            emit=report,
            tls=tls,
            pacing=self._kept.pacing,
            flow=partial(self._flow, throttle, session),
        )
        return SessionParts(
            session=session,
            data=data,
            login=login,
            compute=blocking.compute,
            tls=tls,
            throttle=throttle,
            digests=SessionDigests(self._kept.digests),
            verdicts=self._kept.stages.verdicts,
        )

    def renew(self, listener: ListenerSettings, parts: SessionParts) -> None:
        """Move a session of an earlier configuration, which is not logged in, to this configuration.

        TLS stays as it is from the start of its handshake on; so do the limits of the control connection.
        """
        session, settings = parts.session, self._settings(listener)
        if session.settings is settings and parts.certificate_counts:
            return
        session.follow(settings)
        if parts.tls is not None and parts.tls.started():
            # The client's certificate was checked by authorities that may be gone.
            parts.certificate_counts = False
        else:
            parts.certificate_counts = True
            parts.tls = self._tls(listener, session)
            if parts.tls is not None:
                parts.tls.prefer(session.host)
        if isinstance(parts.data, DataChannel):  # always: the graph makes no other
            parts.data.use(self._config.data, ports=self._ports, addresses=self._addresses, tls=parts.tls)

    def _tls(self, listener: ListenerSettings, session: Session) -> TlsSession | None:
        if self.certificates is None or not session.settings.tls_available:
            return None
        return TlsSession(
            self.certificates,
            token=secrets.token_bytes,
            settings=self._tls_of_listeners[listener.endpoint],
            counted=self._kept.resumptions,
            handshakes=self._kept.handshakes,
            software=lambda: session.client_name,
        )

    def _flow(self, throttle: SessionThrottle, session: Session, direction: Direction) -> Flow:
        return self._kept.pacing.flow(throttle, session.account_name or "", direction)

    def rates(self, listeners: Iterable[ListenerSettings]) -> ThrottleSettings:
        """Return the rates of the server, the listeners and the accounts.

        :param listeners: the listeners with open ports or sessions, also those that the file no longer has.
        """
        return ThrottleSettings(
            server=self._config.rates,
            listeners={listener.endpoint: self.listener(listener).rates for listener in listeners},
            account=self._kept.live.rates,
        )


def _own_names() -> tuple[str, ...]:
    """Return the names that HOST accepts: this machine's names that are known without a query to the network."""
    return ("localhost", socket.gethostname().lower())
