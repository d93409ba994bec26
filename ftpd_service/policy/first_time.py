"""The memory of events that the log reports only once.  It is pure and bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class FirstTime(Generic[K]):
    """A bounded set of keys that forgets the oldest key."""

    __slots__ = ("_most", "_seen")

    def __init__(self, most: int = 1000) -> None:
        """Take the most keys to remember."""
        self._most = most
        self._seen: OrderedDict[K, None] = OrderedDict()

    def __call__(self, key: K) -> bool:
        """Return whether this key is new, and remember it."""
        if key in self._seen:
            self._seen.move_to_end(key)
            return False
        self._seen[key] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True
