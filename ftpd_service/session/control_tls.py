"""What a session asks of TLS beyond its data connections.

`IControlTls` stands here and not in ``interfaces.py`` because it is no seam for strangers: who makes data connections
needs `ITlsSession` alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftpd_service.interfaces import ITlsSession
from ftpd_service.values import Account

if TYPE_CHECKING:
    from OpenSSL.SSL import Connection


HELLO_OCTETS = 4096
"""As much of what a client says first is kept: the suites of a ClientHello stand before what may be long in it."""


class IControlTls(ITlsSession):
    """TLS of one control connection, as its verbs and its Protocol see it."""

    def started() -> bool:
        """Whether the control connection's handshake goes on, or is done."""

    def begin_anew() -> None:
        """Forget the control connection's TLS, which REIN has ended: the next one is as the first."""

    def begun(connection: Connection) -> str:
        """Take note that the control connection's handshake is done; what to log of it."""

    def prefer(host: str) -> None:
        """HOST came before AUTH: show this host's certificate to a client that asks for none by name (RFC 7151)."""

    def serves(host: str) -> bool:
        """Whether one of the certificates names this host (in lower case)."""

    def agrees(host: str) -> bool:
        """Whether the client asked for no other host in its handshake (RFC 7151 section 4)."""

    def belongs_to(account: Account | None) -> None:
        """Judge and count data connections by this account from here on; None: nobody is logged in."""

    def unshared(hello: bytes) -> str:
        """What to log of a handshake that failed as no cipher suite is shared.

        :param hello: what the client sent first, `HELLO_OCTETS` of it at most.
        """

    def client_name() -> str | None:
        """The account that the client's certificate logs in without a password, or None."""

    def tally() -> str:
        """How the data connections went, for the log; empty where there was none."""
