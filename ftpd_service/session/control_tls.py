"""The interface of TLS on the control connection.

`IControlTls` is not in ``interfaces.py`` because other packages do not need it: data connections need only
`ITlsSession`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftpd_service.interfaces import ITlsSession
from ftpd_service.values import Account

if TYPE_CHECKING:
    from OpenSSL.SSL import Connection


HELLO_OCTETS = 4096
"""The kept length of a client's first bytes; the suites of a ClientHello stand before its long parts."""


class IControlTls(ITlsSession):
    """TLS of one control connection, for its verbs and its Protocol."""

    def started() -> bool:
        """Whether the control connection's handshake goes on, or is done."""

    def begin_anew() -> None:
        """Forget the control connection's TLS, which REIN has ended: the next one is as the first."""

    def begun(connection: Connection) -> str:
        """Record that the control connection's handshake is done, and return the text for the log."""

    def prefer(host: str) -> None:
        """Choose the certificate of a HOST before AUTH, for a client that names no host in its handshake (RFC 7151)."""

    def serves(host: str) -> bool:
        """Whether one of the certificates names this host (in lower case)."""

    def agrees(host: str) -> bool:
        """Whether the client asked for no other host in its handshake (RFC 7151 section 4)."""

    def belongs_to(account: Account | None) -> None:
        """Judge and count later data connections by this account; None means that there is no login."""

    def unshared(hello: bytes) -> str:
        """Return the text for the log of a handshake that failed because no cipher suite is shared.

        :param hello: the client's first bytes, `HELLO_OCTETS` of them at most.
        """

    def client_name() -> str | None:
        """Return the account to which the client's certificate logs in without a password, or None."""

    def tally() -> str:
        """Return a summary of the data connections for the log; empty if there was no data connection."""
