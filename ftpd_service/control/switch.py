"""TLS of one control connection: driven between the transport and the input, in the turns of the client's host.

Decrypting all that comes at once takes 20 ms where a client puts each line into a record of its own.  So ciphertext is
kept as it came, and `Records` gets a little of it at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from ftpd_service.control.shared import Shared
from ftpd_service.control.transport import Outgoing
from ftpd_service.events import TlsEnded, TlsStarted
from ftpd_service.session.control_tls import HELLO_BYTES, IControlTls
from ftpd_service.session.session import Session
from ftpd_service.tls.records import Data, Event, Failed, HandshakeDone

_RECORD_TYPES = range(20, 25)
"""The first byte of a TLS record (RFC 8446 section 5.1, RFC 6520): no line of FTP begins with one."""

_PIECE_BYTES = 1024
"""The most that is decrypted in one step: forty records of a NOOP each take some 0.3 ms (measured)."""

_ROOM = memoryview(bytearray(16 * 1024))
"""For the plain bytes of one step; all connections of the reactor's thread share it."""


class Above(Protocol):
    """What TLS asks of its connection."""

    def tls_begun(self) -> None:
        """The handshake is done: replies can be sent.  Called before the first byte is handed on."""

    def decrypted(self, data: bytes) -> None:
        """The client sent this under TLS."""

    def tls_ended(self, reason: str) -> None:
        """Close the connection.

        :param reason: for the log; empty where the client's close_notify came and was answered.
        """

    def in_clear(self, data: bytes) -> None:
        """TLS was taken off, and the client has ended it too; this has come behind."""


class TlsSwitch:
    """TLS between a transport and the connection above it.

    :ivar handshaking: whether the handshake is not done yet; nothing may be written meanwhile.
    :ivar over: whether the client has ended TLS, or TLS has failed.
    """

    def __init__(self, shared: Shared, session: Session, tls: IControlTls, *, outgoing: Outgoing) -> None:
        """Put TLS under a connection: from here on all that is sent is records."""
        self._shared = shared
        self._session = session
        self._tls = tls
        self._above: Above | None = None
        self._outgoing = outgoing
        self._came = bytearray()
        self._hello = b""
        self._records = tls.records()
        self._taken_off = False
        self.handshaking = True
        self.over = False
        outgoing.protect(self._records)

    def begin(self, above: Above, *, due: Callable[[], None], behind: Callable[[], None]) -> None:
        """Wait for the client's hello.

        :param due: has `go_on` called, now or in a turn to come.
        :param behind: stops reading until there is nothing to do.
        """
        self._above = above
        self._due = due
        self._behind = behind

    def arrived(self, data: bytes) -> None:
        """Keep what came until its turn; until then nothing more is read, the client's end neither."""
        self._came += data
        self._due()
        if self._came:
            self._behind()

    def go_on(self) -> bool:
        """Decrypt the next piece of what came; False where nothing waits."""
        if not self._came:
            return False
        if self._above is not None and self._taken_off and self._clear_follows():
            # curl in its passive mode (the default of --ftp-ssl-ccc) never answers our close_notify.
            self._leave(self._above, bytes(self._came))
            return True
        piece = bytes(self._came[:_PIECE_BYTES])
        del self._came[:_PIECE_BYTES]
        if self.handshaking:
            self._hello = (self._hello + piece)[:HELLO_BYTES]
        self._records.receive(piece)
        while self._above is not None and (event := self._records.next_event(_ROOM)) is not None:
            self._tell(self._above, event)
        self._outgoing.due()
        return True

    def close(self) -> None:
        """Put close_notify behind the last reply; what the client still sends is decrypted for its close_notify."""
        self._outgoing.flush()
        self._records.close()
        self._outgoing.flush()

    def take_off(self) -> None:
        """Send close_notify, and what follows in clear; drop what still comes under TLS.

        TLS ends for the client with its close_notify, or with a byte behind a record that begins no other record.
        """
        self._taken_off = True
        self.close()
        self._outgoing.go_clear()
        self._session.peer = replace(self._session.peer, secure=False)
        self._shared.emit(TlsEnded(session=self._session.id, peer=self._session.peer))

    def end(self) -> None:
        """Forget what came: the connection is gone, or given up.  Safe to call twice."""
        self._came.clear()
        # The connection must not hold itself.
        self._above = None

    def cut(self) -> None:
        """The client's input has ended without close_notify."""
        if self._above is not None:
            self._fail(self._above, "the client left")

    def _tell(self, above: Above, event: Event) -> None:
        if isinstance(event, Data):
            if not self._taken_off:
                above.decrypted(bytes(event.plain))
        elif isinstance(event, HandshakeDone):
            self._begun()
            above.tls_begun()
        elif isinstance(event, Failed):
            # The alert names the reason to the client.
            self._outgoing.flush()
            self._fail(above, event.reason)
        elif self._taken_off:
            self._leave(above, self._records.unread() + bytes(self._came))
        else:
            self._close_notify(above)

    def _close_notify(self, above: Above) -> None:
        self.over = True
        self._came.clear()
        self.close()
        above.tls_ended("")

    def _clear_follows(self) -> bool:
        return self._records.whole and self._came[0] not in _RECORD_TYPES

    def _leave(self, above: Above, rest: bytes) -> None:
        self.end()
        above.in_clear(rest)

    def _begun(self) -> None:
        self.handshaking = False
        self._hello = b""
        session, tls = self._session, self._tls
        text = tls.begun(self._records.connection)
        session.peer = replace(session.peer, secure=True)
        if not tls.agrees(session.host):
            # HOST came in clear, and the handshake names another host: the handshake counts (RFC 7151 section 4).
            session.host = ""
        self._shared.emit(TlsStarted(session=session.id, peer=session.peer, text=text))

    def _fail(self, above: Above, reason: str) -> None:
        self.over = True
        self._came.clear()
        if not self.handshaking:
            above.tls_ended("connection lost")
            return
        if "no shared cipher" in reason:
            self._shared.tell_unshared(self._session, self._tls.unshared(self._hello))
        above.tls_ended(f"TLS handshake failed: {reason}")
