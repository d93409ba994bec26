"""The queue of logins that wait for a program: hosts take turns, and each host and name has a share.

The queue is pure.  A question is in it from `add` to `over`: first it waits, then it is asked.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ftpd_service.errors import LoginsSaturated

Q = TypeVar("Q", bound=Hashable)

UNANSWERED_OF_NAME = 12
"""The most unanswered logins with a name from a host.

A client may open many connections with one saved password: as many as `policy.guesses.MOST_AT_ONCE` let in at once.
"""
UNANSWERED_OF_HOST = 32
"""The most unanswered logins of a host; a whole office may log in from a single address in the morning."""
WAITING_LOGINS = 256
"""The most waiting logins of all hosts."""


@dataclass(frozen=True, slots=True)
class _Place:
    host: Hashable
    name: bytes


class LoginQueue(Generic[Q]):
    """The questions of all hosts.

    :param asked_of_host: the most questions of a host that are asked at once, so that slow answers to one host leave
        room for others.
    """

    __slots__ = ("_asked", "_asked_of_host", "_held", "_hosts", "_places", "_waiting")

    def __init__(self, *, asked_of_host: int) -> None:
        self._asked_of_host = asked_of_host
        self._places: dict[Q, _Place] = {}
        self._held: Counter[Hashable] = Counter()
        self._asked: Counter[Hashable] = Counter()
        self._hosts: dict[Hashable, deque[Q]] = {}
        self._waiting = 0

    def __len__(self) -> int:
        """Return the number of waiting questions."""
        return self._waiting

    def add(self, question: Q, host: Hashable, name: bytes) -> None:
        """Let a question wait.

        :raises LoginsSaturated: a share is used up, and the question is not in the queue.
        """
        place = _Place(host, name)
        full = self._held[place] >= UNANSWERED_OF_NAME or self._held[host] >= UNANSWERED_OF_HOST
        if full or self._waiting >= WAITING_LOGINS:
            raise LoginsSaturated("queue of logins is full: the checker was not asked")
        self._places[question] = place
        self._held.update((place, host))
        self._wait(question, host).append(question)

    def questions(self) -> list[Q]:
        """Return all questions, those that wait and those that are asked."""
        return list(self._places)

    def next(self) -> Q | None:
        """Return the question that is asked now, or None if none may be asked."""
        for host, questions in self._hosts.items():
            if self._asked[host] < self._asked_of_host:
                question = questions.popleft()
                self._waiting -= 1
                self._asked[host] += 1
                # The host goes behind all others.
                del self._hosts[host]
                if questions:
                    self._hosts[host] = questions
                return question
        return None

    def again(self, question: Q) -> None:
        """Let a question that was asked wait again, before all others of its host."""
        host = self._places[question].host
        _less(self._asked, host)
        self._wait(question, host).appendleft(question)

    def over(self, question: Q) -> None:
        """Take a question out of the queue, whether it waits or is asked; a second call does nothing."""
        place = self._places.pop(question, None)
        if place is None:
            return
        _less(self._held, place)
        _less(self._held, place.host)
        questions = self._hosts.get(place.host, deque())
        if question not in questions:
            _less(self._asked, place.host)
            return
        questions.remove(question)
        self._waiting -= 1
        if not questions:
            del self._hosts[place.host]

    def _wait(self, question: Q, host: Hashable) -> deque[Q]:
        self._waiting += 1
        return self._hosts.setdefault(host, deque())


def _less(counter: Counter[Hashable], key: Hashable) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
