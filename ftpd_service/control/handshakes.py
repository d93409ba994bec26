"""Divides the reactor's time between TLS handshakes and everybody else.

A handshake with an RSA key takes half a millisecond for its signature.  Where hundreds of clients shake hands at once,
as after a restart, theirs together would take one turn of the reactor in which no command is answered.  So they stop
after a few, and the others have theirs in the turns that follow, first come, first served.

The pool was tried in place of this (docs/performance.rst): others waited longer than with neither, as the threads take
the interpreter's lock in turn with the reactor, and come back all in one turn of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

TURN_SECONDS = 0.002
"""What handshakes may take until everybody else has had a turn."""


class Handshakes:
    """All handshakes of control connections.  One object for the whole service."""

    __slots__ = ("_clock", "_due", "_spent", "_waiting")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._spent = 0.0
        self._due = False
        self._waiting: deque[Callable[[], None]] = deque()

    def run(self, step: Callable[[], None]) -> bool:
        """Carry out one side's answer, now (True) or in a turn to come; who asks may be gone by then, and must know."""
        if self._due:
            self._waiting.append(step)
            return False
        self._carry_out(step)
        return True

    def _carry_out(self, step: Callable[[], None]) -> None:
        began = self._clock.seconds()
        try:
            step()
        finally:
            self._spent += self._clock.seconds() - began
            if self._spent >= TURN_SECONDS:
                self._due = True
                self._clock.callLater(0, self._go_on)

    def _go_on(self) -> None:
        self._spent = 0.0
        self._due = False
        while self._waiting and not self._due:
            self._carry_out(self._waiting.popleft())
