"""Whether something happens for the first time, so that the log tells of it once: pure, bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class FirstTime(Generic[K]):
    """Remembers keys; forgets the one that came longest ago when there are too many."""

    __slots__ = ("_most", "_seen")

    def __init__(self, most: int = 1000) -> None:
        """Remember so many."""
        self._most = most
        self._seen: OrderedDict[K, None] = OrderedDict()

    def __call__(self, key: K) -> bool:
        """Whether this key is not remembered; from here on it is."""
        if key in self._seen:
            self._seen.move_to_end(key)
            return False
        self._seen[key] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True
