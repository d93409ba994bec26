"""One connection at the admin socket: bytes to lines, answers to bytes, and the time that each may take.

A program that sends or takes nothing, or sends too much, loses its connection.  The service itself never waits.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol as Shape

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.admin_socket.asked import REQUEST_BYTES, BadRequest, error_line
from ftpd_service.admin_socket.callers import Caller, caller_at
from ftpd_service.runtime.turns import Clock

_log = Logger(namespace="ftpd")

REQUEST_SECONDS = 10.0
"""The time for the first line, and for the rest of a line."""

BETWEEN_SECONDS = 300.0
"""The time between an answer and the next request."""

TAKEN_SECONDS = 30.0
"""The time in which a program must take a part of its answer, and at the end the rest of the answer."""


class Left(Exception):
    """The program at the other end has left."""


class UnixTransport(Shape):
    """The parts of Twisted's transport that are used."""

    def getHandle(self) -> socket.socket:
        """Return the socket."""

    def write(self, data: bytes) -> None:
        """Send bytes, in time."""

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        """Pause a producer while the buffer is full."""

    def unregisterProducer(self) -> None:
        """Pause the producer no more."""

    def pauseProducing(self) -> None:
        """Read nothing."""

    def resumeProducing(self) -> None:
        """Read on."""

    def loseConnection(self) -> None:
        """Close once everything is sent."""

    def abortConnection(self) -> None:
        """Close at once."""


class Answers(Shape):
    """The desk at which a conversation is held, as `ftpd_service.admin_socket.desk.Desk` is."""

    def admit(self, conversation: Conversation) -> None:
        """Count a connection, or raise BadRequest."""

    def dismiss(self, conversation: Conversation) -> None:
        """Discount a connection that was admitted."""

    async def answer(self, line: bytes, conversation: Conversation) -> None:
        """Answer a request, or raise BadRequest."""


