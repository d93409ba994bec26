"""The one thing about a connection that pyOpenSSL's public side does not tell."""

from __future__ import annotations

from OpenSSL import SSL
from OpenSSL._util import lib as _lib


def resumed(connection: SSL.Connection) -> bool:
    """Whether the handshake resumed an earlier session: pyOpenSSL 26.4 has no public word for it, its binding has."""
    return bool(_lib.SSL_session_reused(connection._ssl))
