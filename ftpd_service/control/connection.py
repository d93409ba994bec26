"""The control connection's Protocol: bytes to lines to the queue, replies to bytes, and the session's two timers.

It knows no verb.  The order of events at the end of a session: the queue takes nothing more, the last reply is
written, our side is closed, what the client still sends is thrown away until it closes too or a few seconds have
passed (closing with unread input would reset the connection and destroy the last reply on its way), and when the
connection is gone the running verb is cancelled and the session's parts are given back.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Protocol as TypingProtocol

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IDelayedCall, IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.commands.context import Context
from ftpd_service.control.leaving import has_left
from ftpd_service.control.queue import CommandQueue, Host
from ftpd_service.errors import BadArgument, BadSyntax
from ftpd_service.events import SessionEnded, SessionStarted
from ftpd_service.session.login import LoggedIn
from ftpd_service.session.parts import SessionParts
from ftpd_service.session.session import Session
from ftpd_service.wire import replies
from ftpd_service.wire.lines import Line, LineSplitter, LineTooLong, TelnetAnswer
from ftpd_service.wire.reply import After, Final, Preliminary, encode
from ftpd_service.wire.request import Request, foreign_protocol, parse_request

if TYPE_CHECKING:
    from ftpd_service.control.factory import Shared


class ControlTransport(TypingProtocol):
    """What a control connection asks of its transport: ITCPTransport, IConsumer and IPushProducer together."""

    def write(self, data: bytes, /) -> None: ...
    def getPeer(self) -> IPv4Address | IPv6Address: ...
    def getHost(self) -> IPv4Address | IPv6Address: ...
    def loseConnection(self) -> None: ...
    def loseWriteConnection(self) -> None: ...
    def abortConnection(self) -> None: ...
    def setTcpNoDelay(self, enabled: bool, /) -> None: ...
    def setTcpKeepAlive(self, enabled: bool, /) -> None: ...
    def registerProducer(self, producer: IPushProducer, streaming: bool, /) -> None: ...
    def unregisterProducer(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...


@implementer(IHalfCloseableProtocol, IPushProducer)
class ControlConnection(Protocol):
    """One control connection; made by `ControlFactory` once the caps let the client in."""

    session: Session
    transport: ControlTransport  # type: ignore[assignment]  # Twisted declares less than every TCP transport has

    def __init__(
        self,
        shared: Shared,
        admit: Callable[[ControlConnection], SessionParts | None],
        gone: Callable[[ControlConnection], None],
    ) -> None:
        self._shared = shared
        self._admit = admit
        self._gone = gone
        self._splitter = LineSplitter(limit=shared.settings.line_octets, strict=shared.settings.strict_line_ends)
        self._login_timer: IDelayedCall | None = None
        self._idle_timer: IDelayedCall | None = None
        self._idle_allowed = 0.0
        self._reaper: IDelayedCall | None = None
        self._active = 0.0
        self._closing = ""
        self._draining = False

    def _join(self, parts: SessionParts) -> None:
        """Take the parts of the session, now that the client is let in."""
        shared = self._shared
        self.session = parts.session
        self._data = parts.data
        self._context = Context(
            parts=parts,
            catalogue=shared.dispatcher.table,
            emit=shared.emit,
            send=self._send_preliminary,
            client_left=self._client_left,
            compute=shared.compute,
            now=shared.now,
        )
        self._queue = CommandQueue(
            dispatcher=shared.dispatcher,
            context=self._context,
            settings=shared.settings,
            host=Host(
                answer=self._answer,
                pause_reading=self._pause_reading,
                resume_reading=self._resume_reading,
                exhausted=lambda: self._close("end of input"),
            ),
        )

    # What the transport says

    def connectionMade(self) -> None:
        """Let the client in and greet it, or turn it away (RFC 2577 section 5)."""
        parts = self._admit(self)
        if parts is None:
            self._closing = "refused"
            self._write(replies.limit_reached())
            self.transport.loseConnection()
            return
        self._join(parts)
        self._tune_socket()
        self.transport.registerProducer(self, True)
        self._active = self._shared.clock.seconds()
        self._watch_login()
        self._watch_idle()
        self._shared.emit(SessionStarted(session=self.session.id, peer=self.session.peer))
        self._write(replies.greeting(self.session.settings.banner))

    def _tune_socket(self) -> None:
        self.transport.setTcpNoDelay(True)
        self.transport.setTcpKeepAlive(True)
        handle = self._socket()
        if handle is not None:
            # ftplib sends the last octet of ABOR as urgent data: without this it vanishes and the line never ends.
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)

    def _socket(self) -> socket.socket | None:
        handle = getattr(self.transport, "getHandle", None)
        return None if handle is None else handle()

    def dataReceived(self, data: bytes) -> None:
        """Cut what came into lines and queue them."""
        if self._closing:
            return
        for item in self._splitter.feed(data):
            if isinstance(item, Line):
                self._take_line(item.text)
            elif isinstance(item, LineTooLong):
                self._queue.add(replies.line_too_long(), self._shared.settings.line_octets)
            elif isinstance(item, TelnetAnswer):
                self.transport.write(item.data)
            if self._closing:
                return

    def _take_line(self, text: bytes) -> None:
        try:
            request = parse_request(text)
        except BadArgument as error:
            self._queue.add(replies.bad_argument(str(error)), len(text))
            return
        except BadSyntax as error:
            self._queue.add(replies.bad_syntax(str(error)), len(text))
            return
        if request is None:
            # A stray line end is no activity: a client in a loop of them would never be idle.
            return
        self._active = self._shared.clock.seconds()
        if not isinstance(self.session.login, LoggedIn) and foreign_protocol(request):
            self._answer(None, replies.foreign_protocol())
            return
        self._queue.add(request, len(text))

    def readConnectionLost(self) -> None:
        """The client has ended its side: what it asked for is still answered."""
        if self._closing:
            self.transport.loseConnection()
        else:
            self._queue.end_of_input()

    def writeConnectionLost(self) -> None:
        """Our side is closed; nothing to do."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Give everything back, once the verb that runs has ended."""
        if self._closing == "refused":
            return
        if not self._closing:
            self._closing = "client left" if isinstance(reason.value, ConnectionDone) else "connection lost"
        self._queue.close()
        for timer in (self._login_timer, self._idle_timer, self._reaper):
            if timer is not None and timer.active():
                timer.cancel()
        running = self._context.running
        if running is not None:
            running.cancel()
        ended: Deferred[None] = Deferred.fromCoroutine(self._give_back())
        ended.addErrback(self._shared.unexpected)

    async def _give_back(self) -> None:
        session = self.session
        try:
            await self._queue.settled()
            await self._data.reset()
        finally:
            account = session.account_name
            session.log_out()
            self._shared.emit(
                SessionEnded(
                    session=session.id,
                    peer=session.peer,
                    seconds=self._shared.now() - session.started,
                    reason=self._closing,
                    account=account,
                )
            )
            self._gone(self)

    # What the queue asks for

    def _send_preliminary(self, reply: Preliminary) -> None:
        if not self._closing:
            self.transport.write(encode(reply))
        self._queue.began()

    def _answer(self, request: Request | None, final: Final) -> None:
        if self._closing:
            return
        self._active = self._shared.clock.seconds()
        self._write(final)
        if final.after is After.CLOSE:
            self._close(f"{request.verb} answered {final.code}" if request else f"answered {final.code}")
        elif self._draining and not self._queue.busy:
            self._answer(None, replies.service_closing())
        else:
            self._watch_login()
            if self.session.idle_seconds != self._idle_allowed:
                self._watch_idle()

    def _write(self, final: Final) -> None:
        self.transport.write(encode(final))

    def _client_left(self) -> bool:
        """Whether the control connection has ended without a QUIT: a killed client's both connections end cleanly."""
        if self._queue.quit_seen:
            return False
        if self._queue.input_ended or self._closing:
            return True
        handle = self._socket()
        return handle is not None and has_left(handle)

    def _pause_reading(self) -> None:
        self.transport.pauseProducing()

    def _resume_reading(self) -> None:
        self.transport.resumeProducing()

    # What the transport asks of its producer: replies that nobody takes stop the queue

    def pauseProducing(self) -> None:
        """More replies are unsent than the transport buffers."""
        self._queue.block()

    def resumeProducing(self) -> None:
        """They were sent."""
        self._queue.unblock()

    def stopProducing(self) -> None:
        """The connection goes down; `connectionLost` follows."""

    # The timers

    def _watch_login(self) -> None:
        """Runs whenever nobody is logged in, from connecting or from losing a login on; a login stops it."""
        logged_in = isinstance(self.session.login, LoggedIn)
        if logged_in and self._login_timer is not None:
            self._login_timer.cancel()
            self._login_timer = None
        elif not logged_in and self._login_timer is None:
            self._login_timer = self._shared.clock.callLater(self._shared.settings.login_seconds, self._login_expired)

    def _login_expired(self) -> None:
        self._login_timer = None
        self._end_with(replies.login_timeout())

    def _watch_idle(self) -> None:
        """Set the one idle timer; no command touches it but SITE IDLE."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        self._idle_allowed = self.session.idle_seconds
        self._idle_timer = self._shared.clock.callLater(self._idle_allowed, self._look_at_idle)

    def _look_at_idle(self) -> None:
        """End a session that was quiet for too long; a verb that runs, and whose replies are taken, is no quiet."""
        self._idle_timer = None
        quiet = self._shared.clock.seconds() - self._active
        if self._context.running is not None and not self._queue.blocked:
            quiet = 0.0
        if quiet >= self._idle_allowed:
            self._end_with(replies.idle_timeout(self._idle_allowed))
            return
        self._idle_timer = self._shared.clock.callLater(self._idle_allowed - quiet, self._look_at_idle)

    # The end

    def _end_with(self, final: Final) -> None:
        """Say a last word: a verb that runs is cancelled and answered by it."""
        if self._closing:
            return
        running = self._context.running
        if running is None:
            self._answer(None, final)
            return
        running.ended_by = final
        if not running.cancel():
            self._draining = True

    def drain(self) -> None:
        """The service stops: idle sessions are told so now, others when what they run has ended."""
        self._draining = True
        if not self._queue.busy and not self._closing:
            self._answer(None, replies.service_closing())

    def drop(self) -> None:
        """Close at once: the deadline of the drain is over."""
        self._closing = self._closing or "service stopped"
        self.transport.abortConnection()

    def _close(self, reason: str) -> None:
        """Close our side, and the rest when the client has closed its own or takes too long."""
        if self._closing:
            return
        self._closing = reason
        self._queue.close()
        self.transport.unregisterProducer()
        self.transport.resumeProducing()
        if self._queue.input_ended:
            self._reap()
            return
        self.transport.loseWriteConnection()
        self._reaper = self._shared.clock.callLater(self._shared.settings.reap_seconds, self._reap)

    def _reap(self) -> None:
        """Close the rest; a client that never takes its last replies is cut off in the end."""
        self.transport.loseConnection()
        self._reaper = self._shared.clock.callLater(self._shared.settings.login_seconds, self.transport.abortConnection)
