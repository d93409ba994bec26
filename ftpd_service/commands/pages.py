"""The pages of a directory on their way to rows: fetched ahead, and formatted beside the reactor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

from ftpd_service.closing import closing
from ftpd_service.commands.context import Context
from ftpd_service.interfaces import IMapNames, IMapPages
from ftpd_service.values import Page, VirtualPath

T = TypeVar("T")

ENTRY_STEPS = 32
"""The cost of work on an entry, beside the steps that the work itself counts."""

FORMATTED_ENTRIES = 1000
"""The most entries that are formatted at once."""

_INLINE_STEPS = 64 * ENTRY_STEPS
"""The steps of a tenth of a millisecond, the cost of a hop to the pool."""

FormatPage = Callable[[Page], bytes]
"""Formats the rows of a page; called on any thread."""

FormatNames = Callable[[tuple[str, ...]], bytes]
"""Formats the rows of names; called on any thread."""


class Beside:
    """Runs the work of a listing: small calls at once, all others beside the reactor.

    Small calls add up, as a storage may have all its pages at hand: so after some of them a call runs beside the
    reactor, and other clients have a turn.
    """

    __slots__ = ("_context", "_spent")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._spent = 0

    async def run(self, call: Callable[[], T], steps: int) -> T:
        """Return the result of a call.

        :param steps: the cost of the call, some 30 ns for each step.
        """
        self._spent += steps
        if self._spent <= _INLINE_STEPS:
            return call()
        self._spent = 0
        return await self._context.compute(call)


def directory_rows(context: Context, path: VirtualPath, format_page: Callable[[Page], T]) -> AsyncIterator[T]:
    """Return the rows of a directory, page by page, formatted on the storage's own thread if it has one.

    :param format_page: returns the rows of a page, or anything else that is made of a page; called on any thread.
    """
    storage = IMapPages(context.storage, None)
    if storage is not None:
        return storage.mapped(path, format_page)
    return formatted(context, context.storage.entries(path), format_page)


def name_rows(context: Context, path: VirtualPath, format_names: FormatNames) -> AsyncIterator[bytes] | None:
    """Return rows of names alone, if the storage reads names for less; else None."""
    storage = IMapNames(context.storage, None)
    return None if storage is None else storage.mapped_names(path, format_names)


async def formatted(context: Context, pages: AsyncIterator[Page], format_page: Callable[[Page], T]) -> AsyncIterator[T]:
    """Yield the rows of pages, in pieces of at most 1,000 rows; closing this closes the pages."""
    beside = Beside(context)
    async with closing(pages):
        async for page in pages:
            for start in range(0, len(page), FORMATTED_ENTRIES):
                some = page[start : start + FORMATTED_ENTRIES]
                yield await beside.run(partial(format_page, some), len(some) * ENTRY_STEPS)


async def primed(source: AsyncIterator[T]) -> AsyncIterator[T]:
    """Return the pages with the first page fetched, so that a refusal is raised here."""
    try:
        first = await source.__anext__()
    except StopAsyncIteration:
        return source
    return chained([first], source)


async def chained(first: list[T], rest: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yield some pages, then other pages."""
    for page in first:
        yield page
    async for page in rest:
        yield page
