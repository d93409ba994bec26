"""A storage in memory that makes something of its pages, as one does that reads them on threads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.interfaces import IMapNames, IMapPages
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.values import Page, VirtualPath

T = TypeVar("T")


@implementer(IMapPages, IMapNames)
class Mapping(MemoryStorage):
    """Provides `IMapPages` and `IMapNames`.

    :ivar made: of how many pages something was made.
    :ivar named: of how many pages of names.
    :ivar closed: whether the last listing is over.
    """

    made = 0
    named = 0
    closed = False

    async def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        self.closed = False
        try:
            async for page in self.entries(path):
                self.made += 1
                yield make(page)
        finally:
            self.closed = True

    async def mapped_names(self, path: VirtualPath, make: Callable[[tuple[str, ...]], T]) -> AsyncIterator[T]:
        self.closed = False
        try:
            async for page in self.entries(path):
                self.named += 1
                yield make(tuple(entry.name for entry in page))
        finally:
            self.closed = True
