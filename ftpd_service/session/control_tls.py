"""The interfaces of a session's TLS, for its verbs, its control connection and its data connections.

They are not in ``interfaces.py`` because other packages do not need them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

from ftpd_service.account import Account

if TYPE_CHECKING:
    from OpenSSL.SSL import Connection

    from ftpd_service.tls.records import Records


HELLO_BYTES = 4096
"""The kept length of a client's first bytes; the suites of a ClientHello stand before its long parts."""


class ITlsSession(Interface):
    """TLS of one control connection: a context of its own, so that only its own data connections can resume."""

    def active() -> bool:
        """Whether the control connection is protected."""

    def records() -> Records:
        """A new TLS connection in server role, of this session's own context."""

    def admit_data(connection: Connection) -> None:
        """Judge a data connection whose handshake is done.

        :raises ResumptionRequired: its text names the reason, for the log.
        """

    def download_ended(connection: Connection) -> None:
        """Count the ticket that the client has got."""

    def upload_ended(connection: Connection, *, clean: bool, client_present: bool) -> None:
        """Judge the end of an upload (`clean`: close_notify came); count the ticket where the client was still there.

        :raises TransferAborted: an end without close_notify is refused.
        """


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

        :param hello: the client's first bytes, `HELLO_BYTES` of them at most.
        """

    def client_name() -> str | None:
        """Return the account to which the client's certificate logs in without a password, or None."""

    def tally() -> str:
        """Return a summary of the data connections for the log; empty if there was no data connection."""
