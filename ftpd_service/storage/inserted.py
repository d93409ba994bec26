"""Inserts the places of folders into the pages of a directory, in the order of their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from ftpd_service.wire.names import encode

I = TypeVar("I")  # noqa: E741  # an item of a page


class Inserted(Generic[I]):
    """The items that a directory has beside those of its storage, for one listing; one thread at a time uses it.

    An item takes the place of an item of that name in the storage.
    """

    def __init__(self, own: Mapping[str, I], name: Callable[[I], str], *, gives_way: Callable[[I], bool]) -> None:
        """Take the items by their names.

        :param name: returns the name of an item.
        :param gives_way: whether the storage's item, which is the argument, is shown in place of the own item.
        """
        self._own = own
        self._name = name
        self._gives_way = gives_way
        self._waiting = sorted(own, key=encode, reverse=True)
        """The names that have not been shown, the next name at the end."""

    def page(self, page: tuple[I, ...]) -> tuple[I, ...]:
        """Return a page of the storage with the items that belong into it."""
        if not page or (not self._waiting and self._own.keys().isdisjoint(map(self._name, page))):
            return page
        items = [item for item in page if self._keeps(item)]
        last = encode(self._name(page[-1]))
        due: list[I] = []
        while self._waiting and encode(self._waiting[-1]) <= last:
            due.append(self._own[self._waiting.pop()])
        if not due:
            return tuple(items)
        return tuple(sorted([*items, *due], key=lambda item: encode(self._name(item))))

    def rest(self) -> tuple[I, ...]:
        """Return the items behind the last page."""
        rest = tuple(self._own[name] for name in reversed(self._waiting))
        self._waiting.clear()
        return rest

    def _keeps(self, item: I) -> bool:
        name = self._name(item)
        if name not in self._own:
            return True
        if name in self._waiting and self._gives_way(item):
            self._waiting.remove(name)
            return True
        return False
