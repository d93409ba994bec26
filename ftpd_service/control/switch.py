"""TLS of a control connection: between the transport and the input, in the turns of the client's host.

Decrypting all input at once takes 20 ms if a client sends each line in a record of its own.  So ciphertext is kept, and
`Records` gets a little of it at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from ftpd_service.control.shared import Shared
from ftpd_service.control.transport import Outgoing
from ftpd_service.events import TlsEnded, TlsFailed, TlsStarted
from ftpd_service.session.control_tls import HELLO_BYTES, IControlTls
from ftpd_service.session.session import Session
from ftpd_service.tls.records import Data, Event, Failed, HandshakeDone

_RECORD_TYPES = range(20, 25)
"""The first byte of a TLS record (RFC 8446 section 5.1, RFC 6520); no line of FTP begins with it."""

_PIECE_BYTES = 1024
"""The most that is decrypted in a step: forty records of a NOOP each take some 0.3 ms (measured)."""

_ROOM = memoryview(bytearray(16 * 1024))
"""The room for the plain bytes of a step; all connections of the reactor's thread share it."""


class Above(Protocol):
    """The methods of the connection that its TLS calls."""

    def tls_begun(self) -> None:
        """Note that the handshake is done and replies can be sent; this comes before the first byte."""

    def ended_in_order(self) -> None:
        """Note that the client has closed its side by close_notify; its commands are still answered."""

    def tls_ended(self, reason: str) -> None:
        """Close the connection, and log the reason."""

    def in_clear(self, data: bytes) -> None:
        """Go on in clear with these bytes: both sides have ended TLS."""


class TlsSwitch:
    """TLS between a transport and the connection above it.

    :ivar handshaking: whether the handshake still runs; nothing may be written meanwhile.
    :ivar over: whether the client has ended TLS, or TLS has failed.
    """

    def __init__(self, shared: Shared, session: Session, tls: IControlTls, *, outgoing: Outgoing) -> None:
        """Start TLS on a connection: from now on all output is in records."""
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

    def begin(
        self,
        above: Above,
        *,
        take: Callable[[bytes], None],
        due: Callable[[], None],
        behind: Callable[[], None],
    ) -> None:
        """Wait for the client's hello.

        :param take: takes the bytes that the client sends under TLS.
        :param due: has `go_on` called, now or in a later turn.
        :param behind: stops reading until there is nothing to do.
        """
        self._above = above
        self._take = take
        self._due = due
        self._behind = behind

    def arrived(self, data: bytes) -> None:
        """Keep ciphertext until its turn; until then nothing more is read, not even the client's end."""
        if self.over:
            # No data follows a close_notify, and commands that came before it may still run for a long time.
            return
        self._came += data
        self._due()
        if self._came:
            self._behind()

    def go_on(self) -> bool:
        """Decrypt the next piece of ciphertext; return False if there is none."""
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
        """Put close_notify behind the last reply; later input is decrypted to find the client's close_notify."""
        self._outgoing.flush()
        self._records.close()
        self._outgoing.flush()

    def take_off(self) -> None:
        """Send close_notify, and later replies in clear; drop later input under TLS.

        The client's TLS ends with its close_notify, or with a byte after a record that cannot begin a record.
        """
        self._taken_off = True
        self.close()
        self._outgoing.go_clear()
        self._session.peer = replace(self._session.peer, secure=False)
        self._shared.emit(TlsEnded(session=self._session.id, peer=self._session.peer))

    def end(self) -> None:
        """Forget the input, because the connection is gone or given up.  Safe to call again.

        An ended session waits for the garbage collector, which cannot see the memory of OpenSSL.  So this object is the
        only one that still holds the records.
        """
        self._came.clear()
        self._outgoing.go_clear()
        # This breaks a reference cycle of the connection.
        self._above = None

    def cut(self) -> None:
        """Note that the client has closed its side; the session is lost if no close_notify came before."""
        if self._above is not None and not self.over:
            self._fail(self._above, "the client left")

    def _tell(self, above: Above, event: Event) -> None:
        if isinstance(event, Data):
            if not self._taken_off:
                self._take(bytes(event.plain))
        elif isinstance(event, HandshakeDone):
            self._begun()
            above.tls_begun()
        elif isinstance(event, Failed):
            # The alert tells the reason to the client.
            self._outgoing.flush()
            self._fail(above, event.reason)
        elif self._taken_off:
            self._leave(above, self._records.unread() + bytes(self._came))
        else:
            self._close_notify(above)

    def _close_notify(self, above: Above) -> None:
        self.over = True
        self._came.clear()
        above.ended_in_order()

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
            # The handshake names another host than HOST in clear, and the handshake counts (RFC 7151 section 4).
            session.host = ""
        self._shared.emit(TlsStarted(session=session.id, peer=session.peer, text=text))

    def _fail(self, above: Above, reason: str) -> None:
        self.over = True
        self._came.clear()
        if not self.handshaking:
            above.tls_ended("connection lost")
            return
        self._shared.emit(TlsFailed(session=self._session.id, peer=self._session.peer))
        if "no shared cipher" in reason:
            self._shared.tell_unshared(self._session, self._tls.unshared(self._hello))
        above.tls_ended(f"TLS handshake failed: {reason}")
