"""TLS of a control connection without certificates and ciphers: what is sent under it can be read."""

from __future__ import annotations

from OpenSSL import SSL
from zope.interface import implementer

from ftpd_service.session.control_tls import IControlTls
from ftpd_service.tls.records import CloseNotify, Data, Event, HandshakeDone, Records
from ftpd_service.values import Account

HELLO = b"hello"
"""What the client of a `FakeTls` says first, alone."""

CLOSE_NOTIFY = b"<close_notify>\r\n"
"""Its close_notify, and ours."""


class FakeRecords(Records):
    """Records in clear: the first piece that comes is the handshake, and a piece that is CLOSE_NOTIFY the end."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._written = b""
        self._closed_here = False
        self.shaken = False
        self.failure = ""

    def receive(self, data: memoryview | bytes) -> None:
        """Note what it is."""
        if not self.shaken:
            self.shaken = True
            self._events.append(HandshakeDone())
        elif data == CLOSE_NOTIFY:
            self._events.append(CloseNotify())
        else:
            self._events.append(Data(memoryview(data)))

    def next_event(self, room: memoryview) -> Event | None:
        """The events of what came, in order."""
        return self._events.pop(0) if self._events else None

    def write(self, data: memoryview | bytes) -> None:
        """Keep it."""
        self._written += data

    def close(self) -> None:
        """Say so."""
        if not self._closed_here:
            self._closed_here = True
            self._written += CLOSE_NOTIFY

    @property
    def whole(self) -> bool:
        """Never: only CLOSE_NOTIFY tells the end of TLS."""
        return False

    def unread(self) -> bytes:
        """Nothing: what follows CLOSE_NOTIFY is a piece of its own."""
        return b""

    def take(self) -> bytes:
        """What was kept."""
        written, self._written = self._written, b""
        return written


@implementer(IControlTls)
class FakeTls:
    """TLS without a certificate and without ciphers.

    :ivar loaded: whether there is a certificate.
    :ivar hosts: what the certificates name.
    :ivar asked: the server name that the client asks for in its handshake.
    :ivar certified: the account that the client's certificate logs in.
    :ivar preferred: the hosts that HOST chose in clear.
    :ivar owners: whose the data connections were said to be, in order.
    """

    def __init__(self) -> None:
        self.owners: list[str | None] = []
        self.hosts: set[str] = set()
        self.asked = ""
        self.certified: str | None = None
        self.preferred: list[str] = []
        self._active = False

    def active(self) -> bool:
        """Once the handshake was done."""
        return self._active

    def started(self) -> bool:
        """Once the handshake was done: nothing here is in between."""
        return self._active

    def records(self) -> Records:
        """Records that agree to anything, for the control connection: no data connection is made here."""
        records = FakeRecords()
        # What `begun` is given: nobody asks it anything.
        records.connection = SSL.Connection(SSL.Context(SSL.TLS_SERVER_METHOD))
        return records

    def admit_data(self, connection: SSL.Connection) -> None:
        """Always."""

    def download_ended(self, connection: SSL.Connection) -> None:
        """Nothing is counted."""

    def upload_ended(self, connection: SSL.Connection, *, clean: bool, client_present: bool) -> None:
        """Nothing is judged."""

    def begin_anew(self) -> None:
        """As before the handshake."""
        self._active = False

    def begun(self, connection: SSL.Connection) -> str:
        """The handshake was done."""
        self._active = True
        return "fake TLS"

    def prefer(self, host: str) -> None:
        """Note it."""
        self.preferred.append(host)

    def serves(self, host: str) -> bool:
        """As the test says."""
        return host in self.hosts

    def agrees(self, host: str) -> bool:
        """As the test says."""
        return not self._active or self.asked in ("", host)

    def belongs_to(self, account: Account | None) -> None:
        """Note it."""
        self.owners.append(None if account is None else account.name)

    def unshared(self, hello: bytes) -> str:
        """As long as what came."""
        return f"{len(hello)} bytes of hello"

    def client_name(self) -> str | None:
        """As the test says."""
        return self.certified if self._active else None

    def tally(self) -> str:
        """No data connection was ever made."""
        return ""
