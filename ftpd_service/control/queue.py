"""The queue of commands: one verb at a time, some at once; bounded in bytes and in unsent replies.

The queue knows no transport: `input.py` adds parsed lines, and calls `start` for the next line in its turns.  The rules
(RFC 959 sections 4.1.1 and 4.1.3, RFC 1123 section 4.1.3.3):

* Verbs run in their order, one at a time, and so do the replies to lines that were no command.
* While a verb runs that ABOR can stop, ABOR and STAT act at once.  ABOR's reply waits for the verb's reply, and STAT's
  for its preliminary reply (or its final one), so that no client mistakes it for the verb's reply.
* QUIT is remembered, and later lines are discarded.
* Lines are read while a verb runs, so that ABOR is seen.  Waiting lines cost only memory, so their bytes are bounded:
  reading pauses above the bound and resumes at half of it.  A repetition of the previous line takes no bytes, because a
  client may send NOOP every second through an upload of days.
* No verb starts while too many bytes of replies are unsent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from ftpd_service.commands.command import Timing, queued
from ftpd_service.commands.context import Context, Running
from ftpd_service.commands.dispatch import Dispatcher
from ftpd_service.control.settings import ControlSettings
from ftpd_service.events import UnexpectedError
from ftpd_service.runtime.stepping import started
from ftpd_service.session.sequence import OneShot
from ftpd_service.wire import file_replies
from ftpd_service.wire.reply import Final
from ftpd_service.wire.request import Request

Item = Request | Final
"""A request to carry out, or the reply to a line that was no command."""

Answer = Callable[[Request | None, Final], None]
"""Writes a Final and does its action; the request is None for a line that was no command."""

_ITEM_BYTES = 256
"""The memory of the objects of a waiting line, beside its text."""


@dataclass(slots=True)
class _Waiting:
    """A line that waits, with its repetitions."""

    item: Item
    size: int
    count: int = 1


class Feed(Protocol):
    """The methods of the input that its queue calls."""

    def due(self) -> None:
        """Have `CommandQueue.start` called, now or in a later turn."""

    def full(self, full: bool) -> None:
        """Note whether the queue is full."""


_BEGINNING: Deferred[Final] = Deferred(lambda beginning: None)
"""Stands for a verb before its first wait, which cannot be cancelled."""


class CommandQueue:
    """The commands of a session, from line to reply."""

    __slots__ = (
        "_answer_with",
        "_bytes",
        "_closed",
        "_context",
        "_dispatcher",
        "_early",
        "_feed",
        "_full",
        "_held",
        "_running",
        "_settings",
        "_settled",
        "blocked",
        "input_ended",
        "quit_seen",
        "waiting",
    )

    def __init__(
        self, *, dispatcher: Dispatcher, context: Context, settings: ControlSettings, answer: Answer, feed: Feed
    ) -> None:
        self._dispatcher = dispatcher
        self._context = context
        self._settings = settings
        self._answer_with = answer
        self._feed = feed
        # A list, because an empty deque takes 700 bytes in every idle session, and the list is short.
        self.waiting: list[_Waiting] = []
        self._bytes = 0
        self._held: list[tuple[Request, Final]] = []
        self._early: list[Request] = []
        self._running: Deferred[Final] | None = None
        self._full = False
        self._closed = False
        self._settled: Deferred[None] | None = None
        self.blocked = False
        self.quit_seen = False
        self.input_ended = False

    @property
    def ready(self) -> bool:
        """Whether a verb may start."""
        return self._running is None and not self.blocked

    @property
    def busy(self) -> bool:
        """Whether a verb runs or waits."""
        return self._running is not None or bool(self.waiting)

    def over(self) -> bool:
        """Close the queue if nothing runs or waits; return whether it did."""
        if self.busy or self._closed:
            return False
        self.close()
        return True

    def add(self, item: Item, size: int) -> None:
        """Add a line that was read, and its length."""
        if self._closed or self.quit_seen:
            return
        if isinstance(item, Request):
            if self._context.session.tracers:
                self._dispatcher.tell(self._context.session, item)
            command = self._dispatcher.table.find(item.verb)
            if command is not None and command.facts.timing is not queued:
                timing = command.facts.timing(item.argument)
                if timing is Timing.AT_ONCE and self._abortable and not self.blocked:
                    self._at_once(item)
                    return
                self.quit_seen = timing is Timing.REMEMBERED
        if self.waiting or self._running is not None or self.blocked:
            self._wait(item, size)
        else:
            self._begin(item)

    def start(self) -> bool:
        """Start the next waiting line; return True."""
        first = self.waiting[0]
        first.count -= 1
        if not first.count:
            del self.waiting[0]
            self._hold(-first.size)
        self._begin(first.item)
        return True

    @property
    def _abortable(self) -> bool:
        running = self._context.running
        return running is not None and running.may_be_aborted

    def _wait(self, item: Item, size: int) -> None:
        last = self.waiting[-1] if self.waiting else None
        if last is not None and last.item == item:
            last.count += 1
        else:
            self.waiting.append(_Waiting(item, size + _ITEM_BYTES))
            self._hold(size + _ITEM_BYTES)

    def _hold(self, size: int) -> None:
        """Count bytes, held or released: the queue is full above the bound, until half of the bound is free."""
        self._bytes += size
        most = self._settings.queued_bytes
        full = self._bytes > (most // 2 if self._full else most)
        if full is not self._full:
            self._full = full
            self._feed.full(full)

    def block(self) -> None:
        """Start no verb, because too many bytes of replies are unsent."""
        self.blocked = True

    def unblock(self) -> None:
        """Go on, because replies were sent."""
        self.blocked = False
        self._feed.due()

    def end_of_input(self) -> None:
        """Cancel a transfer, as the client has closed its side (RFC 959 section 4.1.1); the rest is answered.

        A copy, which may take as long, is cancelled too.
        """
        self.input_ended = True
        running = self._context.running
        if not self.quit_seen and running is not None and (running.ends_with_input or self._is_transfer(running.verb)):
            running.cancel()
        self._feed.due()

    def close(self) -> None:
        """Drop waiting lines and take no more; the running verb goes on."""
        self._closed = True
        self.waiting.clear()
        self._held.clear()
        self._early.clear()
        self._bytes = 0

    async def settle(self) -> None:
        """Wait until the running verb has ended."""
        if self._running is not None:
            self._settled = Deferred()
            await self._settled

    def began(self) -> None:
        """Answer the requests that waited for the running verb's preliminary reply, which was sent."""
        if self._early:
            for request in self._early_ones():
                self._run_beside(request)

    def _early_ones(self) -> list[Request]:
        early, self._early = self._early, []
        self._hold(-len(early) * _ITEM_BYTES)
        return early

    def _is_transfer(self, verb: str) -> bool:
        command = self._dispatcher.table.find(verb)
        return command is not None and command.facts.transfer

    def _at_once(self, request: Request) -> None:
        running = self._context.running
        if request.verb != "ABOR" and running is not None and not running.begun:
            self._early.append(request)
            self._hold(_ITEM_BYTES)
            return
        self._run_beside(request)

    def _run_beside(self, request: Request) -> None:
        """Carry out a verb beside the running verb.  It waits for nothing, so its result is there at once.

        ABOR may end the running verb.  Queued verbs do not start meanwhile: only the input starts them.
        """
        beside: Deferred[Final] = Deferred.fromCoroutine(self._dispatcher.run(self._context, request))
        beside.addCallback(self._keep if request.verb == "ABOR" else self._answer, request)

    def _keep(self, final: Final, request: Request) -> None:
        """Keep ABOR's reply until the reply of the stopped verb was sent."""
        if self._running is None:
            self._answer(final, request)
        else:
            self._held.append((request, final))
            self._hold(_ITEM_BYTES)

    def _answer(self, final: Final, request: Request | None) -> None:
        if not self._closed:
            self._answer_with(request, final)

    def _begin(self, item: Item) -> None:
        if isinstance(item, Final):
            # As after an unknown verb: RNTO must follow RNFR directly.
            self._context.session.sequence.lapse(OneShot.PATHS)
            self._answer(item, None)
        elif self.input_ended and not self.quit_seen and self._is_transfer(item.verb):
            self._answer(file_replies.transfer_aborted(), item)
        else:
            self._start(item)

    def _start(self, request: Request) -> None:
        command = self._dispatcher.table.find(request.verb)
        facts = None if command is None else command.facts
        running = Running(
            verb=request.verb if facts is None else facts.verb,
            may_be_aborted=facts is not None and facts.may_be_aborted,
            stop=self._stop,
            abort_waits=self._abort_waits,
        )
        self._context.running = running
        self._running = _BEGINNING
        task = started(self._dispatcher.run(self._context, request), partial(self._finished, request))
        if task is not None:
            self._running = task
            task.addCallbacks(partial(self._finished, request), partial(self._broken, request))

    def _stop(self) -> None:
        if self._running is not None and self._running is not _BEGINNING:
            self._running.cancel()

    def _abort_waits(self) -> bool:
        return any(isinstance(waiting.item, Request) and waiting.item.verb == "ABOR" for waiting in self.waiting)

    def _broken(self, request: Request, failure: Failure) -> None:
        """Answer for a dispatcher that was cancelled again during its cleanup, or raised no Exception (SystemExit)."""
        context, problem = self._context, failure.value
        if problem is None or isinstance(problem, CancelledError):
            self._finished(request, file_replies.transfer_aborted())
            return
        session, verb = context.session, request.verb
        context.emit(
            UnexpectedError(
                session=session.id, peer=session.peer, verb=verb, exception=problem, account=session.account_name
            )
        )
        self._finished(request, file_replies.local_error())

    def _finished(self, request: Request, final: Final) -> None:
        early = self._early_ones() if self._early else ()
        self._context.running = None
        self._running = None
        self._answer(final, request)
        if self._held:
            held, self._held = self._held, []
            self._hold(-len(held) * _ITEM_BYTES)
            for asked, answer in held:
                self._answer(answer, asked)
        for asked in early:
            self._run_beside(asked)
        if self._settled is not None:
            self._settled.callback(None)
        if self.waiting or self.input_ended:
            self._feed.due()
