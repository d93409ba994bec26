"""Connections that no transfer uses: their command was refused or failed, or another address was chosen first.

Such a connection ends in order.  A reset during a handshake, or while the client still sends, ends the whole session of
some clients (basic-ftp 6.2, commons-net 3.9), and hides the reply from them.  So a handshake, begun or expected, is
completed, and then the connection is ended with close_notify and FIN.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from ftpd_service.data.connection.descriptor import ConnectionDescriptor
from ftpd_service.data.connection.endings import Endings
from ftpd_service.data.connection.opened import Opened
from ftpd_service.data.reactor import Clock, Work
from ftpd_service.errors import DataError, TransferAborted
from ftpd_service.runtime.stepping import Work as Making
from ftpd_service.runtime.stepping import started

UNUSED_MOST = 8
"""The most connections of a session that end at the same time; beyond it the oldest is closed at once."""


class Unused:
    """Ends the unused connections of a session; `Endings` waits for them, too.

    :param seconds: the timeout of each end, with its handshake.
    """

    __slots__ = ("_clock", "_ending", "_endings", "_seconds")

    def __init__(self, clock: Clock, endings: Endings, seconds: float) -> None:
        self._clock = clock
        self._endings = endings
        self._seconds = seconds
        self._ending: list[Deferred[None]] = []

    def end(self, opened: Opened) -> None:
        """End a connection that is ready for a transfer."""
        self._carry_out(self._ended(opened, self._seconds))

    def end_shaking(self, shaking: Deferred[Opened]) -> None:
        """End a connection whose handshake runs or is done; a failure of the handshake is ignored."""
        self._carry_out(self._shaken_and_ended(shaking))

    def shake_and_end(
        self, connection: ConnectionDescriptor, shaken: Callable[[ConnectionDescriptor], Making[Opened]]
    ) -> None:
        """Shake hands on a connection and end it; this begins in a later turn, so that the reply goes out first.

        :param shaken: shakes hands, and ends the connection itself if that fails or is cancelled.
        """
        self._carry_out(self._begun_later(connection, shaken))

    async def _begun_later(
        self, connection: ConnectionDescriptor, shaken: Callable[[ConnectionDescriptor], Making[Opened]]
    ) -> None:
        turn: Deferred[None] = Deferred()
        call = self._clock.callLater(0, turn.callback, None)
        try:
            await turn
        except CancelledError:
            call.cancel()
            self._endings.carry_out(connection.abort())
            raise
        await self._shaken_and_ended(Deferred.fromCoroutine(shaken(connection)))

    async def _shaken_and_ended(self, shaking: Deferred[Opened]) -> None:
        until = self._clock.seconds() + self._seconds
        timer = self._clock.callLater(self._seconds, shaking.cancel)
        try:
            opened = await shaking
        except (DataError, CancelledError):
            return
        finally:
            if timer.active():
                timer.cancel()
        await self._ended(opened, until - self._clock.seconds())

    async def _ended(self, opened: Opened, seconds: float) -> None:
        if opened.records is not None:
            with suppress(TransferAborted):
                opened.records.close()
                opened.records.flush(0)
        await opened.end(self._clock, seconds)

    def _carry_out(self, work: Work) -> None:
        ending = started(work)
        if ending is None:
            return
        if len(self._ending) >= UNUSED_MOST:
            self._ending[0].cancel()
        self._ending.append(ending)
        ending.addBoth(self._forget, ending)
        self._endings.keep(ending)

    def _forget(self, result: Failure | None, ending: Deferred[None]) -> Failure | None:
        self._ending.remove(ending)
        if isinstance(result, Failure):
            # An ending beyond the limit was cancelled.
            result.trap(CancelledError)
        return None
