"""Work on all sessions, which may be ten thousand: some sessions in each turn, so that no command waits long."""

from __future__ import annotations

from collections.abc import Callable

from ftpd_service.admin_socket.administration import Administration
from ftpd_service.session.registry import LiveSession

STEP_SESSIONS = 64
"""The most sessions of a step."""

_LOOK_EVERY = 8
"""The sessions between two looks at the clock."""

_HOST = "admin socket"
"""The name under which this work has its turns, beside the hosts of clients."""


class SessionSteps:
    """Calls a function for each session; sessions that end meanwhile are left out."""

    def __init__(self, parts: Administration, work: Callable[[LiveSession], object]) -> None:
        self._parts = parts
        self._work = work
        self._left = iter(parts.sessions)
        self._over = False

    async def go_on(self) -> bool:
        """Work on some sessions, and return True; return False if no session was left before."""
        if self._over:
            return False
        await self._parts.turns.take(_HOST, self._step)
        return True

    def _step(self) -> None:
        for count in range(1, STEP_SESSIONS + 1):
            live = next(self._left, None)
            if live is None:
                self._over = True
                return
            if self._parts.sessions.get(live.session.id) is live:
                self._work(live)
            if not count % _LOOK_EVERY and self._parts.turns.enough():
                return
