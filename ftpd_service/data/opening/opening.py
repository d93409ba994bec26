"""The opening of a session's next data connection: choose an address, accept or dial, start TLS."""

from __future__ import annotations

import socket

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from ftpd_service.data.connection.descriptor import ConnectionDescriptor
from ftpd_service.data.connection.endings import MOMENT_SECONDS, Endings
from ftpd_service.data.connection.opened import Opened
from ftpd_service.data.connection.unused import Unused
from ftpd_service.data.handshake import shaken_hands
from ftpd_service.data.opening.active import Target, checked_target, dial
from ftpd_service.data.opening.passive import PassiveListener, PassivePorts, ReportFailure
from ftpd_service.data.placement import Slices
from ftpd_service.data.reactor import DataReactor
from ftpd_service.data.settings import DataSettings
from ftpd_service.errors import DataHandshakeFailed, NoDataConnection, ResumptionRequired
from ftpd_service.reasons import DataFailure
from ftpd_service.session.control_tls import ITlsSession
from ftpd_service.values import IPAddress, Peer


class ConnectionOpening:
    """States: nothing chosen, a listener, an accepted connection that waits for its command, or a target."""

    __slots__ = (
        "_asked",
        "_chosen",
        "_early",
        "_emit",
        "_endings",
        "_lifetime",
        "_moment",
        "_peer",
        "_ports",
        "_protected",
        "_reactor",
        "_settings",
        "_slices",
        "_tls",
        "_unused",
    )

    def __init__(
        self,
        *,
        peer: Peer,
        settings: DataSettings,
        ports: PassivePorts,
        reactor: DataReactor,
        endings: Endings,
        emit: ReportFailure,
        slices: Slices,
        tls: ITlsSession | None,
    ) -> None:
        """See `DataChannel`; `endings` takes failed connections, and waits for unused connections."""
        self._peer = peer
        self._settings = settings
        self._ports = ports
        self._reactor = reactor
        self._endings = endings
        self._emit = emit
        self._slices = slices
        self._tls = tls
        self._unused = Unused(reactor, endings, settings.drain_seconds)
        self._chosen: PassiveListener | Target | None = None
        self._moment: IDelayedCall | None = None
        self._lifetime: IDelayedCall | None = None
        self._early: Deferred[Opened] | None = None
        self._asked = False
        self._protected = False

    def use(self, settings: DataSettings, *, ports: PassivePorts, tls: ITlsSession | None) -> None:
        """See `DataChannel.use`."""
        self._settings = settings
        self._ports = ports
        self._tls = tls

    @property
    def chosen(self) -> bool:
        """Whether an address is chosen."""
        return self._chosen is not None

    def listen(self) -> int:
        """Choose a new passive port and return its number.

        :raises NoDataConnection: no port is free.
        """
        self.drop()
        try:
            listener = PassiveListener(
                peer=self._peer,
                ports=self._ports,
                report=self._emit,
                came=self._shake_early,
            )
        except NoDataConnection as problem:
            self._emit(problem.cause, str(problem))
            raise
        self._chosen = listener
        if self._protected:
            listener.watch()
        if self._moment is None:
            self._moment = self._reactor.callLater(MOMENT_SECONDS, self._moment_over)
        return listener.number

    def target(self, address: IPAddress, port: int) -> None:
        """Choose an address to dial.

        :raises BadArgument: port 0.
        :raises UnsupportedParameter: not the client's address, or a port below 1024.
        """
        target = checked_target(self._peer, address, port)
        self.drop()
        self._chosen = target

    def protect(self, on: bool) -> None:
        """Set whether the next connection is protected."""
        if on and self._tls is None:
            raise ValueError("there is no TLS to protect data connections with")
        if not on and self._early is not None and isinstance(self._chosen, PassiveListener):
            # The client may take bytes in clear for TLS.
            self._release(self._chosen)
        self._protected = on

    def drop(self) -> None:
        """Forget the chosen address; the port of a listener is closed on return."""
        self.unlisten()
        self._chosen = None

    def unlisten(self) -> None:
        """Forget a chosen listener, but not a target."""
        if isinstance(self._chosen, PassiveListener):
            self._release(self._chosen)

    def end(self) -> None:
        """Forget everything: the session has ended or begins anew."""
        self.drop()
        self._protected = False
        if self._moment is not None:
            self._moment.cancel()
            self._moment = None

    def end_unused(self, opened: Opened) -> None:
        """End a connection whose client may still send bytes that no transfer takes."""
        self._unused.end(opened)

    async def opened(self) -> Opened:
        """Return the connection to the chosen address, protected at protection level P.

        :raises NoDataConnection: or DataHandshakeFailed, ResumptionRequired.
        """
        early, self._early = self._early, None
        self._asked = True
        try:
            if early is not None:
                self._stop_lifetime()
                self._chosen = None
                return await early
            try:
                connection = await self._connected()
            finally:
                self._asked = False
            return await self._made_ready(connection)
        except (NoDataConnection, DataHandshakeFailed, ResumptionRequired) as problem:
            self._emit(_cause(problem), str(problem))
            raise
        finally:
            self._asked = False

    def _shake_early(self, listener: PassiveListener) -> None:
        """Begin the handshake with a client that connected before its command.

        aioftp (0.28) sends the command only after the handshake; other clients notice no difference.
        """
        if not self._protected or self._chosen is not listener or self._asked:
            return
        connected = listener.take()
        if connected is not None:
            self._early = Deferred.fromCoroutine(self._made_ready_early(connected))

    async def _made_ready_early(self, connected: socket.socket) -> Opened:
        return await self._made_ready(ConnectionDescriptor(connected, self._reactor))

    def _drop_early(self) -> None:
        """End a connection whose handshake is no longer needed."""
        early, self._early = self._early, None
        if early is not None:
            self._unused.end_shaking(early)

    async def _made_ready(self, connection: ConnectionDescriptor) -> Opened:
        """Shake hands, if the connection is to be protected; a connection that fails is ended."""
        return await self._shaken(connection) if self._protected else Opened(connection)

    async def _shaken(self, connection: ConnectionDescriptor) -> Opened:
        tls = self._tls
        if tls is None:
            raise DataHandshakeFailed("there is no TLS")
        seconds = self._settings.opening_seconds
        try:
            records = await shaken_hands(connection, tls, slices=self._slices, clock=self._reactor, seconds=seconds)
        except (DataHandshakeFailed, ResumptionRequired):
            # In order, so that the alert arrives.
            self._endings.end(Opened(connection))
            raise
        except BaseException:
            self._endings.carry_out(connection.abort())
            raise
        return Opened(connection, records, tls)

    async def _connected(self) -> ConnectionDescriptor:
        """Return the connection to the chosen address; a listener is used up, also by a failure.

        :raises NoDataConnection:
        """
        seconds = self._settings.opening_seconds
        chosen = self._chosen
        if chosen is None:
            raise NoDataConnection("no address was chosen", cause=DataFailure.NOT_CHOSEN)
        if isinstance(chosen, Target):
            return ConnectionDescriptor(await dial(self._reactor, self._peer, chosen, seconds), self._reactor)
        self._stop_lifetime()
        try:
            connected = await chosen.connection(self._reactor, seconds)
        finally:
            self._release(chosen)
        return ConnectionDescriptor(connected, self._reactor)

    def _release(self, listener: PassiveListener) -> None:
        """Close a listener, and end the connection of a client that has connected to it."""
        self._stop_lifetime()
        if self._chosen is listener:
            self._chosen = None
        self._drop_early()
        # Closing the port resets connections that are not accepted yet, and the client would see a broken connection.
        listener.look()
        listener.close()
        connected = listener.take()
        if connected is not None:
            connection = ConnectionDescriptor(connected, self._reactor)
            if self._protected:
                self._unused.shake_and_end(connection, self._shaken)
            else:
                self._unused.end(Opened(connection))

    def _moment_over(self) -> None:
        """Have the reactor watch the port for its lifetime, as no command has come at once."""
        self._moment = None
        listener = self._chosen
        if isinstance(listener, PassiveListener) and self._lifetime is None and not self._asked:
            listener.watch()
            self._lifetime = self._reactor.callLater(
                self._settings.listener_seconds - MOMENT_SECONDS, self._release, listener
            )

    def _stop_lifetime(self) -> None:
        if self._lifetime is not None and self._lifetime.active():
            self._lifetime.cancel()
        self._lifetime = None


def _cause(problem: NoDataConnection | DataHandshakeFailed | ResumptionRequired) -> DataFailure:
    if isinstance(problem, NoDataConnection):
        return problem.cause
    return DataFailure.TLS if isinstance(problem, DataHandshakeFailed) else DataFailure.NOT_RESUMED
