"""TLS of a connection as bytes and events, without socket, clock or thread.

`Records.receive` takes received ciphertext, and `Records.next_event` then returns its events, until it returns None.
`Records.write` takes plain bytes.  Output of both waits in `Records.output`, and the caller reports with `Records.sent`
how much of it was sent.  The caller decides when and how much is read and sent: control and data connections differ
only in that.

Every method may run on any thread, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from OpenSSL import SSL

from ftpd_service.tls.openssl import drop_output, encrypt, feed, prepare, read_into, unread_input, waiting_output


@dataclass(frozen=True, slots=True)
class HandshakeDone:
    """The handshake is done: from now on bytes can be written."""


@dataclass(frozen=True, slots=True)
class Data:
    """Plain bytes of the client."""

    plain: memoryview
    """A part of the caller's room, valid until the room is used again."""


@dataclass(frozen=True, slots=True)
class CloseNotify:
    """The client has ended its side in order; no further event follows."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The client's input has ended between two records, without close_notify; no further event follows."""


@dataclass(frozen=True, slots=True)
class Failed:
    """TLS has failed; no further event follows, and the alert with the reason waits to be sent."""

    reason: str
    """The reason, in OpenSSL's words or ours."""


Event = HandshakeDone | Data | CloseNotify | Cut | Failed

_HANDSHAKE_DONE, _CLOSE_NOTIFY, _CUT = HandshakeDone(), CloseNotify(), Cut()


class Records:
    """A TLS connection in the role of the server.

    :ivar connection: OpenSSL's connection on memory BIOs, for questions about the handshake.
    :ivar shaken: whether the handshake is done.
    :ivar closed: whether the client's close_notify has come, even before its event.
    :ivar cut: whether the client's input has ended without close_notify, even before its event.
    :ivar failure: the reason why TLS has failed; empty if it has not.
    """

    __slots__ = ("_closing", "_framing", "_over", "closed", "connection", "cut", "failure", "shaken")

    def __init__(self, connection: SSL.Connection) -> None:
        """Take a connection on memory BIOs, in accept state."""
        self.connection = connection
        prepare(connection)
        self._framing = Framing()
        self._closing = self._over = False
        self.shaken = self.closed = self.cut = False
        self.failure = ""

    def receive(self, data: memoryview | bytes) -> None:
        """Take received ciphertext; empty data is the end of the client's input."""
        if data:
            self._framing.add(data)
            feed(self.connection, data)
        elif not self._framing.whole:
            self._fail("the client's end came within a TLS record")
        else:
            self.cut = not self.closed

    def next_event(self, room: memoryview) -> Event | None:
        """Return the next event, or None until there is more ciphertext.

        :param room: the buffer for plain bytes; a larger buffer takes more records in an event.
        """
        if self._over:
            return None
        event: Event | None = None
        if not self.failure:
            event = self._read(room) if self.shaken else self._shake()
        if event is None:
            event = self._end()
            self._over = event is not None
        return event

    def write(self, data: memoryview | bytes) -> None:
        """Encrypt plain bytes into records; if that is impossible, `failure` is set."""
        try:
            encrypt(self.connection, data)
        except SSL.Error as problem:
            self._fail(_reasons(problem))

    def close(self) -> None:
        """Put close_notify behind the waiting output; safe to call again."""
        if self._closing:
            return
        self._closing = True
        try:
            self.connection.shutdown()
        except SSL.Error as problem:
            self._fail(_reasons(problem))

    def output(self) -> memoryview:
        """Return the ciphertext that waits to be sent, valid until the next call of any method."""
        return waiting_output(self.connection)

    @property
    def whole(self) -> bool:
        """Whether the received bytes end where a record ends."""
        return self._framing.whole

    def unread(self) -> bytes:
        """Take the bytes behind the client's close_notify, which are not TLS."""
        return unread_input(self.connection)

    def take(self) -> bytes:
        """Take all of `output`, for a caller that keeps the bytes it cannot send."""
        waiting = len(self.output())
        return self.connection.bio_read(waiting) if waiting else b""

    def sent(self, count: int, waste: memoryview) -> None:
        """Drop the first bytes of `output`, which were sent.

        :param waste: a buffer that is overwritten.
        """
        drop_output(self.connection, count, waste)

    def let_go(self) -> None:
        """Have OpenSSL take the connection for ended, before it is dropped.

        Otherwise OpenSSL would remove the session from its context's cache, and other data connections of a client that
        uses session ids could not resume it.
        """
        self.connection.set_shutdown(self.connection.get_shutdown() | SSL.SENT_SHUTDOWN)

    def _shake(self) -> Event | None:
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            return None
        except SSL.Error as problem:
            self._fail(_reasons(problem))
            return None
        self.shaken = True
        return _HANDSHAKE_DONE

    def _read(self, room: memoryview) -> Event | None:
        try:
            filled = read_into(self.connection, room)
        except SSL.Error as problem:
            self._fail(_reasons(problem))
            return None
        self.closed = bool(self.connection.get_shutdown() & SSL.RECEIVED_SHUTDOWN)
        return Data(room[:filled]) if filled else None

    def _end(self) -> Event | None:
        if self.failure:
            return Failed(self.failure)
        if self.closed:
            return _CLOSE_NOTIFY
        return _CUT if self.cut else None

    def _fail(self, reason: str) -> None:
        self.failure = self.failure or reason


class Framing:
    """The boundaries of records in the received bytes (RFC 8446 section 5.1)."""

    __slots__ = ("_header", "_left")

    def __init__(self) -> None:
        self._header = b""
        self._left = 0

    @property
    def whole(self) -> bool:
        """Whether the bytes end where a record ends."""
        return not self._left and not self._header

    def add(self, data: memoryview | bytes) -> None:
        """Follow the next bytes, from header to header."""
        at, end = self._left, len(data)
        if self._header:
            needed = 5 - len(self._header)
            self._header += bytes(data[:needed])
            if len(self._header) < 5:
                return
            at = needed + _length(self._header, 0)
            self._header = b""
        while at + 5 <= end:
            at += 5 + _length(data, at)
        if at < end:
            self._header = bytes(data[at:])
        self._left = max(0, at - end)


def _length(data: memoryview | bytes, at: int) -> int:
    return data[at + 3] << 8 | data[at + 4]


def _reasons(problem: SSL.Error) -> str:
    """Return OpenSSL's reasons, without the names of its library and functions."""
    first = problem.args[0] if problem.args else None
    if isinstance(first, list):
        return ", ".join(str(entry[-1]) for entry in first) or type(problem).__name__
    return str(problem.args[-1]) if problem.args else type(problem).__name__
