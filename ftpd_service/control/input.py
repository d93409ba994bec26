"""What comes from one client, on its way from bytes to verbs, in turns: it costs others a fraction of a turn at most.

Whatever input costs is paid here: TLS records, Telnet, empty lines, lines, verbs that wait for nothing, their replies
and their lines in the log.  Each is a small step, and behind each step the others are thought of (``turns.py``).  What
is not looked at yet is kept, and meanwhile nothing more is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ftpd_service.commands.context import Context
from ftpd_service.control.intake import Intake, Taker
from ftpd_service.control.queue import CommandQueue, Host
from ftpd_service.control.shared import Shared
from ftpd_service.control.transport import Outgoing, Pause, Reading
from ftpd_service.session.login import LoggedIn
from ftpd_service.wire import replies
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request, foreign_protocol

_LITTLE_OCTETS = 4096
"""More than clients send before they wait for replies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """What the input asks of its connection."""

    answer: Callable[[Request | None, Final], None]
    """Write a Final and do what it says; the request is None for what was no command."""
    exhausted: Callable[[], None]
    """Nothing runs and nothing waits, after the client has ended its side."""
    broken: Callable[[], None]
    """End the connection: an exception is on its way, and nobody else may be there for that."""


class Input:
    """The input of one control connection.

    :ivar intake: the stage that makes requests of bytes.
    :ivar queue: the stage that carries them out.
    :ivar decrypt: the stage before both, while there is one; whether there was anything to do.
    """

    __slots__ = (
        "_above",
        "_behind",
        "_due",
        "_ended",
        "_host",
        "_outgoing",
        "_reading",
        "_session",
        "_turns",
        "decrypt",
        "intake",
        "queue",
    )

    def __init__(self, shared: Shared, context: Context, *, reading: Reading, outgoing: Outgoing, above: Above) -> None:
        self._turns = shared.turns
        self._session = context.session
        self._host = context.session.peer.host
        self._reading = reading
        self._outgoing = outgoing
        self._above = above
        self._due = False
        self._behind = False
        self._ended = False
        self.decrypt: Callable[[], bool] | None = None
        self.queue = CommandQueue(
            dispatcher=shared.dispatcher,
            context=context,
            settings=shared.settings,
            host=Host(answer=above.answer, go_on=self.due, full=self._full, exhausted=above.exhausted),
        )
        self.intake = Intake(
            shared.settings,
            stop_verbs=shared.dispatcher.table.begins_tls,
            taker=Taker(request=self._request, refusal=self.queue.add, telnet=outgoing.write, wasted=self._wasted),
        )

    def take(self, data: bytes) -> None:
        """Bytes came, in clear by now."""
        behind = self.intake.take(data)
        self.due()
        if (behind or len(data) > _LITTLE_OCTETS) and self.intake.pending:
            # Not for the first few bytes that wait: pausing costs two system calls, and most clients send no more.
            self.fall_behind()

    def close(self) -> None:
        """From here on everything is thrown away; what runs is not touched."""
        self.queue.close()
        self.intake.close()

    def end(self) -> None:
        """The client has ended its side: what it asked for is still answered."""
        if self.intake.pending:
            self._behind = self._ended = True
        else:
            self.queue.end_of_input()

    def fall_behind(self) -> None:
        """Read nothing until what came is looked at."""
        self._behind = True
        self._reading.pause(Pause.TURN)

    def _full(self, full: bool) -> None:
        """Hand nothing over while the queue is full."""
        self.intake.full = full
        if full:
            self._reading.pause(Pause.QUEUE)
        else:
            self._reading.resume(Pause.QUEUE)
            # Not now: the verb that makes room may be in the midst of something.
            self._later()

    def _request(self, request: Request, octets: int) -> None:
        if not isinstance(self._session.login, LoggedIn) and foreign_protocol(request):
            self._above.answer(None, replies.foreign_protocol())
        else:
            self.queue.add(request, octets)

    def _wasted(self) -> None:
        if not isinstance(self._session.login, LoggedIn):
            self._above.answer(None, replies.too_much_before_login())

    def due(self) -> None:
        """There is something to do: now, or in a turn to come.  Safe to say twice, and while it is done."""
        if not self._due:
            self._due = True
            self._turns.run(self._host, self._carry_out)

    def _later(self) -> None:
        if not self._due:
            self._due = True
            self._turns.wait(self._host, self._carry_out)

    def _carry_out(self) -> None:
        """Do what can be done, step by step, until that is enough for now."""
        whole = False
        try:
            self._outgoing.begin_together()
            left = self._go_on()
            self._outgoing.end_together()
            whole = True
        finally:
            if not whole:
                self._due = False
                self._above.broken()
        if left:
            self._turns.wait(self._host, self._carry_out)
            return
        self._due = False
        if self._behind:
            self._catch_up()

    def _go_on(self) -> bool:
        """Whether anything is left."""
        enough = self._turns.enough
        while True:
            if self.queue.go_on(enough) or self.intake.go_on(enough):
                return True
            # A line may have ended the verb that others wait for; and what is decrypted is for the intake.
            if not self.queue.ready and (self.decrypt is None or self.intake.pending or not self.decrypt()):
                return False
            if enough():
                return True

    def _catch_up(self) -> None:
        if not self.intake.pending:
            self._behind = False
            self._reading.resume(Pause.TURN)
            if self._ended:
                self.queue.end_of_input()
