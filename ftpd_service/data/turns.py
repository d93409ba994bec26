"""Divides the reactor's time between slices that run on it and everybody else.

Where a hundred transfers are ready at once, their slices together would take one turn of the reactor, tens of
milliseconds in which no command is answered.  So slices stop after a few, and the others run in the turns that follow,
first come, first served.  Smaller slices would do that too, at twice the CPU time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.defer import Deferred

from ftpd_service.data.reactor import Clock

TURN_SECONDS = 0.002
"""What slices may take until others have had their turn."""


class Turns:
    """All slices that run on the reactor.  One object for the whole service."""

    __slots__ = ("_clock", "_due", "_spent", "_waiting")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent = 0.0
        self._due = False
        self._waiting: deque[Deferred[None]] = deque()

    @property
    def over(self) -> bool:
        """Whether slices have had their time in this turn: the next one has to wait, or to run elsewhere."""
        return self._due

    async def run(self, slice_: Callable[[], None]) -> None:
        """Run a slice, now or in a turn to come; not at all when cancelled before that."""
        if self._due:
            waiter: Deferred[None] = Deferred()
            self._waiting.append(waiter)
            await waiter
        began = self._clock.seconds()
        slice_()
        self._spent += self._clock.seconds() - began
        if self._spent >= TURN_SECONDS:
            self._pause()

    def _pause(self) -> None:
        """Nothing more before the reactor has looked at everything else."""
        if not self._due:
            self._due = True
            self._clock.callLater(0, self._go_on)

    def _go_on(self) -> None:
        self._spent = 0.0
        self._due = False
        while self._waiting and not self._due:
            waiter = self._waiting.popleft()
            # Gone where its transfer was stopped.
            if not waiter.called:
                waiter.callback(None)
