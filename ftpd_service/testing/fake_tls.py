"""TLS of a control connection without certificates and ciphers, so that its bytes are readable."""

from __future__ import annotations

from OpenSSL import SSL
from zope.interface import implementer

from ftpd_service.account import Account
from ftpd_service.session.control_tls import IControlTls
from ftpd_service.tls.records import CloseNotify, Data, Event, HandshakeDone, Records

HELLO = b"hello"
"""The first piece from the client of a `FakeTls`."""

CLOSE_NOTIFY = b"<close_notify>\r\n"
"""The close_notify of the client, and of the server."""


class FakeRecords(Records):
    """Records in clear: the first piece is the handshake, and the piece CLOSE_NOTIFY the end."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._written = b""
        self._closed_here = False
        self.shaken = False
        self.failure = ""

    def receive(self, data: memoryview | bytes) -> None:
        """Note the event of a piece."""
        if not self.shaken:
            self.shaken = True
            self._events.append(HandshakeDone())
        elif data == CLOSE_NOTIFY:
            self._events.append(CloseNotify())
        else:
            self._events.append(Data(memoryview(data)))

    def next_event(self, room: memoryview) -> Event | None:
        """Return the next event."""
        return self._events.pop(0) if self._events else None

    def write(self, data: memoryview | bytes) -> None:
        """Keep the bytes."""
        self._written += data

    def close(self) -> None:
        """Add CLOSE_NOTIFY, once."""
        if not self._closed_here:
            self._closed_here = True
            self._written += CLOSE_NOTIFY

    @property
    def whole(self) -> bool:
        """False: only CLOSE_NOTIFY ends TLS."""
        return False

    def unread(self) -> bytes:
        """Return nothing: bytes behind CLOSE_NOTIFY are a piece of their own."""
        return b""

    def take(self) -> bytes:
        """Take the kept bytes."""
        written, self._written = self._written, b""
        return written


@implementer(IControlTls)
class FakeTls:
    """TLS without a certificate and without ciphers.

    :ivar hosts: the names in the certificates.
    :ivar asked: the server name that the client asks for in its handshake.
    :ivar certified: the account that the client's certificate logs in.
    :ivar preferred: the hosts that HOST chose in clear.
    :ivar owners: the accounts of the data connections, in order.
    """

    def __init__(self) -> None:
        self.owners: list[str | None] = []
        self.hosts: set[str] = set()
        self.asked = ""
        self.certified: str | None = None
        self.preferred: list[str] = []
        self._active = False

    def active(self) -> bool:
        """Whether the handshake is done."""
        return self._active

    def started(self) -> bool:
        """Whether the handshake is done; it takes a single piece."""
        return self._active

    def records(self) -> Records:
        """Return records for the control connection; there are no data connections."""
        records = FakeRecords()
        # `begun` gets this connection, and ignores it.
        records.connection = SSL.Connection(SSL.Context(SSL.TLS_SERVER_METHOD))
        return records

    def admit_data(self, connection: SSL.Connection) -> None:
        """Accept the connection."""

    def download_ended(self, connection: SSL.Connection) -> None:
        """Do nothing."""

    def upload_ended(self, connection: SSL.Connection, *, clean: bool, client_present: bool) -> None:
        """Do nothing."""

    def begin_anew(self) -> None:
        """Return to the state before the handshake."""
        self._active = False

    def begun(self, connection: SSL.Connection) -> str:
        """Note that the handshake is done."""
        self._active = True
        return "fake TLS"

    def prefer(self, host: str) -> None:
        """Note the host."""
        self.preferred.append(host)

    def serves(self, host: str) -> bool:
        """Whether the test has put the host into `hosts`."""
        return host in self.hosts

    def agrees(self, host: str) -> bool:
        """Whether the host is `asked`, or no name was asked for."""
        return not self._active or self.asked in ("", host)

    def belongs_to(self, account: Account | None) -> None:
        """Note the account."""
        self.owners.append(None if account is None else account.name)

    def unshared(self, hello: bytes) -> str:
        """Return the length of the hello, as text."""
        return f"{len(hello)} bytes of hello"

    def client_name(self) -> str | None:
        """Return `certified`, once the handshake is done."""
        return self.certified if self._active else None

    def tally(self) -> str:
        """Return nothing, as there are no data connections."""
        return ""
