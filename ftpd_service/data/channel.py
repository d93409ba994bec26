"""The data connection of a session: an address is chosen, then a connection opened, then a transfer moved (RFC 959)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial

from zope.interface import implementer

from ftpd_service.closing import closing
from ftpd_service.data import transfer as transfers
from ftpd_service.data.connection.endings import Endings
from ftpd_service.data.connection.opened import Opened
from ftpd_service.data.connection.yielding import yield_to_sender
from ftpd_service.data.movers.route import Route
from ftpd_service.data.opening.advertised import PassiveAddresses
from ftpd_service.data.opening.opening import ConnectionOpening
from ftpd_service.data.opening.passive import PassivePorts, ReportFailure
from ftpd_service.data.pace import Pacing
from ftpd_service.data.placement import Slices
from ftpd_service.data.reactor import DataReactor, Work
from ftpd_service.data.settings import DataSettings
from ftpd_service.data.transfer import Transfer
from ftpd_service.errors import StorageError
from ftpd_service.interfaces import IDataChannel, IReadHandle, IWriteHandle, Translation
from ftpd_service.policy.bandwidth import Flow
from ftpd_service.session.control_tls import ITlsSession
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.values import DataEnd, Direction, IPAddress, Peer, Progress, ReceivedData


@implementer(IDataChannel)
class DataChannel:
    """The data channel of a session; see `IDataChannel`.

    States: nothing chosen; a listener; an accepted connection that waits for its command; a target; a transfer; an
    upload's connection that waits for `finish`.  Connections end in the background; `reset` waits for them.
    """

    def __init__(
        self,
        *,
        peer: Peer,
        settings: DataSettings,
        ports: PassivePorts,
        addresses: PassiveAddresses,
        reactor: DataReactor,
        slices: Slices,
        emit: ReportFailure,
        pacing: Pacing,
        flow: Callable[[Direction], Flow],
        tls: ITlsSession | None = None,
    ) -> None:
        """Serve the control connection of a peer.

        :param slices: runs the slices of the transfers.
        :param emit: gets, for the operator, the class and the text of the reason why a data connection failed.
        :param flow: returns the flow of a transfer that begins, for `pacing`.
        :param tls: the TLS of the control connection; None if no data connection can be protected.
        """
        self._peer = peer
        self._settings = settings
        self._addresses = addresses
        self._reactor = reactor
        self._slices = slices
        self._pacing = pacing
        self._flow = flow
        self._transfer: Transfer | None = None
        self._ended: Transfer | None = None
        self._held: Opened | None = None
        self._endings = Endings(reactor, settings.drain_seconds)
        self._opening = ConnectionOpening(
            peer=peer,
            settings=settings,
            ports=ports,
            reactor=reactor,
            endings=self._endings,
            emit=emit,
            slices=slices,
            tls=tls,
        )

    def use(
        self,
        settings: DataSettings,
        *,
        ports: PassivePorts,
        addresses: PassiveAddresses,
        tls: ITlsSession | None,
    ) -> None:
        """Open later connections with other settings; an address chosen by PASV or PORT stays chosen."""
        self._settings = settings
        self._addresses = addresses
        self._opening.use(settings, ports=ports, tls=tls)

    async def listen(self) -> int:
        """See `IDataChannel.listen`."""
        return self._opening.listen()

    async def passive_address(self) -> IPAddress:
        """See `IDataChannel.passive_address`."""
        return await self._addresses.address_for(self._peer)

    async def target(self, address: IPAddress, port: int) -> None:
        """See `IDataChannel.target`."""
        self._opening.target(address, port)

    def chosen(self) -> bool:
        """See `IDataChannel.chosen`."""
        return self._opening.chosen

    async def send_file(self, handle: IReadHandle, translation: Translation | None, due: int | None) -> int:
        """See `IDataChannel.send_file`."""

        def move(route: Route) -> Work:
            route.due = due
            return transfers.send_file(route, handle, translation)

        return await self._download(Direction.DOWNLOAD, due if translation is None else None, move)

    async def send_pages(self, pages: AsyncIterator[bytes]) -> int:
        """See `IDataChannel.send_pages`."""
        async with closing(pages):
            return await self._download(Direction.LISTING, None, lambda route: transfers.send_pages(route, pages))

    async def receive_file(
        self, handle: IWriteHandle, translation: Translation | None, taken: TakenBytes | None = None
    ) -> ReceivedData:
        """See `IDataChannel.receive_file`."""
        end = DataEnd.FIN

        async def work(transfer: Transfer) -> None:
            nonlocal end
            opened = await self._opening.opened()
            try:
                transfer.begin(reset=opened.connection.is_reset)
                await transfers.receive_file(self._route(opened, transfer), handle, translation, taken)
                end = opened.upload_ended()
                yield_to_sender(opened.connection.socket)
            except StorageError:
                # The client may still send, and a reset would hide the reply from it.
                self._opening.end_unused(opened)
                raise
            except BaseException:
                self._endings.carry_out(opened.abort())
                raise
            self._held = opened

        byte_count = await self._carried_out(Direction.UPLOAD, None, work)
        return ReceivedData(byte_count, end)

    async def finish(self) -> None:
        """See `IDataChannel.finish`."""
        self._ended = None
        held, self._held = self._held, None
        if held is not None:
            self._endings.end(held)
        self._opening.unlisten()

    async def reset(self) -> None:
        """See `IDataChannel.reset`.

        Connections that end in order get `drain_seconds`, because closing them early could cost the client bytes.
        """
        transfer = self._transfer
        if transfer is not None:
            transfer.stop("the session gave up the data connection")
            await transfer.over()
        self._opening.end()
        await self.finish()
        await self._endings.over()

    def hurry(self) -> None:
        """See `IDataChannel.hurry`."""
        self._endings.hurry()

    def protect(self, on: bool) -> None:
        """See `IDataChannel.protect`."""
        self._opening.protect(on)

    def progress(self) -> Progress | None:
        """See `IDataChannel.progress`; an ended transfer is told until `finish`, for the event that reports it."""
        transfer = self._transfer or self._ended
        return None if transfer is None else transfer.progress()

    async def _download(self, direction: Direction, total: int | None, move: Callable[[Route], Work]) -> int:
        async def work(transfer: Transfer) -> None:
            opened = await self._opening.opened()
            try:
                transfer.begin(watch=partial(opened.connection.discard_input, transfer.input_seen))
                await move(self._route(opened, transfer))
                opened.download_ended()
            except BaseException:
                self._endings.carry_out(opened.cut())
                raise
            self._endings.put_off(opened)

        return await self._carried_out(direction, total, work)

    async def _carried_out(self, direction: Direction, total: int | None, work: Callable[[Transfer], Work]) -> int:
        transfer = Transfer(
            clock=self._reactor,
            stall_seconds=self._settings.stall_seconds,
            direction=direction,
            total=total,
            pacing=self._pacing,
            flow=self._flow(direction),
        )
        self._transfer = transfer
        self._slices.load.begin()
        try:
            return await transfer.run(work(transfer))
        finally:
            self._slices.load.end()
            self._transfer, self._ended = None, transfer

    def _route(self, opened: Opened, transfer: Transfer) -> Route:
        transfer.amount = self._slices.load.traffic.amounts[transfer.direction, opened.records is not None]
        return Route(
            connection=opened.connection,
            records=opened.records,
            slices=self._slices,
            moved=transfer.moved,
            allowed=transfer.allowed,
        )
