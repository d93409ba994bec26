"""Turns of changes at paths, so that the mark of each change is told before the next change of the same path begins.

A start after a crash proves an open intent by the object at its path.  If two changes of a path had open intents at
once, the second change would take away the proof of the first.  A change of a whole tree, such as the rename of a
directory, waits for all changes below it, and they wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple, TypeVar

from twisted.internet.defer import Deferred

T = TypeVar("T")


class PathClaim(NamedTuple):
    """The places that a change needs for itself: paths of the host, or texts like paths."""

    places: tuple[str, ...]
    tree: bool = False
    """Whether everything below the places belongs to the change."""
    moves: bool = False
    """Whether paths below the places are different ones after the change."""

    def clashes(self, other: PathClaim) -> bool:
        """Return whether two changes cannot run at once."""
        return any(
            one == another or (self.tree and _below(another, one)) or (other.tree and _below(one, another))
            for one in self.places
            for another in other.places
        )


class PathTurns:
    """The turns of all sessions of a service.

    :ivar moved: the number of changes so far after which paths are different ones.
    """

    def __init__(self) -> None:
        self.moved = 0
        self._held: dict[str, bool] = {}
        self._below: Counter[str] = Counter()
        self._waiting: list[tuple[PathClaim, Deferred[None]]] = []

    @asynccontextmanager
    async def settled(self, look: Callable[[], Awaitable[T]], claim_of: Callable[[T], PathClaim]) -> AsyncIterator[T]:
        """Look at some paths, and yield the result while their turn is taken; no other change comes in between."""
        while True:
            moved, found = self.moved, await look()
            claim = claim_of(found)
            async with self.taken(claim) as waited:
                if waited or moved != self.moved:
                    found = await look()
                    if claim_of(found) != claim:
                        continue
                yield found
                return

    @asynccontextmanager
    async def taken(self, claim: PathClaim) -> AsyncIterator[bool]:
        """Take the turn of some places, and yield whether other changes had to end before."""
        waits = not self._free(claim) or any(claim.clashes(earlier) for earlier, _ in self._waiting)
        if waits:
            await self._waited(claim)
        else:
            self._hold(claim)
        try:
            yield waits
        finally:
            self._release(claim)

    async def _waited(self, claim: PathClaim) -> None:
        turn: Deferred[None] = Deferred(lambda waiting: self._leave(claim, waiting))
        self._waiting.append((claim, turn))
        await turn

    def _leave(self, claim: PathClaim, turn: Deferred[None]) -> None:
        """Let a change that is cancelled leave the queue, in which others may have waited for it."""
        self._waiting.remove((claim, turn))
        self._grant()

    def _free(self, claim: PathClaim) -> bool:
        for place in claim.places:
            if place in self._held or (claim.tree and self._below[place]):
                return False
            if any(self._held.get(above, False) for above in _above(place)):
                return False
        return True

    def _hold(self, claim: PathClaim) -> None:
        for place in set(claim.places):
            self._held[place] = claim.tree
            self._below.update(_above(place))

    def _release(self, claim: PathClaim) -> None:
        self.moved += claim.moves
        for place in set(claim.places):
            del self._held[place]
            for above in _above(place):
                self._below[above] -= 1
                if not self._below[above]:
                    del self._below[above]
        if self._waiting:
            self._grant()

    def _grant(self) -> None:
        """Give the changes that wait their turns, in order."""
        granted: list[Deferred[None]] = []
        still: list[tuple[PathClaim, Deferred[None]]] = []
        for claim, turn in self._waiting:
            if self._free(claim) and not any(claim.clashes(earlier) for earlier, _ in still):
                self._hold(claim)
                granted.append(turn)
            else:
                still.append((claim, turn))
        self._waiting = still
        for turn in granted:
            turn.callback(None)


def _above(place: str) -> Iterator[str]:
    """Yield the directories above a place."""
    end = place.rfind("/")
    while end >= 0:
        yield place[:end]
        end = place.rfind("/", 0, end)


def _below(place: str, above: str) -> bool:
    return place.startswith(f"{above.rstrip('/')}/")
