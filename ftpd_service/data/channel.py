"""The data connection of one session: a chosen address, then one connection, then one transfer (RFC 959)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IDelayedCall
from zope.interface import implementer

from ftpd_service.data import transfer as transfers
from ftpd_service.data.active import Target, checked_target, dial
from ftpd_service.data.addresses import PassiveAddresses
from ftpd_service.data.descriptor import ConnectionDescriptor
from ftpd_service.data.handshake import shaken_hands
from ftpd_service.data.movers.route import Route
from ftpd_service.data.opened import Opened
from ftpd_service.data.pace import Pace
from ftpd_service.data.passive import PassiveListener, PassivePorts
from ftpd_service.data.protocol import DataProtocol
from ftpd_service.data.reactor import DataReactor, Work
from ftpd_service.data.settings import DataSettings
from ftpd_service.data.slices import Here, at_once
from ftpd_service.data.transfer import Transfer
from ftpd_service.data.yielding import yield_to_sender
from ftpd_service.errors import DataHandshakeFailed, NoDataConnection, ResumptionRequired, VerbDisabled
from ftpd_service.interfaces import Blocking, IDataChannel, IReadHandle, ITlsSession, IWriteHandle, Translation
from ftpd_service.stepping import started
from ftpd_service.values import Direction, IPAddress, Peer, Progress

T = TypeVar("T")


@runtime_checkable
class _Closable(Protocol):
    async def aclose(self) -> None:
        """Give back what the iterator holds."""


@implementer(IDataChannel)
class DataChannel:
    """See `IDataChannel`.

    States: nothing chosen; a listener; a listener's connection that waits for its command; a target; a transfer; the
    connection of an upload that waits for `finish`.  Connections end in the background; `reset` waits for them.
    """

    def __init__(
        self,
        *,
        peer: Peer,
        settings: DataSettings,
        ports: PassivePorts,
        addresses: PassiveAddresses,
        reactor: DataReactor,
        blocking: Blocking,
        emit: Callable[[str], None],
        pace: Callable[[Direction], Pace] | None = None,
        here: Here = at_once,
        tls: ITlsSession | None = None,
    ) -> None:
        """For the control connection of a peer.

        :param emit: is told, for the operator, why a data connection failed.
        :param pace: makes the share of the bandwidth of each transfer; None: there are no throttles.
        :param here: runs a slice on the reactor when it is its turn.
        :param tls: of the control connection; None: nothing can be protected.
        """
        self._peer = peer
        self._settings = settings
        self._ports = ports
        self._addresses = addresses
        self._reactor = reactor
        self._blocking = blocking
        self._emit = emit
        self._pace = pace
        self._here = here
        self._tls = tls
        self._protected = False
        self._chosen: PassiveListener | Target | None = None
        self._lifetime: IDelayedCall | None = None
        self._early: Deferred[Opened] | None = None
        self._transfer: Transfer | None = None
        self._ended: Transfer | None = None
        self._held: Opened | None = None
        self._endings: set[Deferred[None]] = set()

    async def listen(self) -> int:
        """See `IDataChannel.listen`."""
        await self._drop_chosen()
        listener = PassiveListener(
            client=self._peer.address,
            interface=self._peer.local_address,
            ports=self._ports,
            report=self._emit,
            came=self._shake_early,
        )
        self._chosen = listener
        self._lifetime = self._reactor.callLater(self._settings.listener_seconds, self._release, listener)
        return listener.number

    async def passive_address(self) -> IPAddress:
        """See `IDataChannel.passive_address`."""
        return await self._addresses.address_for(self._peer)

    async def target(self, address: IPAddress, port: int) -> None:
        """See `IDataChannel.target`."""
        if not self._settings.active:
            raise VerbDisabled("Active mode is off.")
        target = checked_target(self._peer, address, port)
        await self._drop_chosen()
        self._chosen = target

    def chosen(self) -> bool:
        """See `IDataChannel.chosen`."""
        return self._chosen is not None

    async def send_file(self, handle: IReadHandle, translation: Translation | None, total: int | None) -> int:
        """See `IDataChannel.send_file`."""
        return await self._download(
            Direction.DOWNLOAD, total, lambda route: transfers.send_file(route, handle, translation)
        )

    async def send_pages(self, pages: AsyncIterator[bytes]) -> int:
        """See `IDataChannel.send_pages`."""
        try:
            return await self._download(Direction.LISTING, None, lambda route: transfers.send_pages(route, pages))
        finally:
            if isinstance(pages, _Closable):
                await pages.aclose()

    async def receive_file(self, handle: IWriteHandle, translation: Translation | None) -> int:
        """See `IDataChannel.receive_file`."""

        async def work(transfer: Transfer) -> None:
            opened = await self._opened()
            try:
                transfer.begin(reset=opened.connection.is_reset)
                await transfers.receive_file(self._route(opened, transfer), handle, translation)
                opened.upload_ended()
                yield_to_sender(opened.connection.socket)
            except BaseException:
                self._in_background(opened.abort())
                raise
            self._held = opened

        return await self._carried_out(Direction.UPLOAD, None, work)

    async def finish(self) -> None:
        """See `IDataChannel.finish`."""
        self._ended = None
        held, self._held = self._held, None
        if held is not None:
            self._end(held)
        if isinstance(self._chosen, PassiveListener):
            await self._drop_chosen()

    async def reset(self) -> None:
        """See `IDataChannel.reset`.

        Waits for ends in order that still go on, `drain_seconds` at most: cut short they could cost the client octets.
        """
        transfer = self._transfer
        if transfer is not None:
            transfer.stop("the session gave the data connection up")
            await transfer.over()
        await self._drop_chosen()
        await self.finish()
        self._protected = False
        while self._endings:
            await DeferredList(list(self._endings))

    def protect(self, on: bool) -> None:
        """See `IDataChannel.protect`."""
        if on and self._tls is None:
            raise ValueError("there is no TLS to protect data connections with")
        if not on and self._early is not None and isinstance(self._chosen, PassiveListener):
            # Nobody can tell what its client would make of octets in clear.
            self._release(self._chosen)
        self._protected = on

    def progress(self) -> Progress | None:
        """See `IDataChannel.progress`; of one that has ended too, until `finish`, for whoever reports it."""
        transfer = self._transfer or self._ended
        return None if transfer is None else transfer.progress()

    async def _download(self, direction: Direction, total: int | None, move: Callable[[Route], Work]) -> int:
        async def work(transfer: Transfer) -> None:
            opened = await self._opened()
            try:
                transfer.begin(watch=partial(opened.connection.discard_input, transfer.input_seen))
                await move(self._route(opened, transfer))
                opened.download_ended()
            except BaseException:
                self._in_background(opened.abort())
                raise
            self._end(opened)

        return await self._carried_out(direction, total, work)

    async def _carried_out(self, direction: Direction, total: int | None, work: Callable[[Transfer], Work]) -> int:
        transfer = Transfer(
            clock=self._reactor,
            stall_seconds=self._settings.stall_seconds,
            direction=direction,
            total=total,
            pace=None if self._pace is None else self._pace(direction),
        )
        self._transfer = transfer
        try:
            return await transfer.run(work(transfer))
        finally:
            self._transfer, self._ended = None, transfer

    def _route(self, opened: Opened, transfer: Transfer) -> Route:
        return Route(
            connection=opened.connection,
            records=opened.records,
            blocking=self._blocking,
            moved=transfer.moved,
            allowed=transfer.allowed,
            crowded=transfer.crowded,
            here=transfer.here,
        )

    async def _opened(self) -> Opened:
        """The connection to the chosen address, protected where that was asked for.

        :raises NoDataConnection: and DataHandshakeFailed, ResumptionRequired.
        """
        early, self._early = self._early, None
        try:
            if early is not None:
                self._stop_lifetime()
                self._chosen = None
                return await early
            connection = await self._connected()
        except NoDataConnection as problem:
            self._emit(str(problem))
            raise
        return await self._made_ready(connection)

    def _shake_early(self, listener: PassiveListener) -> None:
        """Begin the handshake with a client that connected before its command.

        aioftp (0.28) gives the command only when the handshake is done; who gives it first notices nothing.
        """
        if not self._protected or self._chosen is not listener or self._transfer is not None:
            return
        protocol = listener.take()
        if protocol is not None:
            self._early = Deferred.fromCoroutine(self._made_ready_early(protocol))

    async def _made_ready_early(self, protocol: DataProtocol) -> Opened:
        return await self._made_ready(self._descriptor(protocol))

    def _drop_early(self) -> None:
        """End a connection that shook hands for nothing, or stop it from doing so."""
        early, self._early = self._early, None
        if early is not None:
            self._keep(early.addCallbacks(self._end, lambda failure: None))
            early.cancel()

    async def _made_ready(self, connection: ConnectionDescriptor) -> Opened:
        """Shake hands, if need be; a connection that fails in it is ended."""
        tls = self._tls
        if tls is None or not self._protected:
            return Opened(connection)
        seconds = self._settings.opening_seconds
        try:
            records = await shaken_hands(connection, tls, here=self._here, clock=self._reactor, seconds=seconds)
        except (DataHandshakeFailed, ResumptionRequired):
            # In order, so that the alert arrives.
            self._end(Opened(connection))
            raise
        except BaseException:
            self._in_background(connection.abort())
            raise
        return Opened(connection, records, tls)

    async def _connected(self) -> ConnectionDescriptor:
        """The connection to the chosen address; a listener is used up, whatever comes of it.

        :raises NoDataConnection:
        """
        seconds = self._settings.opening_seconds
        chosen = self._chosen
        if chosen is None:
            raise NoDataConnection("no address was chosen")
        if isinstance(chosen, Target):
            return self._descriptor(await dial(self._reactor, self._peer, chosen, seconds))
        self._stop_lifetime()
        try:
            protocol = await chosen.connection(self._reactor, seconds)
        finally:
            self._release(chosen)
        return self._descriptor(protocol)

    def _descriptor(self, protocol: DataProtocol) -> ConnectionDescriptor:
        try:
            return ConnectionDescriptor(protocol, self._reactor)
        except OSError as problem:
            protocol.close()
            raise NoDataConnection(f"no descriptor is left: {problem}") from problem

    async def _drop_chosen(self) -> None:
        """Forget what was chosen; a listener's port is closed on return."""
        chosen, self._chosen = self._chosen, None
        if isinstance(chosen, PassiveListener):
            self._release(chosen)

    def _release(self, listener: PassiveListener) -> None:
        """Close a listener, and end a connection that it accepted for nothing."""
        self._stop_lifetime()
        if self._chosen is listener:
            self._chosen = None
        self._drop_early()
        listener.close()
        protocol = listener.take()
        if protocol is not None:
            # Without a descriptor it was closed on the spot, which is all that is due.
            with suppress(NoDataConnection):
                self._end(Opened(self._descriptor(protocol)))

    def _stop_lifetime(self) -> None:
        if self._lifetime is not None and self._lifetime.active():
            self._lifetime.cancel()
        self._lifetime = None

    def _end(self, opened: Opened) -> None:
        self._in_background(opened.end(self._reactor, self._settings.drain_seconds))

    def _in_background(self, ending: Work) -> None:
        waiting = started(ending)
        if waiting is not None:
            self._keep(waiting)

    def _keep(self, ending: Deferred[None]) -> None:
        """Remember what `reset` has to wait for."""
        self._endings.add(ending)
        ending.addBoth(self._forget, ending)

    def _forget(self, result: T, ending: Deferred[None]) -> T:
        self._endings.discard(ending)
        return result
