"""The delivery of the events of one rule.

A window of the oldest rows is in memory.  Rows leave it when they are delivered or dead, and others are read then; the
table is also read when rows have become ready, which the outbox tells, and every few seconds, as operators and other
processes change the table too.  Whatever fails, the row stays in the table, and is read again at the next start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.hook_interfaces import ActionFailed, OutboxRow
from ftpd_service.hooks.action_runs import (
    ActionRun,
    DeliveryParts,
    RunOutcome,
    failure_of,
    keep_change,
    row_after_failure,
)
from ftpd_service.hooks.delivery_window import DeliveryWindow, HeldRow
from ftpd_service.hooks.receiver import Receiver
from ftpd_service.hooks.shared_action import SharedAction
from ftpd_service.runtime.stepping import deferred

_log = Logger(namespace="ftpd")

LARGEST_LOOK = 256
"""The most rows that a look at the table adds; a look comes when fewer than half of them wait for a turn."""

MOST_HELD = 1024
"""The most rows in memory, with those that wait for another try."""

MOST_UNMARKED = 256
"""The most delivered rows that the table still has; a database that does not answer stops the delivery here."""

LOOKS_APART_SECONDS = 0.02
"""The least time between two looks at the table."""

LOOKS_AT_MANY_APART_SECONDS = 1.0
"""The same if many rows are held, all of which a look reads again."""

STARTS_A_TURN = 16
"""The most rows that begin in one turn of the reactor: actions that end at once must not keep it."""


class RuleDelivery:
    """Delivers the rows of a rule.

    :ivar actions: the actions of the rule, or None when nothing may begin: the rule is gone, or the service stops.
    """

    def __init__(self, rule: str, parts: DeliveryParts) -> None:
        self.actions: tuple[SharedAction, ...] | None = None
        self._rule = rule
        self._parts = parts
        self._window = DeliveryWindow()
        self._receivers: dict[int, Receiver] = {}
        self._running: dict[HeldRow, Deferred[None]] = {}
        self._unmarked: dict[int, Deferred[None]] = {}
        self._marked_late: set[int] = set()
        self._more = False
        self._looking: Deferred[None] | None = None
        self._looked = float("-inf")
        self._timer: IDelayedCall | None = None
        self._beginning = False
        self._waiters: list[Deferred[None]] = []

    @property
    def idle(self) -> bool:
        """Whether nothing of it runs."""
        return not self._running and not self._unmarked and self._looking is None

    def use(self, actions: tuple[SharedAction, ...] | None) -> None:
        """Take the actions of another configuration; a try that runs ends with its former action.

        :param actions: None if nothing more is to begin.
        """
        if actions == self.actions:
            return
        self.actions = actions
        self._receivers.clear()
        self._window.hurry(None)
        if actions is None:
            self._window = DeliveryWindow()
            self._set_timer(None)
        self.look()

    def look(self) -> None:
        """Look for rows that are ready, as soon as there is room for them."""
        self._more = True
        self._go_on()

    async def ended(self) -> None:
        """Wait until nothing of it runs."""
        while not self.idle:
            waiter: Deferred[None] = Deferred()
            self._waiters.append(waiter)
            await waiter

    def cancel(self) -> None:
        """Cancel everything that runs; the rows stay in the table."""
        for running in (*self._running.values(), *self._unmarked.values()):
            running.cancel()
        if self._looking is not None:
            self._looking.cancel()

    def _go_on(self) -> None:
        """Begin all that can begin now, and come back when more can."""
        if self.idle:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                waiter.callback(None)
        if self.actions is None or self._beginning:
            return
        self._beginning = True
        try:
            self._fill()
            began = self._begin()
        finally:
            self._beginning = False
        self._set_timer(0.0 if began == STARTS_A_TURN else self._seconds_to_wait())

    # Rows of the table

    def _fill(self) -> None:
        if self._has_room() and self._looking is None and self._seconds_to_look() <= 0:
            self._more = False
            looking = self._looking = deferred(self._look(self._window))
            looking.addErrback(self._broken).addBoth(self._looked_up)

    def _has_room(self) -> bool:
        if not self._more or self._window.due >= LARGEST_LOOK // 2 or len(self._window) >= MOST_HELD:
            return False
        # Rows that began before the rule was gone, and came back, are not in the window, and come before its rows.
        return all(held.row.sequence in self._window for held in self._running)

    def _seconds_to_look(self) -> float:
        pause = LOOKS_APART_SECONDS if len(self._window) <= 2 * LARGEST_LOOK else LOOKS_AT_MANY_APART_SECONDS
        return self._looked + pause - self._parts.clock.seconds()

    async def _look(self, window: DeliveryWindow) -> None:
        most = len(window) + len(self._unmarked) + LARGEST_LOOK
        try:
            rows = await self._parts.rows.ready(self._rule, 0, most)
        except DatabaseUnavailable:
            # The watch of the accounts tells the log; the next regular look comes in a few seconds.
            return
        if window is self._window:
            now = self._parts.now()
            for row in rows:
                if not (row.sequence in window or row.sequence in self._unmarked or row.sequence in self._marked_late):
                    window.add(row, now)
        self._more = self._more or len(rows) >= most

    def _looked_up(self, result: object) -> None:
        self._looking = None
        self._marked_late.clear()
        self._looked = self._parts.clock.seconds()
        self._go_on()

    # Turns

    def _begin(self) -> int:
        """Begin rows that can begin; return how many have begun."""
        self._window.wake(self._parts.now())
        for began in range(STARTS_A_TURN):
            full = len(self._running) >= self._parts.concurrency() or len(self._unmarked) >= MOST_UNMARKED
            held = None if full else self._next()
            if held is None:
                return began
            running = self._running[held] = deferred(self._deliver(held, self._window))
            running.addErrback(self._broken).addBoth(self._over, held)
        return STARTS_A_TURN

    def _next(self) -> HeldRow | None:
        """Take the row whose turn it is."""
        now = self._parts.now()
        tried = {held.row.step for held in self._running}
        for step in self._window.steps():
            receiver = self._receiver(step)
            if not receiver.down:
                return self._window.take(step)
            if receiver.until <= now and step not in tried:
                return self._window.take_probe(step)
        return None

    def _receiver(self, step: int) -> Receiver:
        return self._receivers.setdefault(step, Receiver())

    def _over(self, result: object, held: HeldRow) -> None:
        del self._running[held]
        self._go_on()

    def _broken(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            _log.failure("a fault in the delivery for the rule {rule}", failure=failure, rule=self._rule)

    def _seconds_to_wait(self) -> float | None:
        """Return the time until something can begin that waits for its time, or None."""
        times = [self._receiver(step).until for step in self._window.steps() if self._receiver(step).down]
        if self._window.next_due is not None:
            times.append(self._window.next_due)
        waits = [max(0.0, min(times) - self._parts.now())] if times else []
        if self._has_room() and self._looking is None:
            waits.append(max(0.0, self._seconds_to_look()))
        return min(waits, default=None)

    def _set_timer(self, seconds: float | None) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
        if seconds is not None:
            self._timer = self._parts.clock.callLater(seconds, self._go_on)

    # A row

    async def _deliver(self, held: HeldRow, window: DeliveryWindow) -> None:
        """Carry the actions of a row out, from its step on, until one of them fails."""
        while True:
            actions = self.actions
            if actions is None:
                return
            if held.row.step >= len(actions):
                break
            action = actions[held.row.step]
            began = self._parts.clock.seconds()
            problem = await failure_of(action, held.row)
            seconds = self._parts.clock.seconds() - began
            if problem is not None:
                await self._failed(held, window, action=action, problem=problem, seconds=seconds)
                return
            done = ActionRun(action=action, row=held.row, outcome=RunOutcome.DONE, seconds=seconds)
            self._parts.finished(done)
            self._answered(held.row.step)
            held.row = replace(held.row, step=held.row.step + 1, tries=0, due=0.0, failing_since=None)
            if held.row.step >= len(actions):
                break
            await keep_change(partial(self._parts.rows.postponed, held.row, ""), self._parts)
        # The place of the row is free at once: the table forgets rows in the order in which they are delivered.
        self._mark(held.row, partial(self._parts.rows.delivered, held.row))
        window.end(held, self._parts.now())

    async def _failed(
        self, held: HeldRow, window: DeliveryWindow, *, action: SharedAction, problem: ActionFailed, seconds: float
    ) -> None:
        row, reason = held.row, str(problem)
        after = row_after_failure(row, problem, action.settings.retry_seconds, self._parts)
        run = ActionRun(
            action=action,
            row=row,
            outcome=RunOutcome.DEAD if after is None else RunOutcome.AGAIN,
            seconds=seconds,
            reason=reason,
            retry_seconds=None if after is None else after.due - self._parts.now(),
        )
        self._parts.finished(run)
        if problem.final:
            self._answered(row.step)
        elif self._receiver(row.step).failed(self._parts.now(), problem.retry_after, self._parts.chance()):
            text = "rule {rule}: {action} fails for each event ({reason!a}); events wait while single tries go on"
            _log.warn(text, rule=self._rule, action=action.name, reason=reason)
        if after is None:
            await keep_change(partial(self._parts.rows.dead, row, reason), self._parts)
            window.end(held, self._parts.now())
            return
        held.row = after
        await keep_change(partial(self._parts.rows.postponed, after, reason), self._parts)
        window.put_back(held, self._parts.now())

    def _answered(self, step: int) -> None:
        if self._receiver(step).answered():
            _log.info("rule {rule}: its events are delivered again", rule=self._rule)
            self._window.hurry(step)

    def _mark(self, row: OutboxRow, change: Callable[[], Awaitable[None]]) -> None:
        """Have the table forget a delivered row; meanwhile no look adds it again."""
        work = self._unmarked[row.sequence] = deferred(keep_change(change, self._parts))
        work.addErrback(self._broken).addBoth(self._marked, row.sequence)

    def _marked(self, result: object, sequence: int) -> None:
        del self._unmarked[sequence]
        if self._looking is not None:
            # The look may have begun before the change.
            self._marked_late.add(sequence)
        self._go_on()
