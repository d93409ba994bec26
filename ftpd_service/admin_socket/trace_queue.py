"""The dialogue of a traced session, from the session to a program that may be slow.

The session never waits: beyond the bounds of the queue, lines are dropped and counted.
"""

from __future__ import annotations

from collections import deque

from twisted.internet.defer import Deferred

from ftpd_service.admin_socket.session_rows import told_time
from ftpd_service.interfaces import Now
from ftpd_service.runtime.turns import Clock
from ftpd_service.wire.reply import Final, Preliminary

TRACED_LINES = 1000
"""The most lines that wait for the program."""

TRACED_CHARACTERS = 1024 * 1024
"""The most characters in them."""

REPLY_LINES = 20
"""The most lines of a reply that are told."""

_TEXT = 2048
"""The most characters of a line that are told."""


class TraceQueue:
    """A `Tracer` whose lines are taken by a coroutine."""

    def __init__(self, clock: Clock, now: Now) -> None:
        self._clock = clock
        self._now = now
        self._lines: deque[dict[str, object]] = deque()
        self._characters = 0
        self._lost = 0
        self._over = False
        self._waiting: Deferred[None] | None = None

    def asked(self, verb: str, argument: str) -> None:
        """See `Tracer.asked`."""
        told = argument[:_TEXT]
        self._put({"verb": verb, "argument": told}, len(told))

    def replied(self, reply: Preliminary | Final) -> None:
        """See `Tracer.replied`."""
        told = [line[:_TEXT] for line in reply.lines[:REPLY_LINES]]
        rows = reply.rows.count(b"\n") if isinstance(reply, Final) else 0
        left_out = len(reply.lines) - len(told) + rows
        self._put({"code": reply.code, "lines": told, "left_out": left_out}, sum(map(len, told)))

    def ended(self) -> None:
        """See `Tracer.ended`."""
        self.close()

    def close(self) -> None:
        """End the queue: `take` returns the lines that are there, then None."""
        self._over = True
        self._wake_soon()

    async def take(self) -> list[dict[str, object]] | None:
        """Wait for lines and return them, with the number of lines that were dropped behind them; None at the end."""
        while not self._lines and not self._lost:
            if self._over:
                return None
            self._waiting = Deferred()
            await self._waiting
        taken = list(self._lines)
        if self._lost:
            taken.append({"time": told_time(self._now()), "lost": self._lost})
        self._lines.clear()
        self._characters = self._lost = 0
        return taken

    def _put(self, line: dict[str, object], characters: int) -> None:
        if self._over:
            return
        if len(self._lines) >= TRACED_LINES or self._characters + characters > TRACED_CHARACTERS:
            self._lost += 1
        else:
            self._characters += characters
            self._lines.append({"time": told_time(self._now()), **line})
        self._wake_soon()

    def _wake_soon(self) -> None:
        # The session's own work comes first, and lines that follow at once are written together.
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._clock.callLater(0, waiting.callback, None)
