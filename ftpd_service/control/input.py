"""The input of a client, from bytes to verbs, in turns: it costs other clients a fraction of a turn at most.

If commands of a session are limited by the second (``limits.commands_per_second``), lines wait here until they may be
handed over; those that wait for a running verb have been counted already.

All costs of input arise here: TLS records, Telnet, empty lines, lines, verbs that wait for nothing, their replies and
their log lines.  Each is a small step, and after each step other clients may get the reactor (``turns.py``).  Bytes
that are not split into lines yet are kept unchanged, and meanwhile nothing more is read.

A verb that begins TLS must be the last line in clear: otherwise bytes that an attacker sends behind it would count as
the client's own, sent under TLS.  So nothing behind the verb is split before its reply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IPushProducer
from zope.interface import implementer

from ftpd_service.commands.context import Context
from ftpd_service.control.queue import CommandQueue
from ftpd_service.control.shared import Shared
from ftpd_service.control.stranger import WASTE_BYTES
from ftpd_service.control.transport import Outgoing, Pause, Reading
from ftpd_service.errors import BadArgument, BadSyntax
from ftpd_service.policy.per_second import used, wait_seconds
from ftpd_service.session.identity import LoggedIn
from ftpd_service.wire import replies
from ftpd_service.wire.lines import Item, Line, LineSplitter, LineTooLong
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request, foreign_protocol, parse_request

_LITTLE_BYTES = 4096
"""More than clients send before they wait for replies."""

_PIECE_BYTES = 256
"""The bytes that are split at once: as many empty lines, or eighty Telnet sequences, take some 0.3 ms (measured)."""


class Connection(Protocol):
    """The methods of the control connection that its input and its queue call."""

    def answer(self, request: Request | None, final: Final) -> None:
        """Write a Final and do its action; the request is None for a line that was no command."""

    def exhausted(self) -> None:
        """Note that no command runs or waits, and the client has closed its side."""

    def broken(self) -> None:
        """End the connection, because an exception is raised that no other code handles."""


@implementer(IPushProducer)
class Input:
    """The input of a control connection.

    The transport sees it as a producer of replies: if the client does not take its replies, the queue and reading stop.

    :ivar queue: carries out the requests.
    :ivar decrypt: decrypts the next piece while TLS is on, and returns whether there was a piece; else None.
    """

    __slots__ = (
        "_at",
        "_behind",
        "_came",
        "_closed",
        "_connection",
        "_due",
        "_ended",
        "_full",
        "_host",
        "_items",
        "_outgoing",
        "_position",
        "_reading",
        "_resuming",
        "_session",
        "_shared",
        "_splitter",
        "_turns",
        "_unused_at",
        "_waste",
        "decrypt",
        "queue",
    )

    def __init__(
        self, shared: Shared, context: Context, connection: Connection, *, reading: Reading, outgoing: Outgoing
    ) -> None:
        self._shared = shared
        self._turns = shared.turns
        self._session = context.session
        self._host = context.session.peer.host
        self._connection = connection
        self._reading = reading
        self._outgoing = outgoing
        self._due = False
        self._behind = False
        self._ended = False
        self._full = False
        self._closed = False
        self._waste = 0
        self._unused_at = 0.0
        self._resuming: IDelayedCall | None = None
        self._came = b""
        self._at = 0
        self._items: list[Item] = []
        self._position = 0
        self.decrypt: Callable[[], bool] | None = None
        self.queue = CommandQueue(
            dispatcher=shared.dispatcher, context=context, settings=shared.settings, answer=connection.answer, feed=self
        )
        self._splitter = self._new_splitter()

    def _new_splitter(self) -> LineSplitter:
        settings = self._shared.settings
        stop_verbs = self._shared.dispatcher.table.changes_tls
        return LineSplitter(limit=settings.line_bytes, strict=settings.strict_line_ends, stop_verbs=stop_verbs)

    # Bytes

    def take(self, data: bytes) -> None:
        """Take received bytes, decrypted if TLS is on."""
        if self._closed:
            return
        waited = self._at < len(self._came)
        behind = waited or self._position < len(self._items)
        self._came = self._came[self._at :] + data if waited else data
        self._at = 0
        self.due()
        if (behind or len(data) > _LITTLE_BYTES) and self.pending:
            # A few waiting bytes pause nothing: pausing costs two system calls, and most clients send no more.
            self.fall_behind()

    def end(self) -> None:
        """Note that the client has closed its side; its requests are still answered."""
        if self.pending:
            self._behind = self._ended = True
        else:
            self.queue.end_of_input()

    def close(self) -> None:
        """Discard all later input; the running verb goes on."""
        self.queue.close()
        self._closed = True
        self._forget()
        if self._resuming is not None:
            self._resuming.cancel()
            self._resuming = None

    def begin_anew(self) -> None:
        """Forget all bytes that are not handed over, and the state of the splitter."""
        self._forget()
        self._splitter = self._new_splitter()

    def _forget(self) -> None:
        self._came, self._at = b"", 0
        self._items, self._position = [], 0

    @property
    def stopped(self) -> bool:
        """Whether the splitter has stopped behind a verb, and that verb was handed over."""
        return self._splitter.stopped and self._position == len(self._items)

    @property
    def held(self) -> bool:
        """Whether any bytes have come that are not handed over."""
        return self.pending or self._splitter.held

    @property
    def pending(self) -> bool:
        """Whether any bytes or lines wait for their turn."""
        return self._at < len(self._came) or self._position < len(self._items)

    def pending_text(self) -> bytes:
        """Return the bytes that wait for their turn, without Telnet sequences."""
        cut = [item.text for item in self._items[self._position :] if isinstance(item, Line)]
        return b"\n".join((*cut, self._came[self._at :]))

    def release(self) -> None:
        """Go on behind a verb that stopped the splitter: it is answered, and TLS does not begin."""
        self._items, self._position = self._splitter.resume(), 0
        self.due()

    # Pauses

    def fall_behind(self) -> None:
        """Read nothing until all input has had its turn."""
        self._behind = True
        self._reading.pause(Pause.TURN)

    def pauseProducing(self) -> None:
        """Pause, because the transport's buffer is full of replies."""
        self.queue.block()
        self._reading.pause(Pause.UNSENT)

    def resumeProducing(self) -> None:
        """Go on, because the transport has sent its replies."""
        self._reading.resume(Pause.UNSENT)
        self.queue.unblock()

    def stopProducing(self) -> None:
        """Do nothing: the Protocol learns of the end by other calls."""

    def full(self, full: bool) -> None:
        """Hand over nothing while the queue is full."""
        self._full = full
        if full:
            self._reading.pause(Pause.QUEUE)
            return
        self._reading.resume(Pause.QUEUE)
        # In a later turn: the verb that makes room may be in the middle of its work.
        if not self._due:
            self._due = True
            self._turns.wait(self._host, self._carry_out)

    # Turns

    def due(self) -> None:
        """Carry out steps, now or in a later turn.  Safe to call again, also while steps are carried out."""
        if not self._due:
            self._due = True
            self._turns.run(self._host, self._carry_out)

    def _carry_out(self) -> None:
        """Take one step after the other, until the turn is over."""
        outgoing = self._outgoing
        whole = False
        try:
            outgoing.together = True
            left = self._go_on()
            outgoing.end_together()
            whole = True
        finally:
            if not whole:
                self._due = False
                self._connection.broken()
        if left:
            self._turns.wait(self._host, self._carry_out)
            return
        self._due = False
        if self._behind and not self.pending:
            self._behind = False
            self._reading.resume(Pause.TURN)
            if self._ended:
                self.queue.end_of_input()
        if self.queue.input_ended and self.queue.over():
            self._connection.exhausted()

    def _go_on(self) -> bool:
        """Take steps; return whether steps are left when the turn is over."""
        enough, queue = self._turns.enough, self.queue
        step: Callable[[], bool]
        done = False
        while True:
            if queue.waiting and queue.ready:
                step = queue.start
            elif self._position < len(self._items) and self._open():
                step = self._hand_over
            elif self._at < len(self._came) and not self._splitter.stopped and self._open():
                step = self._cut
            elif self.decrypt is not None and not self.pending:
                step = self.decrypt
            else:
                return False
            if done and enough():
                return True
            if not step():
                return False
            done = True

    def _open(self) -> bool:
        """Return whether the next line may be handed over; if its turn is later in a second, `due` is called then."""
        per_second = self._shared.command_rate.per_second
        if self._full or per_second is None:
            return not self._full
        seconds = wait_seconds(self._unused_at, self._shared.clock.seconds(), per_second)
        if seconds and self._resuming is None:
            self._resuming = self._shared.clock.callLater(seconds, self._resume)
        return not seconds

    def _resume(self) -> None:
        self._resuming = None
        self.due()

    def _count(self) -> None:
        """Count a line that is handed over."""
        per_second = self._shared.command_rate.per_second
        if per_second is not None:
            self._unused_at = used(self._unused_at, self._shared.clock.seconds(), per_second)

    # Steps

    def _cut(self) -> bool:
        """Split the next piece of the input, and hand over its first line."""
        came, end = self._came, self._at + _PIECE_BYTES
        piece = came if len(came) <= _PIECE_BYTES else came[self._at : end]
        self._at = min(end, len(came))
        self._splitter.ff_in_names = self._session.charset.has_ff
        self._items, self._position = self._splitter.feed(piece), 0
        self._waste += len(piece)
        if self._waste > WASTE_BYTES:
            self._waste = 0
            if not isinstance(self._session.login, LoggedIn):
                self._connection.answer(None, replies.too_much_before_login())
        return not self._items or self._hand_over()

    def _hand_over(self) -> bool:
        item = self._items[self._position]
        # If the splitter stopped behind the last line, the line is answered before the next piece is split.
        self._position += 1
        if isinstance(item, Line):
            self._count()
            self._line(item.text)
        elif isinstance(item, LineTooLong):
            self._count()
            self.queue.add(replies.line_too_long(), self._shared.settings.line_bytes)
        else:
            self._outgoing.write(item.data)
        return True

    def _line(self, text: bytes) -> None:
        try:
            request = parse_request(text)
        except BadArgument as error:
            self.queue.add(replies.bad_argument(str(error)), len(text))
            return
        except BadSyntax as error:
            self.queue.add(replies.bad_syntax(str(error)), len(text))
            return
        if request is None:
            # A stray line end is no activity, or a client that sends only line ends would never be idle.
            return
        self._waste = max(0, self._waste - len(text) - 2)
        if not isinstance(self._session.login, LoggedIn) and foreign_protocol(request):
            self._connection.answer(None, replies.foreign_protocol())
        else:
            self.queue.add(request, len(text))
