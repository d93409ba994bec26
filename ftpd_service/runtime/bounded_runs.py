"""The bound of work that runs at once, by a key such as a URL; further work of the key waits in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

T = TypeVar("T")


class _Runs:
    __slots__ = ("beginning", "running", "waiting")

    def __init__(self) -> None:
        self.beginning = False
        self.running = 0
        self.waiting: deque[Deferred[None]] = deque()


class BoundedRuns:
    """Runs coroutines, so many of a key at once.

    :ivar most: the most coroutines of a key that run at once; a smaller number ends nothing that runs.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: dict[Hashable, _Runs] = {}

    @property
    def most(self) -> int:
        """Return the bound."""
        return self._most

    @most.setter
    def most(self, most: int) -> None:
        self._most = most
        for key in tuple(self._of):
            self._begin(key)

    async def run(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]]) -> T:  # Any: as Twisted's
        """Return the result of a coroutine, which begins in its turn; cancelling ends the wait or the coroutine."""
        runs = self._of.setdefault(key, _Runs())
        if runs.running < self._most and not runs.waiting:
            runs.running += 1
        else:
            turn: Deferred[None] = Deferred()
            runs.waiting.append(turn)
            try:
                await turn
            except BaseException:  # cancelled, or closed
                self._leave(key, runs, turn)
                raise
        try:
            return await work()
        finally:
            runs.running -= 1
            self._begin(key)

    def _leave(self, key: Hashable, runs: _Runs, turn: Deferred[None]) -> None:
        if turn in runs.waiting:
            runs.waiting.remove(turn)
        self._begin(key)

    def _begin(self, key: Hashable) -> None:
        runs = self._of.get(key)
        if runs is None or runs.beginning:
            return
        # Work that ends at once comes back here; a loop begins the next, because recursion would have no bound.
        runs.beginning = True
        while runs.waiting and runs.running < self._most:
            runs.running += 1
            runs.waiting.popleft().callback(None)
        runs.beginning = False
        if not runs.running and not runs.waiting:
            self._of.pop(key, None)