@implementer(IHalfCloseableProtocol, IPushProducer)
class Conversation(Protocol):
    """The requests and answers of one connection; a request waits until earlier requests are answered.

    :ivar caller: the program at the other end.
    """

    transport: UnixTransport  # type: ignore[assignment]  # Twisted declares less than its transports have
    caller: Caller

    def __init__(self, desk: Answers, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._input = bytearray()
        self._admitted = self._answered = self._ended = self._gone = self._closing = self._full = False
        self._for_line: Deferred[None] | None = None
        self._for_room: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._at_end: Callable[[], None] | None = None

    # Calls of the transport

    def connectionMade(self) -> None:
        """Begin to answer."""
        self.caller = caller_at(self.transport.getHandle())
        self.transport.registerProducer(self, True)
        Deferred.fromCoroutine(self._converse()).addErrback(self._broken).addBoth(self._end)

    def dataReceived(self, data: bytes) -> None:
        """Keep bytes for the next line; more than a line are not read."""
        self._input += data
        if len(self._input) > REQUEST_BYTES:
            self.transport.pauseProducing()
        self._wake_line()

    def readConnectionLost(self) -> None:
        """Note that no request follows; requests that have come are answered."""
        self._ended = True
        if self._at_end is not None:
            self._at_end()
        self._wake_line()

    def writeConnectionLost(self) -> None:
        """Do nothing: our side ends with the whole connection."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note that the program has left."""
        self._gone = True
        self._stop_timer()
        if self._admitted:
            self._admitted = False
            self._desk.dismiss(self)
        if self._at_end is not None:
            self._at_end()
        self._wake_line()
        self._wake_room()

    def pauseProducing(self) -> None:
        """Note that the transport's buffer is full."""
        self._full = True

    def resumeProducing(self) -> None:
        """Note that the transport's buffer is empty."""
        self._full = False
        self._wake_room()

    def stopProducing(self) -> None:
        """Do nothing: `connectionLost` follows."""

    # The conversation

    def tell_end(self, at_end: Callable[[], None] | None) -> None:
        """Call a function once the program has closed its side, at once if it has; None takes the function back."""
        self._at_end = at_end
        if at_end is not None and (self._ended or self._gone):
            at_end()

    async def write(self, data: bytes, *, seconds: float = TAKEN_SECONDS) -> None:
        """Send bytes, and wait while the program takes no bytes.

        :raises Left: the program has left, or has taken no bytes for so many seconds.
        """
        if self._gone:
            raise Left
        self.transport.write(data)
        if self._full:
            self._timer = self._clock.callLater(seconds, self.transport.abortConnection)
            self._for_room = Deferred()
            await self._for_room
            if self._gone:
                raise Left

    def finish(self) -> None:
        """End now, or after the answer to a request that is being carried out."""
        self._input.clear()
        self.readConnectionLost()

    def abort(self) -> None:
        """Close at once."""
        if not self._gone:
            self.transport.abortConnection()

    def _end(self, result: object) -> None:
        """Close once everything that was written is sent."""
        if not self._closing and not self._gone:
            self._closing = True
            self._stop_timer()
            self.transport.unregisterProducer()
            self.transport.loseConnection()
            self._timer = self._clock.callLater(TAKEN_SECONDS, self.transport.abortConnection)

    async def _converse(self) -> None:
        try:
            self._desk.admit(self)
            self._admitted = True
            while (line := await self._line()) is not None:
                await self._desk.answer(line, self)
                await self._yield()
        except BadRequest as problem:
            self._say(problem.code, str(problem))
        except Left:
            pass

    async def _yield(self) -> None:
        """Let the reactor do other work between two requests."""
        due: Deferred[None] = Deferred()
        self._clock.callLater(0, due.callback, None)
        await due

    async def _line(self) -> bytes | None:
        """Return the next line, or None at the end.

        :raises BadRequest: the line is too long, or does not come.
        """
        begun = not self._answered
        due = self._clock.seconds() + (REQUEST_SECONDS if begun else BETWEEN_SECONDS)
        while not self._gone and not self._closing:
            line = self._taken()
            if line is not None:
                self._answered = True
                return line
            if self._ended:
                if self._input:
                    raise BadRequest("no-line", "the last line has no line end")
                return None
            if self._input and not begun:
                begun, due = True, self._clock.seconds() + REQUEST_SECONDS
            self._timer = self._clock.callLater(max(due - self._clock.seconds(), 0.0), self._too_slow)
            self._for_line = Deferred()
            await self._for_line
        return None

    def _taken(self) -> bytes | None:
        """Take a line out of the input, if there is a whole line."""
        end = self._input.find(b"\n", 0, REQUEST_BYTES)
        if end < 0:
            if len(self._input) >= REQUEST_BYTES:
                raise BadRequest("too-long", f"a line is longer than {REQUEST_BYTES} bytes")
            return None
        line = bytes(self._input[:end])
        del self._input[: end + 1]
        if len(self._input) <= REQUEST_BYTES and not self._ended:
            self.transport.resumeProducing()
        return line

    def _too_slow(self) -> None:
        self._timer = None
        waiting, self._for_line = self._for_line, None
        if waiting is not None:
            waiting.errback(BadRequest("too-slow", "no request came in time"))

    def _wake_line(self) -> None:
        waiting, self._for_line = self._for_line, None
        if waiting is not None:
            self._stop_timer()
            waiting.callback(None)

    def _wake_room(self) -> None:
        waiting, self._for_room = self._for_room, None
        if waiting is not None:
            self._stop_timer()
            waiting.callback(None)

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()

    def _broken(self, failure: Failure) -> None:
        """Log a fault of this program."""
        _log.failure("a request at the admin socket failed", failure=failure)
        self._say("fault", "a fault of this program: its log has a traceback, which is worth a report")

    def _say(self, code: str, text: str) -> None:
        if not self._gone:
            self.transport.write(error_line(code, text))
