"""Divides the reactor's time between work that takes a while and everybody else.

Where a hundred transfers are ready at once, their slices together would take one turn of the reactor, tens of
milliseconds in which no command is answered; so would hundreds of TLS handshakes, each with its signature, after a
restart.  So such work stops after a little, and the others have theirs in the turns that follow, first come, first
served.  Smaller slices would do that too, at twice the CPU time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

TURN_SECONDS = 0.002
"""What work may take until everybody else has had a turn."""


class Clock(Protocol):
    """The part of IReactorTime that timers need."""

    def seconds(self) -> float:
        """A time that never goes back."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> IDelayedCall:
        """Call a function after so many seconds."""


class Turns:
    """All such work.  One object for the whole service."""

    __slots__ = ("_clock", "_due", "_spent", "_waiting")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent = 0.0
        self._due = False
        self._waiting: deque[Callable[[], None]] = deque()

    @property
    def over(self) -> bool:
        """Whether this turn's time is spent: what comes next has to wait, or to run elsewhere."""
        return self._due

    def run(self, work: Callable[[], None]) -> bool:
        """Carry work out now (True) or in a turn to come; who asks may be gone by then, and must know."""
        if self._due:
            self._waiting.append(work)
            return False
        self._carry_out(work)
        return True

    async def take(self, work: Callable[[], None]) -> None:
        """Carry work out, now or in a turn to come; not at all when cancelled before that."""
        if not self._due:
            self._carry_out(work)
            return
        waiter: Deferred[None] = Deferred()

        def wake() -> None:
            # Gone where its transfer was stopped.
            if not waiter.called:
                waiter.callback(None)

        self._waiting.append(wake)
        await waiter
        work()

    def _carry_out(self, work: Callable[[], None]) -> None:
        began = self._clock.seconds()
        try:
            work()
        finally:
            self._spent += self._clock.seconds() - began
            if self._spent >= TURN_SECONDS and not self._due:
                # Nothing more before the reactor has looked at everything else.
                self._due = True
                self._clock.callLater(0, self._go_on)

    def _go_on(self) -> None:
        self._spent = 0.0
        self._due = False
        while self._waiting and not self._due:
            self._carry_out(self._waiting.popleft())
