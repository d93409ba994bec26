"""An open data connection, plain or protected, and the ends of its transfer."""

from __future__ import annotations

from ftpd_service.data.connection.descriptor import ConnectionDescriptor
from ftpd_service.data.reactor import Clock
from ftpd_service.data.socket_records import SocketRecords
from ftpd_service.session.control_tls import ITlsSession
from ftpd_service.values import DataEnd


class Opened:
    """A connection and, if protected, its record layer; either `end` or `abort` is called, exactly once.

    :ivar connection: the descriptor.
    :ivar records: the record layer; None in clear.
    """

    __slots__ = ("_tls", "_uploaded", "connection", "records")

    def __init__(
        self, connection: ConnectionDescriptor, records: SocketRecords | None = None, tls: ITlsSession | None = None
    ) -> None:
        """Take over a connection, and the TLS that the session has put on it."""
        self.connection = connection
        self.records = records
        self._tls = tls
        self._uploaded = False

    def download_ended(self) -> None:
        """Send the FIN behind the last byte.

        :raises TransferAborted: the connection is broken.
        """
        self.connection.end_output()
        if self._tls is not None and self.records is not None:
            self._tls.download_ended(self.records.connection)

    def upload_ended(self) -> DataEnd:
        """Return the kind of the client's end.

        :raises TransferAborted: it does not count as the end of a file.
        """
        if self.records is None:
            return DataEnd.FIN
        if self._tls is not None:
            self._tls.upload_ended(self.records.connection, clean=self.records.closed, client_present=False)
            self._uploaded = True
        return DataEnd.CLOSE_NOTIFY if self.records.closed else DataEnd.TRUNCATED

    async def end(self, clock: Clock, seconds: float) -> None:
        """End in order, see `ConnectionDescriptor.end`; a client that stayed until then has got its ticket."""
        self._let_go()
        heard = await self.connection.end(clock, seconds, proof=self._uploaded)
        if self._tls is not None and self.records is not None and heard and self.records.closed:
            self._tls.upload_ended(self.records.connection, clean=True, client_present=True)

    async def abort(self) -> None:
        """Close at once, without close_notify, so that a client does not take a part for the whole."""
        self._let_go()
        await self.connection.abort()

    async def cut(self) -> None:
        """Close an incomplete download at once: in clear by a reset, because an end would call the file whole.

        Under TLS the missing close_notify says the same.
        """
        if self.records is None:
            self.connection.reset_at_close()
        await self.abort()

    def _let_go(self) -> None:
        if self.records is not None:
            self.records.let_go()
