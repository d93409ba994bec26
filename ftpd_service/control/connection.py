"""The control connection's Protocol: bytes to lines to the queue, replies to bytes, and the begin of TLS.

It knows no verb.  At the end of a session the queue takes nothing more, the last reply is written, and our side is
closed.  The client's input is discarded until the client closes too or some seconds have passed (see `farewell.py`).
When the connection is gone, the running verb is cancelled and all parts are released.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.commands.context import Context, Running
from ftpd_service.control.farewell import Farewell
from ftpd_service.control.input import Input
from ftpd_service.control.leaving import has_left
from ftpd_service.control.shared import Shared
from ftpd_service.control.stranger import Stranger
from ftpd_service.control.switch import TlsSwitch
from ftpd_service.control.timers import Timers
from ftpd_service.control.transport import ControlTransport, Outgoing, Reading, direct_socket, tuned_socket
from ftpd_service.events import SessionEnded, SessionStarted
from ftpd_service.runtime.stepping import deferred
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.parts import Renew, SessionParts
from ftpd_service.session.session import Session
from ftpd_service.session.settings import ListenerTls
from ftpd_service.wire import replies
from ftpd_service.wire.reply import After, Final, Preliminary, encode
from ftpd_service.wire.request import Request


@implementer(IHalfCloseableProtocol)
class ControlConnection(Protocol):
    """A control connection; its session begins when the caps let the client in."""

    session: Session
    transport: ControlTransport  # type: ignore[assignment]  # Twisted declares less than every TCP transport has

    def __init__(
        self,
        shared: Shared,
        admit: Callable[[ControlConnection], SessionParts | None],
        gone: Callable[[ControlConnection], None],
        *,
        renew: Renew,
        implicit: Callable[[], bool],
    ) -> None:
        self._shared = shared
        self._admit = admit
        self._gone = gone
        self._renew = renew
        self._implicit = implicit
        self._switch: TlsSwitch | None = None
        self._socket: socket.socket | None = None
        self._timers = Timers(shared.clock, self)
        self._closing = ""
        self._draining = False
        self._dropped = False
        self._greeted = False
        self._last_word: Final | None = None

    def _join(self, parts: SessionParts) -> None:
        shared = self._shared
        self._reading = Reading(self.transport)
        self._outgoing = Outgoing(self.transport, direct_socket(self.transport))
        self._farewell = Farewell(self.transport, self._outgoing, self._timers, shared.settings)
        self.session = parts.session
        self._stranger = Stranger(shared.settings.failed_commands)
        self._context = Context(
            parts=parts,
            catalogue=shared.dispatcher.table,
            emit=shared.emit,
            send=self._send_preliminary,
            client_left=self._client_left,
            renew=self._renew,
            input_held=lambda: self._input.held,
            compute=parts.compute,
            now=shared.now,
        )
        self._input = Input(shared, self._context, self, reading=self._reading, outgoing=self._outgoing)
        self._queue = self._input.queue

    # Calls of the transport

    def connectionMade(self) -> None:
        """Let the client in and greet it, or refuse it (RFC 2577 section 5)."""
        self._shared.turns.count(self._begin)

    def _begin(self) -> None:
        parts = self._admit(self)
        if parts is None:
            self._closing = "refused"
            # A client of an implicit listener expects TLS and cannot read a reply in clear.
            if not self._implicit():
                self.transport.write(encode(replies.limit_reached()))
            self.transport.loseConnection()
            return
        self._join(parts)
        self._socket = tuned_socket(self.transport)
        self.transport.registerProducer(self._input, True)
        self._timers.active()
        self._timers.watch_login(self._shared.settings.login_seconds)
        self._timers.watch_idle(self.session.idle_seconds)
        self._shared.emit(SessionStarted(session=self.session.id, peer=self.session.peer))
        if self.session.settings.tls is ListenerTls.IMPLICIT:
            self._begin_tls()
        else:
            self._greet()

    def _greet(self) -> None:
        self._greeted = True
        self._outgoing.reply(replies.greeting(self.session.settings.banner), self.session)

    def dataReceived(self, data: bytes) -> None:
        """Keep the bytes, and process them in the turns of the client's host."""
        if self._switch is not None:
            self._switch.arrived(data)
        elif not self._closing:
            self._input.take(data)

    def readConnectionLost(self) -> None:
        """Note that the client has closed its side; under TLS the session is lost if no close_notify came before."""
        if self._switch is not None and not self._closing:
            self._switch.cut()
        elif self._closing in ("", "refused"):
            self.ended_in_order()
        else:
            self._farewell.client_ended()

    def writeConnectionLost(self) -> None:
        """Do nothing: our side is closed."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Release everything, once the running verb has ended."""
        if self._closing == "refused":
            return
        if not self._closing:
            self._closing = "client left" if isinstance(reason.value, ConnectionDone) else "connection lost"
            if self._switch is not None and self._switch.handshaking:
                self._closing = "TLS handshake failed: the client left"
        if self._dropped:
            self._context.data.hurry()
        self._input.close()
        if self._switch is not None:
            self._switch.end()
            self._switch = self._input.decrypt = None
        self._timers.end()
        if self._context.running is not None:
            self._context.running.cancel()
        self._shared.turns.run(self.session.peer.host, self._leave)

    def _leave(self) -> None:
        deferred(self._give_back()).addErrback(self._shared.unexpected)

    async def _give_back(self) -> None:
        session = self.session
        try:
            await self._queue.settle()
            await self._context.data.reset()
        finally:
            account = session.account_name
            self._shared.emit(
                SessionEnded(
                    session=session.id,
                    peer=session.peer,
                    seconds=self._shared.now() - session.started,
                    reason=self._closing,
                    account=account,
                    tls="" if self._context.parts.tls is None else self._context.parts.tls.tally(),
                    untold=session.refusals.untold,
                )
            )
            # Observers may ask for the login until here.
            session.log_out()
            self._gone(self)

    # Calls of the queue

    def _send_preliminary(self, reply: Preliminary) -> None:
        if not self._closing:
            self._outgoing.reply(reply, self.session)
        self._queue.began()

    def answer(self, request: Request | None, final: Final) -> None:
        """See `ftpd_service.control.input.Connection.answer`."""
        if self._closing:
            return
        self._timers.active()
        logged_in = isinstance(self.session.login, LoggedIn)
        if not logged_in:
            final = self._stranger.answered(final)
        last = self._last_word or (replies.service_closing() if self._draining and not self._queue.busy else None)
        if last is not None and final.after is After.START_TLS:
            # Behind 234 nothing more comes in clear.
            final = last
        self._outgoing.reply(final, self.session)
        if final.after is After.CLOSE:
            self._close(f"{request.verb} answered {final.code}" if request else f"answered {final.summary()}")
        elif last is not None:
            self.answer(None, last)
        else:
            login_seconds = None if logged_in else self._shared.settings.login_seconds
            self._timers.follow(login_seconds=login_seconds, idle_seconds=self.session.idle_seconds)
            if final.after is After.START_TLS:
                self._begin_tls()
            elif final.after is After.END_TLS:
                self._end_tls()
            elif self._input.stopped and not self._queue.busy:
                self._input.release()

    def exhausted(self) -> None:
        """Close, as the client has closed its side and every command is answered."""
        self._close("end of input")

    def broken(self) -> None:
        """Abort the connection because of an exception."""
        self.transport.abortConnection()

    def _begin_tls(self) -> None:
        """Start TLS; nothing is written before the handshake is done (RFC 4217 section 4)."""
        tls = self._context.parts.tls
        if tls is None:
            # A reload has removed the certificate of an implicit listener, and its client expects TLS.
            self._closing = "no certificate"
            self.transport.abortConnection()
            return
        self._input.begin_anew()
        switch = self._switch = TlsSwitch(self._shared, self.session, tls, outgoing=self._outgoing)
        switch.begin(self, take=self._input.take, due=self._input.due, behind=self._input.fall_behind)
        self._input.decrypt = switch.go_on

    def _end_tls(self) -> None:
        """End TLS; bytes that came under TLS behind the last line are dropped."""
        self._input.begin_anew()
        if self._switch is not None:
            self._switch.take_off()

    # Calls of TLS

    def ended_in_order(self) -> None:
        """Note that the client has closed its side, by FIN or by close_notify; its commands are still answered."""
        if self._closing:
            self.transport.loseConnection()
        else:
            self._input.end()

    def tls_ended(self, reason: str) -> None:
        """Close: the client has closed without close_notify, or its TLS has failed, so no reply would reach it."""
        self._closing = self._closing or reason
        self._farewell.lose()

    def tls_begun(self) -> None:
        """Greet a client that began with TLS, even if a reload has changed the listener meanwhile."""
        if not self._greeted:
            self.session.data_protected = True
            self._context.data.protect(True)
            self._greet()

    def in_clear(self, data: bytes) -> None:
        """Go on without TLS, with the bytes that the client has sent in clear."""
        self._switch = self._input.decrypt = None
        self._input.take(data)

    def _client_left(self) -> bool:
        """Whether the control connection has ended without a QUIT: both connections of a killed client end in order."""
        if self._queue.quit_seen:
            return False
        if self._queue.input_ended or self._closing or (self._switch is not None and self._switch.over):
            return True
        return self._socket is not None and has_left(
            self._socket, encrypted=self._switch is not None, pending=self._input.pending_text
        )

    # Timers

    def login_missed(self) -> None:
        """See `Watched.login_missed`."""
        self.end_with(replies.login_timeout())

    def idled(self) -> None:
        """See `Watched.idled`."""
        self.end_with(replies.idle_timeout(self._timers.idle_allowed))

    def quiet(self) -> bool:
        """Whether the session is idle: a running verb is activity, unless the client does not take its replies."""
        return self._context.running is None or self._queue.blocked

    # The end

    def end_with(self, final: Final) -> None:
        """Send a last reply: it replaces the reply of a running verb, and follows the 426 of a running transfer."""
        if self._closing:
            return
        if self._switch is not None and self._switch.handshaking:
            self._closing = f"in the TLS handshake: {final.lines[0]}"
            self._switch.end()
            self.transport.abortConnection()
            return
        running = self._context.running
        if running is None:
            self.answer(None, final)
            return
        self._last_word = final
        running.end_with(final)

    @property
    def running(self) -> Running | None:
        """See `LiveConnection.running`."""
        return self._context.running

    @property
    def at_work(self) -> bool:
        """Whether commands run or wait, and the last reply has not been sent."""
        return self._queue.busy and not self._closing

    def drain(self) -> None:
        """End an idle session now, and others when their commands have ended, as the service stops."""
        self._draining = True
        if not self._queue.busy:
            self.end_with(replies.service_closing())

    def drop(self) -> None:
        """End the session at the deadline of the drain: the running verb gets 426 and 421."""
        self._dropped = True
        if self._closing:
            self._context.data.hurry()
            self.transport.abortConnection()
            return
        self.end_with(replies.service_closing())
        self._farewell.hurry()

    def _close(self, reason: str) -> None:
        """Close our side, and the rest when the client has closed its own or the timeout is over."""
        if self._closing:
            return
        self._closing = reason
        self._input.close()
        self._outgoing.flush()
        if self._switch is not None:
            self._switch.close()
        self._reading.end()
        self._farewell.begin(client_ended=self._queue.input_ended)
