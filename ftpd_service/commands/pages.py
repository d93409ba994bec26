"""The pages of a directory on their way to its rows: where they are formatted, and fetched ahead."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

from ftpd_service.closing import closing
from ftpd_service.commands.context import Context
from ftpd_service.interfaces import IMapPages
from ftpd_service.values import Page, VirtualPath

T = TypeVar("T")

_INLINE_ROWS = 64
"""A page of so few rows is formatted where it is: a trip to the pool costs more."""

FormatPage = Callable[[Page], bytes]
"""Makes the rows of a page; called on any thread."""


def directory_rows(context: Context, path: VirtualPath, format_page: FormatPage) -> AsyncIterator[bytes]:
    """The rows of a directory, page by page, formatted on the thread that reads them where the storage has one."""
    storage = IMapPages(context.storage, None)
    if storage is not None:
        return storage.mapped(path, format_page)
    return formatted(context, context.storage.entries(path), format_page)


async def formatted(context: Context, pages: AsyncIterator[Page], format_page: FormatPage) -> AsyncIterator[bytes]:
    """The rows of pages; closing it closes them."""
    async with closing(pages):
        async for page in pages:
            if len(page) <= _INLINE_ROWS:
                yield format_page(page)
            else:
                yield await context.compute(partial(format_page, page))


async def primed(source: AsyncIterator[T]) -> AsyncIterator[T]:
    """The same pages, the first one fetched already: a refusal is raised here."""
    try:
        first = await source.__anext__()
    except StopAsyncIteration:
        return source
    return chained([first], source)


async def chained(first: list[T], rest: AsyncIterator[T]) -> AsyncIterator[T]:
    """Some pages, then others."""
    for page in first:
        yield page
    async for page in rest:
        yield page
