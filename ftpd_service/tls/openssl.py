"""All uses of pyOpenSSL's private parts in this package (26.4).

Some calls have no public form: whether a session was resumed, which tickets are sent, and a parsed certificate for many
contexts.  Others cost too much in their public form for a batch of 256 KiB: `bio_read` allocates, copies twice and
cannot tell how much there is; `recv_into` allocates a buffer for each record; `bio_write` takes only bytes; `sendall`
makes a call for each record.  Each call releases the interpreter's lock to other threads, so a batch takes a single
call.

``tests/tls/test_private.py`` names each private part, and fails if a new release of pyOpenSSL has moved it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from OpenSSL import SSL, crypto
from OpenSSL._util import exception_from_error_queue
from OpenSSL._util import ffi as _ffi
from OpenSSL._util import lib as _lib

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


def resumed(connection: SSL.Connection) -> bool:
    """Whether the handshake resumed an earlier session; pyOpenSSL has no public method for this."""
    return bool(_lib.SSL_session_reused(connection._ssl))


def issue_no_ticket(connection: SSL.Connection) -> None:
    """Have a running full handshake give its client nothing that can be resumed.

    Under TLS 1.3 the client still gets a ticket, which names a session in the cache of its context.  If nothing is
    stored there (see `store_no_more`), the ticket resumes nothing.
    """
    _lib.SSL_set_options(connection._ssl, SSL.OP_NO_TICKET)


def store_no_more(context: SSL.Context) -> None:
    """Keep the sessions in the context's cache, and store no more in it.

    The public method refuses contexts that have made a connection, but OpenSSL reads this mode at each handshake.
    """
    mode = SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_INTERNAL_STORE
    _lib.SSL_CTX_set_session_cache_mode(context._context, mode)


class Shown:
    """A certificate, its chain and its key, parsed by OpenSSL once for all contexts.

    The public methods parse them for each context: that takes 13 KiB for each idle session and, with an RSA key,
    doubles the time of a handshake, because the first use of a key prepares it for later uses (measured).
    """

    __slots__ = ("_chain", "_key", "_own")

    def __init__(self, own: x509.Certificate, chain: Sequence[x509.Certificate], key: PrivateKey) -> None:
        self._own = crypto.X509.from_cryptography(own)
        self._chain = tuple(crypto.X509.from_cryptography(above) for above in chain)
        self._key = crypto.PKey.from_cryptography_key(key)

    def put_into(self, context: SSL.Context) -> None:
        """Put certificate, chain and key into an empty context; OpenSSL counts the references.

        :raises SSL.Error: OpenSSL finds one of them invalid or too weak.
        """
        inside = context._context
        _succeeded(_lib.SSL_CTX_use_certificate(inside, self._own._x509))
        for above in self._chain:
            # This call takes over the reference; the other two make references of their own.
            _succeeded(_lib.X509_up_ref(above._x509))
            _succeeded(_lib.SSL_CTX_add_extra_chain_cert(inside, above._x509))
        _succeeded(_lib.SSL_CTX_use_PrivateKey(inside, self._key._pkey))


def _succeeded(result: int) -> None:
    if result != 1:
        exception_from_error_queue(SSL.Error)


_UNREAD_BYTES = 1024


def prepare(connection: SSL.Connection) -> None:
    """Have `encrypt` take all that it is given; pyOpenSSL sets contexts to one record for each call."""
    _lib.SSL_clear_mode(connection._ssl, _lib.SSL_MODE_ENABLE_PARTIAL_WRITE)


def encrypt(connection: SSL.Connection, data: memoryview | bytes) -> None:
    """Encrypt bytes into records, which wait as output, in a single call; a memory BIO is never full.

    :raises OpenSSL.SSL.Error: the connection takes no more bytes.
    """
    if data:
        count = _lib.SSL_write(connection._ssl, _ffi.from_buffer(data), len(data))
        if count <= 0:
            connection._raise_ssl_error(connection._ssl, count)


def waiting_output(connection: SSL.Connection) -> memoryview:
    """Return the ciphertext that waits to be sent; valid until the next call with this connection."""
    start = _ffi.new("char **")
    count = _lib.BIO_get_mem_data(connection._from_ssl, start)
    return memoryview(_ffi.buffer(start[0], count) if count > 0 else b"")


def drop_output(connection: SSL.Connection, count: int, waste: memoryview) -> None:
    """Drop the first `count` bytes of the waiting output.

    :param waste: a buffer that is overwritten.
    """
    into = _ffi.from_buffer(waste, require_writable=True)
    while count > 0:
        count -= _lib.BIO_read(connection._from_ssl, into, min(count, len(waste)))


def feed(connection: SSL.Connection, data: memoryview | bytes) -> None:
    """Feed received ciphertext; all of it is taken."""
    _lib.BIO_write(connection._into_ssl, _ffi.from_buffer(data), len(data))


def unread_input(connection: SSL.Connection) -> bytes:
    """Take the ciphertext that was fed but not read; OpenSSL reads one record at a time."""
    room = bytearray(_UNREAD_BYTES)
    unread = bytearray()
    while (count := _lib.BIO_read(connection._into_ssl, _ffi.from_buffer(room), len(room))) > 0:
        unread += room[:count]
    return bytes(unread)


def read_into(connection: SSL.Connection, room: memoryview) -> int:
    """Decrypt records until the room is full or a record is incomplete; return the number of bytes.

    This also ends at close_notify, which `Connection.get_shutdown` tells.

    :raises OpenSSL.SSL.Error: a record is invalid.
    """
    into = _ffi.from_buffer(room, require_writable=True)
    filled = 0
    while filled < len(room):
        count = _lib.SSL_read(connection._ssl, into + filled, len(room) - filled)
        if count <= 0:
            _check_pause(connection, count)
            break
        filled += count
    return filled


def _check_pause(connection: SSL.Connection, count: int) -> None:
    """Return if no complete record is left, or close_notify has come.

    Before close_notify Java's JSSE sends user_canceled under TLS 1.3 (RFC 8446 section 6.1), and OpenSSL then reports
    an unexpected end, which cannot happen in memory.

    :raises OpenSSL.SSL.Error: another error has happened.
    """
    try:
        with suppress(SSL.WantReadError, SSL.ZeroReturnError):
            connection._raise_ssl_error(connection._ssl, count)
    except SSL.SysCallError:
        if not connection.get_shutdown() & SSL.RECEIVED_SHUTDOWN:
            raise
