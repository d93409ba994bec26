"""The TLS handshake of a data connection; in active mode, too, the server is the TLS server (RFC 4217 section 7)."""

from __future__ import annotations

from contextlib import suppress

from OpenSSL import SSL
from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.data.connection.descriptor import ConnectionDescriptor, translated_breaks
from ftpd_service.data.placement import Slices
from ftpd_service.data.reactor import Clock, Work
from ftpd_service.data.socket_records import SocketRecords
from ftpd_service.errors import DataHandshakeFailed, ResumptionRequired, TransferAborted
from ftpd_service.placed import Placement
from ftpd_service.session.control_tls import ITlsSession

_FLIGHT_BYTES = 16 * 1024


async def shaken_hands(
    connection: ConnectionDescriptor, tls: ITlsSession, *, slices: Slices, clock: Clock, seconds: float
) -> SocketRecords:
    """Shake hands and have the result checked.  The caller keeps the connection, also after a failure.

    :param slices: runs each step on the reactor, in its turn: a hop to the pool costs more than a signature (measured).
    :param seconds: the timeout of the whole handshake.
    :raises DataHandshakeFailed: the alert has been sent.
    :raises ResumptionRequired: close_notify has been sent.
    """
    records = SocketRecords(tls.records(), connection.socket)
    try:
        await _in_time(_shake(records, connection, slices), clock, seconds)
    except TransferAborted as problem:
        records.let_go()
        raise DataHandshakeFailed(f"TLS handshake: {problem}") from problem
    except BaseException:
        records.let_go()
        raise
    try:
        tls.admit_data(records.connection)
    except ResumptionRequired:
        with suppress(TransferAborted):
            records.close()
            records.flush(0)
        raise
    return records


async def _in_time(work: Work, clock: Clock, seconds: float) -> None:
    late: list[bool] = []
    shaking = Deferred.fromCoroutine(work)

    def stop() -> None:
        late.append(True)
        shaking.cancel()

    timer = clock.callLater(seconds, stop)
    try:
        await shaking
    except CancelledError as cancelled:
        if not late:
            raise
        raise DataHandshakeFailed("TLS handshake: timeout") from cancelled
    finally:
        if timer.active():
            timer.cancel()


async def _shake(records: SocketRecords, connection: ConnectionDescriptor, slices: Slices) -> None:
    step = _Step(records)
    while not step.done:
        step.data = await _flight(connection)
        await slices.run(step, Placement.REACTOR)
        while not step.flushed:
            await connection.writable()
            step.flush()
        if step.problem is not None:
            raise step.problem


class _Step:
    """A step of the handshake: the answer to a flight of the client.

    :ivar data: the client's flight.
    :ivar problem: the reason why the handshake failed; the alert may still wait to be sent.
    """

    __slots__ = ("_records", "data", "done", "flushed", "problem")

    def __init__(self, records: SocketRecords) -> None:
        self._records = records
        self.data = b""
        self.done = False
        self.flushed = False
        self.problem: DataHandshakeFailed | None = None

    def __call__(self) -> None:
        try:
            self.done = self._records.handshake(self.data)
        except DataHandshakeFailed as problem:
            self.problem = problem
        # After the client's Finished, TLS 1.3 sends only session tickets.  They wait for the first bytes of a download
        # or for the end of an upload.  TLS 1.2 clients need the last flight at once.
        connection = self._records.connection
        self.flushed = self.done and connection.get_protocol_version() >= SSL.TLS1_3_VERSION
        if not self.flushed:
            self.flush()

    def flush(self) -> None:
        """Send the records that wait."""
        try:
            self.flushed = self._records.flush(0)
        except TransferAborted:
            # A client that left because of the problem is no further problem.
            if self.problem is None:
                raise
            self.flushed = True


async def _flight(connection: ConnectionDescriptor) -> bytes:
    """Return the next bytes of the client.

    :raises DataHandshakeFailed: the client closed the connection.
    """
    while True:
        try:
            with translated_breaks:
                data = connection.socket.recv(_FLIGHT_BYTES)
        except BlockingIOError:
            await connection.readable()
            continue
        if not data:
            raise DataHandshakeFailed("TLS handshake: the client ended the connection")
        return data
