"""The selection of LIST, NLST and STAT: the directory, file or pattern that an argument means.

The first page is fetched here, so that a refusal comes before the preliminary reply.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ftpd_service.commands.context import Context
from ftpd_service.commands.matching import matching
from ftpd_service.commands.pages import (
    ENTRY_STEPS,
    Beside,
    FormatNames,
    FormatPage,
    chained,
    directory_rows,
    formatted,
    name_rows,
    primed,
)
from ftpd_service.errors import NotADirectory, NotFound, PermissionDenied
from ftpd_service.values import Entry, EntryKind, Page, Permissions, VirtualPath
from ftpd_service.wire import paths
from ftpd_service.wire.arguments import ListArgument, ListOptions
from ftpd_service.wire.listing import sort_entries
from ftpd_service.wire.patterns import has_wildcards

FormatListing = Callable[[Page, str], bytes]
"""Formats the rows of a page; the text goes before names that are to be usable from the working directory."""

FormatNamesBehind = Callable[[tuple[str, ...], str], bytes]
"""Formats the rows of names; the text goes before each name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The form of a listing's rows."""

    of_page: FormatListing
    of_names: FormatNamesBehind | None = None
    """Formats the same rows from names, if rows are names alone."""


_MOST_SORTED = 10_000
"""The most entries that are sorted by time or size; larger directories are sorted in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The entries that are listed."""

    path: VirtualPath
    """The directory, the file, or the directory where a pattern begins, for the log."""
    directory: bool
    """Whether the entries of a directory are listed, not an entry itself."""
    rows: AsyncIterator[bytes]
    source: AsyncIterator[object]
    """The storage's iterator below `rows`; the user of a Selection closes it at the end."""


async def _one(entries: Page) -> AsyncIterator[Page]:
    if entries:
        yield entries


async def select(context: Context, argument: ListArgument, form: Rows) -> Selection:
    """Find the entries that an argument of LIST, NLST or STAT means, and their rows.

    :raises PermissionDenied: the account may not list there; the storage was not asked.
    :raises NotFound: neither an entry nor a pattern.
    """
    whole = None if argument.first_is_probe else await _whole(context, argument)
    text, options = (argument.words, ListOptions()) if whole is not None else (argument.path, argument.options)
    path = context.path(text)
    context.demand(path, Permissions.LIST)
    if whole is None and not options.itself:
        # The path is mostly a directory; other entries and errors are handled below.
        with suppress(NotFound, NotADirectory, PermissionDenied):
            return await _directory(context, text, path, options, form)
    entry = whole
    if entry is None:
        try:
            entry = await context.storage.stat(path)
        except NotFound:
            if not has_wildcards(text):
                raise
            return _single(context, *await matching(context, text, options), form)
    if entry.kind is EntryKind.DIRECTORY and not options.itself:
        return await _directory(context, text, path, options, form)
    shown = entry._replace(name=text or ".")
    return _single(context, path, (shown,), form)


def _single(context: Context, path: VirtualPath, entries: Page, form: Rows) -> Selection:
    rows = formatted(context, _one(entries), lambda page: form.of_page(page, ""))
    return Selection(path=path, directory=False, rows=rows, source=rows)


async def directory_selection(context: Context, path: VirtualPath, format_page: FormatPage) -> Selection:
    """Select all entries of a directory, as MLSD needs them."""
    source = directory_rows(context, path, format_page)
    return Selection(path=path, directory=True, rows=await primed(source), source=source)


async def _whole(context: Context, argument: ListArgument) -> Entry | None:
    """Return the entry named by a whole argument that begins like options, or None."""
    if not argument.words or argument.words == argument.path:
        return None
    try:
        return await context.storage.stat(context.path(argument.words))
    except (NotFound, PermissionDenied):
        return None


async def _directory(context: Context, text: str, path: VirtualPath, options: ListOptions, form: Rows) -> Selection:
    prefix = "" if text in ("", ".") else text.rstrip("/") + "/"
    hide = not context.session.settings.dot_files and not options.all_names

    def format_page(page: Page) -> bytes:
        return form.of_page(without_dot_files(page) if hide else page, prefix)

    source: AsyncIterator[object]
    if options.by_time or options.by_size or options.reverse:
        source = pages = context.storage.entries(path)
        rows = formatted(context, _sorted(context, await primed(pages), options), format_page)
    else:
        named = None if form.of_names is None else name_rows(context, path, _naming(form.of_names, prefix, hide))
        source = unsorted = directory_rows(context, path, format_page) if named is None else named
        rows = await primed(unsorted)
    if options.dot_entries:
        rows = chained([form.of_page(await _dot_entries(context, path), prefix)], rows)
    return Selection(path=path, directory=True, rows=rows, source=source)


def _naming(format_names: FormatNamesBehind, prefix: str, hide: bool) -> FormatNames:
    """Return a function that formats names, without the names of dot files if they are hidden."""
    if not hide:
        return lambda names: format_names(names, prefix)
    return lambda names: format_names(tuple(name for name in names if not name.startswith(".")), prefix)


def without_dot_files(page: Page) -> Page:
    """Return a page without its dot files, for ``listing.dot_files``."""
    return tuple(entry for entry in page if not entry.name.startswith("."))


async def _sorted(context: Context, pages: AsyncIterator[Page], options: ListOptions) -> AsyncIterator[Page]:
    beside = Beside(context)
    held: list[Entry] = []
    async for page in pages:
        held.extend(page)
        if len(held) >= _MOST_SORTED:
            yield await beside.run(partial(sort_entries, held, options), len(held) * ENTRY_STEPS)
            held = []
    if held:
        yield await beside.run(partial(sort_entries, held, options), len(held) * ENTRY_STEPS)


async def _dot_entries(context: Context, path: VirtualPath) -> Page:
    here = await context.storage.stat(path)
    above = await context.storage.stat(paths.parent(path))
    return (here._replace(name=".", link=None), above._replace(name="..", link=None))
