"""What pyOpenSSL's public side does not tell, or not cheaply: its binding does (26.4)."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from OpenSSL import SSL, crypto
from OpenSSL._util import exception_from_error_queue
from OpenSSL._util import lib as _lib

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey


def resumed(connection: SSL.Connection) -> bool:
    """Whether the handshake resumed an earlier session: there is no public word for it."""
    return bool(_lib.SSL_session_reused(connection._ssl))


def issue_no_ticket(connection: SSL.Connection) -> None:
    """Have a full handshake that is going on give its client nothing that can be resumed.

    Under TLS 1.3 the client is still sent a ticket, which names a session in the cache of its context: where nothing
    is stored there (see `store_no_more`), the ticket resumes nothing.
    """
    _lib.SSL_set_options(connection._ssl, SSL.OP_NO_TICKET)


def store_no_more(context: SSL.Context) -> None:
    """Keep what the context's cache of sessions holds, and store nothing more in it.

    The public method refuses contexts that have made a connection; this mode OpenSSL asks anew at each handshake.
    """
    mode = SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_INTERNAL_STORE
    _lib.SSL_CTX_set_session_cache_mode(context._context, mode)


class Shown:
    """What contexts show: a certificate, those above it and its key, parsed by OpenSSL once for all contexts.

    The public methods parse anew for each context: 13 KiB more an idle session, and with an RSA key twice the time of a
    handshake, as the key's first use prepares it for the next ones (measured).
    """

    __slots__ = ("_chain", "_key", "_own")

    def __init__(self, own: x509.Certificate, chain: Sequence[x509.Certificate], key: PrivateKey) -> None:
        self._own = crypto.X509.from_cryptography(own)
        self._chain = tuple(crypto.X509.from_cryptography(above) for above in chain)
        self._key = crypto.PKey.from_cryptography_key(key)

    def put_into(self, context: SSL.Context) -> None:
        """Give them to a context that has none; OpenSSL counts who holds them.

        :raises SSL.Error: OpenSSL takes one for none, or for too weak.
        """
        inside = context._context
        _succeeded(_lib.SSL_CTX_use_certificate(inside, self._own._x509))
        for above in self._chain:
            # This call takes the reference over, those beside it make one of their own.
            _succeeded(_lib.X509_up_ref(above._x509))
            _succeeded(_lib.SSL_CTX_add_extra_chain_cert(inside, above._x509))
        _succeeded(_lib.SSL_CTX_use_PrivateKey(inside, self._key._pkey))


def _succeeded(result: int) -> None:
    if result != 1:
        exception_from_error_queue(SSL.Error)
