"""The order of work on paths: work waits for older work on the same path, on a directory above it, or below it; pure.

The order of a rename is that of both its paths.  Paths of different spaces, such as the trees of two accounts, have
nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class PathPlace(NamedTuple):
    """A path, in the space in which it has its meaning."""

    space: str
    path: str
    """An absolute path."""


class OrderedWork(Generic[T]):
    """Work that has its place in the order.

    :ivar waits: the number of older works that have to end first.
    """

    __slots__ = ("_followers", "places", "waits", "what")

    def __init__(self, what: T, places: tuple[PathPlace, ...]) -> None:
        self.what = what
        self.places = places
        self.waits = 0
        self._followers: dict[OrderedWork[T], None] = {}

    def follow(self, older: OrderedWork[T]) -> None:
        """Wait for older work."""
        if older is not self and self not in older._followers:
            older._followers[self] = None
            self.waits += 1

    def release(self) -> list[OrderedWork[T]]:
        """Return the works that waited for nothing but this work."""
        followers, self._followers = self._followers, {}
        for follower in followers:
            follower.waits -= 1
        return [follower for follower in followers if not follower.waits]


class PathOrder(Generic[T]):
    """The works that have not ended.

    Work on a path follows only the last work there, and the works below it that came after that: the last work itself
    waits for all others, so the number of links stays small.
    """

    def __init__(self) -> None:
        self._last: dict[PathPlace, OrderedWork[T]] = {}
        self._below: dict[PathPlace, dict[OrderedWork[T], None]] = {}

    def __len__(self) -> int:
        return len(self._last)

    def add(self, what: T, places: Iterable[PathPlace]) -> OrderedWork[T]:
        """Give work its place behind all works that were added before; it may begin if it waits for nothing."""
        work = OrderedWork(what, tuple(PathPlace(place.space, place.path.rstrip("/") or "/") for place in places))
        for place in work.places:
            for other in (place, *_above(place)):
                last = self._last.get(other)
                if last is not None:
                    work.follow(last)
            for lower in self._below.pop(place, ()):
                work.follow(lower)
        for place in work.places:
            self._last[place] = work
            for directory in _above(place):
                self._below.setdefault(directory, {})[work] = None
        return work

    def end(self, work: OrderedWork[T]) -> list[OrderedWork[T]]:
        """Remove work that has ended; return the works that may begin now."""
        for place in work.places:
            if self._last.get(place) is work:
                del self._last[place]
            for directory in _above(place):
                below = self._below.get(directory)
                if below is not None and below.pop(work, ...) is None and not below:
                    del self._below[directory]
        return work.release()


def _above(place: PathPlace) -> Iterator[PathPlace]:
    """Yield the directories above a path, the nearest first."""
    space, path = place
    while path != "/":
        path = path[: path.rfind("/")] or "/"
        yield PathPlace(space, path)
