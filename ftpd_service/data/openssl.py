"""What pyOpenSSL's public methods cannot do without a copy or at all: here alone its binding is used for data.

`Connection.bio_read` allocates, copies twice for each call and cannot tell how much there is; `recv_into` allocates a
buffer of its own for each record; `bio_write` is typed for bytes only; `sendall` makes a call for each record.  A call
gives the interpreter's lock away, and other threads come in between, so a batch goes through here in one piece.
"""

from __future__ import annotations

from contextlib import suppress

from OpenSSL import SSL
from OpenSSL._util import ffi as _ffi
from OpenSSL._util import lib as _lib


def prepare(connection: SSL.Connection) -> None:
    """Have `encrypt` take all that it is given: pyOpenSSL's contexts want one record a call."""
    _lib.SSL_clear_mode(connection._ssl, _lib.SSL_MODE_ENABLE_PARTIAL_WRITE)


def encrypt(connection: SSL.Connection, data: memoryview | bytes) -> None:
    """Make records of octets, which wait as output: all of them in one call, as memory is never full.

    :raises OpenSSL.SSL.Error: the connection is past that.
    """
    if data:
        count = _lib.SSL_write(connection._ssl, _ffi.from_buffer(data), len(data))
        if count <= 0:
            connection._raise_ssl_error(connection._ssl, count)


def waiting_output(connection: SSL.Connection) -> memoryview:
    """The ciphertext that waits to be sent; true until the next call that has to do with this connection."""
    start = _ffi.new("char **")
    count = _lib.BIO_get_mem_data(connection._from_ssl, start)
    return memoryview(_ffi.buffer(start[0], count) if count > 0 else b"")


def drop_output(connection: SSL.Connection, count: int, waste: memoryview) -> None:
    """Take the first `count` octets of what waits away.

    :param waste: may be overwritten.
    """
    into = _ffi.from_buffer(waste, require_writable=True)
    while count > 0:
        count -= _lib.BIO_read(connection._from_ssl, into, min(count, len(waste)))


def feed(connection: SSL.Connection, data: memoryview) -> None:
    """Give ciphertext that was received; all of it is taken."""
    _lib.BIO_write(connection._into_ssl, _ffi.from_buffer(data), len(data))


def read_into(connection: SSL.Connection, room: memoryview) -> int:
    """Decrypt what is there, record by record, until the room is full or a record is not complete; the octets.

    It ends at close_notify too, which `Connection.get_shutdown` tells of.

    :raises OpenSSL.SSL.Error: a record is none.
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
    """Go on where nothing more is there for now, or close_notify has come.

    Java's JSSE says user_canceled right before it under TLS 1.3 (RFC 8446 section 6.1), and OpenSSL then calls the end
    an unexpected one; memory has no such ends.

    :raises OpenSSL.SSL.Error: it is neither.
    """
    try:
        with suppress(SSL.WantReadError, SSL.ZeroReturnError):
            connection._raise_ssl_error(connection._ssl, count)
    except SSL.SysCallError:
        if not connection.get_shutdown() & SSL.RECEIVED_SHUTDOWN:
            raise
