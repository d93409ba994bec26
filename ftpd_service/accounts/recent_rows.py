"""The answers of a database that are kept for some seconds, so that the many questions of a login are one query.

Questions that are alike and come at once share a query.  A question that is given up leaves the others alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ftpd_service.interfaces import Now

T = TypeVar("T")

Load = Callable[[], Coroutine["Deferred[Any]", Any, T]]  # Any: as `Deferred.fromCoroutine` has it


class _Query(Generic[T]):
    """A query that runs, and those that wait for its answer."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[T]] = []


class RecentRows(Generic[T]):
    """Answers by name.

    :param seconds: how long an answer is kept.
    :param most: how many answers are kept; beyond this number the oldest are dropped.
    :param version: the answers are those of a version of the database; a new one drops them.
    """

    def __init__(self, *, seconds: float, most: int, now: Now, version: Callable[[], object]) -> None:
        self._seconds = seconds
        self._most = most
        self._now = now
        self._version = version
        self._of: object = None
        self._answers: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._queries: dict[str, _Query[T]] = {}

    async def answer(self, name: str, load: Load[T]) -> T:
        """Return the answer to a name, by a query if none is kept; its exceptions reach all that wait for it."""
        self._follow()
        kept = self._answers.get(name)
        if kept is not None and kept[0] > self._now():
            return kept[1]
        query = self._queries.get(name)
        if query is None:
            query = self._queries[name] = _Query()
            waiter = self._waiter(query)
            Deferred.fromCoroutine(load()).addBoth(self._arrived, name, query)
        else:
            waiter = self._waiter(query)
        return await waiter

    def _waiter(self, query: _Query[T]) -> Deferred[T]:
        waiter: Deferred[T] = Deferred()
        query.waiting.append(waiter)
        return waiter

    def _arrived(self, outcome: T | Failure, name: str, query: _Query[T]) -> None:
        self._follow()
        # A query that began before a change is for those that asked before it.
        if self._queries.get(name) is query:
            del self._queries[name]
            if not isinstance(outcome, Failure):
                self._answers[name] = (self._now() + self._seconds, outcome)
                self._answers.move_to_end(name)
                if len(self._answers) > self._most:
                    self._answers.popitem(last=False)
        for waiter in query.waiting:
            waiter.callback(outcome)

    def _follow(self) -> None:
        """Drop what is known if the database has changed."""
        version = self._version()
        if version != self._of:
            self._of = version
            self._answers.clear()
            self._queries.clear()
