"""One end of TLS over memory, for control and data connections alike: bytes in, bytes out, no socket.

Certificates are not checked: what is measured is the server's work, on hosts that the user names.
"""

from __future__ import annotations

import contextlib
import ssl

_PIECE = 256 * 1024


def client_context() -> ssl.SSLContext:
    """A context that accepts any certificate; one serves a whole run, since sessions are resumed only within one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class TlsEnd:
    """The client's end of one TLS connection.

    :ivar established: whether the handshake is done.
    :ivar over: whether the peer has said close_notify.
    """

    def __init__(self, context: ssl.SSLContext, host: str, session: ssl.SSLSession | None = None) -> None:
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._arrived, self._leaving, server_hostname=host, session=session)
        self.established = False
        self.over = False

    @property
    def session(self) -> ssl.SSLSession | None:
        """Return the TLS session for further connections; under TLS 1.3 it exists only once a ticket has been read."""
        return self._object.session

    @property
    def resumed(self) -> bool:
        """Whether the handshake took up another connection's session."""
        return bool(self._object.session_reused)

    def feed(self, data: bytes) -> None:
        """Take encrypted bytes, and go on with the handshake if it is not done.

        :raises ssl.SSLError: the handshake failed.
        """
        self._arrived.write(data)
        if not self.established:
            self.shake()

    def shake(self) -> None:
        """Go on with the handshake as far as it goes."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._object.do_handshake()
            self.established = True

    def leaving(self) -> bytes:
        """Encrypted bytes that are due; empty if none are."""
        return self._leaving.read()

    def encrypt(self, data: bytes | memoryview) -> None:
        """Turn bytes into records, for `leaving`."""
        self._object.write(data)

    def decrypted(self) -> bytes:
        """Return the bytes of the records that are complete."""
        pieces = []
        with contextlib.suppress(ssl.SSLWantReadError):
            while not self.over:
                pieces.append(self._object.read(_PIECE))
                # An empty piece is close_notify; "no record is whole" is an exception.
                self.over = not pieces[-1]
        return b"".join(pieces)

    def close(self) -> None:
        """Say close_notify, for `leaving`; the peer's is not waited for."""
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()
