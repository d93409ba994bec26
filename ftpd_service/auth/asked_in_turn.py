"""The bound of questions that checkers ask over connections: so many at once, and hosts take turns."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.errors import LoginUnavailable
from ftpd_service.policy.login_queue import LoginQueue

T = TypeVar("T")

_ENDED = "the checker is no longer in force"


class _Turn:
    """A question that waits for its turn, or is asked."""

    __slots__ = ("asking", "begun", "come")

    def __init__(self) -> None:
        self.come: Deferred[None] = Deferred()
        self.begun = False
        self.asking: Deferred[Any] | None = None  # Any: the answer of any question


class AskedInTurn:
    """The questions of one checker.

    :param at_once: the most questions that are asked at once; a host gets half of them.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._queue: LoginQueue[_Turn] = LoginQueue(asked_of_host=(at_once + 1) // 2)
        self._asked = 0
        self._ended = False

    async def run(self, ask: Callable[[], Coroutine[Any, Any, T]], *, host: Hashable, name: bytes) -> T:
        """Return the answer of a coroutine, which begins in its turn.

        :raises LoginsSaturated: the queue is full, and the question was not asked.
        :raises LoginUnavailable: the checker is no longer in force.
        """
        turn = _Turn()
        if self._ended:
            raise LoginUnavailable(_ENDED)
        self._queue.add(turn, host, name)
        self._begin()
        try:
            await turn.come
            asking: Deferred[T] = Deferred.fromCoroutine(ask())
            turn.asking = asking
            return await asking
        except CancelledError:
            if self._ended:
                raise LoginUnavailable(_ENDED) from None
            raise
        finally:
            self._queue.over(turn)
            self._asked -= turn.begun
            self._begin()

    def end(self) -> None:
        """Cancel all questions, whose logins fail for now, and take no more."""
        self._ended = True
        for turn in self._queue.questions():
            (turn.come if turn.asking is None else turn.asking).cancel()

    def _begin(self) -> None:
        while self._asked < self._at_once and not self._ended:
            turn = self._queue.next()
            if turn is None:
                return
            turn.begun = True
            self._asked += 1
            turn.come.callback(None)
