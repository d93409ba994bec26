"""One open data connection, plain or protected: how a transfer on it ends."""

from __future__ import annotations

from ftpd_service.data.connection.descriptor import ConnectionDescriptor
from ftpd_service.data.reactor import Clock
from ftpd_service.data.socket_records import SocketRecords
from ftpd_service.session.control_tls import ITlsSession


class Opened:
    """A connection and, where it is protected, its record layer; `end` or `abort` is called exactly once.

    :ivar connection: the descriptor.
    :ivar records: None in clear.
    """

    __slots__ = ("_tls", "_uploaded", "connection", "records")

    def __init__(
        self, connection: ConnectionDescriptor, records: SocketRecords | None = None, tls: ITlsSession | None = None
    ) -> None:
        """Take over a connection, with what the session's TLS made of it."""
        self.connection = connection
        self.records = records
        self._tls = tls
        self._uploaded = False

    def download_ended(self) -> None:
        """Send the FIN behind the last octet.

        :raises TransferAborted: the connection is broken.
        """
        self.connection.end_output()
        if self._tls is not None and self.records is not None:
            self._tls.download_ended(self.records.connection)

    def upload_ended(self) -> None:
        """Judge the client's end.

        :raises TransferAborted: it is none.
        """
        if self._tls is not None and self.records is not None:
            self._tls.upload_ended(self.records.connection, clean=self.records.closed, client_present=False)
            self._uploaded = True

    async def end(self, clock: Clock, seconds: float) -> None:
        """End in order, see `ConnectionDescriptor.end`; a client that was there for it has got its ticket."""
        self._let_go()
        heard = await self.connection.end(clock, seconds, proof=self._uploaded)
        if self._tls is not None and self.records is not None and heard and self.records.closed:
            self._tls.upload_ended(self.records.connection, clean=True, client_present=True)

    async def abort(self) -> None:
        """Close at once.  Without close_notify: a client is not to take a part for the whole."""
        self._let_go()
        await self.connection.abort()

    async def cut(self) -> None:
        """Close a download at once that is not whole: in clear by a reset, as an end would call it whole.

        Under TLS the missing close_notify tells it.
        """
        if self.records is None:
            self.connection.reset_at_close()
        await self.abort()

    def _let_go(self) -> None:
        if self.records is not None:
            self.records.let_go()
