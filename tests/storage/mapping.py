"""A storage in memory that makes something of its pages, as one does that reads them on threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.interfaces import IMapPages
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.values import Page, VirtualPath

T = TypeVar("T")


@implementer(IMapPages)
class Mapping(MemoryStorage):
    """Provides `IMapPages`.

    :ivar made: of how many pages something was made.
    :ivar closed: whether the last listing is over.
    """

    made = 0
    closed = False

    async def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        self.closed = False
        try:
            async for page in self.entries(path):
                self.made += 1
                yield make(page)
        finally:
            self.closed = True
