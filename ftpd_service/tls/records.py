"""TLS of one connection as bytes and events: no socket, no clock, and no thread of its own.

Ciphertext that came is given to `Records.receive`, and `Records.next_event` then tells what it was, until it answers
None.  What is to be sent is given to `Records.write`.  Whatever either causes waits in `Records.output`, and the caller
says with `Records.sent` how much of it has gone.  When and how much is read and sent is the caller's business: control
and data connections differ in nothing else.

Everything may run on any thread, one call at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from OpenSSL import SSL

from ftpd_service.tls.openssl import drop_output, encrypt, feed, prepare, read_into, unread_input, waiting_output


@dataclass(frozen=True, slots=True)
class HandshakeDone:
    """The handshake is done: from here on bytes can be written."""


@dataclass(frozen=True, slots=True)
class Data:
    """Bytes came."""

    plain: memoryview
    """A part of the caller's room, valid until that is used again."""


@dataclass(frozen=True, slots=True)
class CloseNotify:
    """The client has ended its side in order; no further event follows."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The client's input has ended between two records, without close_notify; no further event follows."""


@dataclass(frozen=True, slots=True)
class Failed:
    """TLS cannot go on; no further event follows, and the alert that names the reason waits to be sent."""

    reason: str
    """OpenSSL's words, or ours."""


Event = HandshakeDone | Data | CloseNotify | Cut | Failed

_HANDSHAKE_DONE, _CLOSE_NOTIFY, _CUT = HandshakeDone(), CloseNotify(), Cut()


class Records:
    """One TLS connection, in server role.

    :ivar connection: OpenSSL's, on memory BIOs, to be asked about the handshake.
    :ivar shaken: whether the handshake is done.
    :ivar closed: whether the client's close_notify has come, also before `next_event` has told so.
    :ivar cut: whether the client's input has ended without it, likewise.
    :ivar failure: why TLS cannot go on, or nothing.
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
        """Take ciphertext that came, all of it; nothing at all is the end of the client's input."""
        if data:
            self._framing.add(data)
            feed(self.connection, data)
        elif not self._framing.whole:
            self._fail("the client's end came within a TLS record")
        else:
            self.cut = not self.closed

    def next_event(self, room: memoryview) -> Event | None:
        """What came next; None: nothing more until there is more ciphertext.

        :param room: where plain bytes go; a larger one takes more records in one event.
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
        """Make records of plain bytes; `failure` tells where that is no longer possible."""
        try:
            encrypt(self.connection, data)
        except SSL.Error as problem:
            self._fail(_reasons(problem))

    def close(self) -> None:
        """Put close_notify behind all that waits to be sent; safe to call twice."""
        if self._closing:
            return
        self._closing = True
        try:
            self.connection.shutdown()
        except SSL.Error as problem:
            self._fail(_reasons(problem))

    def output(self) -> memoryview:
        """The ciphertext that waits to be sent, valid until the next call of any kind."""
        return waiting_output(self.connection)

    @property
    def whole(self) -> bool:
        """Whether the bytes that came so far end where a record ends."""
        return self._framing.whole

    def unread(self) -> bytes:
        """What came behind the client's close_notify: it is no TLS, and is forgotten here."""
        return unread_input(self.connection)

    def take(self) -> bytes:
        """All of `output`, which is forgotten here: for a caller that keeps what it cannot send."""
        waiting = len(self.output())
        return self.connection.bio_read(waiting) if waiting else b""

    def sent(self, count: int, waste: memoryview) -> None:
        """Forget the first bytes of `output`.

        :param waste: a buffer that may be overwritten.
        """
        drop_output(self.connection, count, waste)

    def let_go(self) -> None:
        """Have OpenSSL take the connection for ended; called before it is dropped.

        Else OpenSSL would strike the session out of its context's cache, and the other data connections of a client
        that goes by session ids could not resume it.
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
    """Whether the bytes so far end where a record ends (RFC 8446 section 5.1)."""

    __slots__ = ("_header", "_left")

    def __init__(self) -> None:
        self._header = b""
        self._left = 0

    @property
    def whole(self) -> bool:
        """Whether no record has begun and not ended."""
        return not self._left and not self._header

    def add(self, data: memoryview | bytes) -> None:
        """Go on over the next bytes, from header to header."""
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
    """OpenSSL's own words for a problem, without its library's and functions' names."""
    first = problem.args[0] if problem.args else None
    if isinstance(first, list):
        return ", ".join(str(entry[-1]) for entry in first) or type(problem).__name__
    return str(problem.args[-1]) if problem.args else type(problem).__name__
