"""The search for the entries that match a pattern of LIST, NLST and STAT.

The search takes the names of the pattern in order: it reads the directories that the earlier names have matched and
looks for the next name.  The work is bounded: wildcards in at most 4 names, at most 10,000 matches, and at most as many
examined entries as a large directory has.  Names are matched in slices, most of them beside the reactor
(`ftpd_service.commands.pages.Beside`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ftpd_service.closing import closing
from ftpd_service.commands.context import Context
from ftpd_service.commands.pages import ENTRY_STEPS, Beside
from ftpd_service.errors import NotADirectory, NotAPlainFile, NotFound, PermissionDenied, TooManyEntries
from ftpd_service.values import ROOT, Entry, EntryKind, Page, Permissions, VirtualPath
from ftpd_service.wire import paths
from ftpd_service.wire.arguments import ListOptions
from ftpd_service.wire.listing import sort_entries
from ftpd_service.wire.patterns import Component, Pattern

T = TypeVar("T")

_MOST_MATCHES = 10_000
_MOST_LOOKED_AT = 200_000

_SLICE_STEPS = 32_768
"""The cost of a slice, some two milliseconds."""

_COMPILING_STEPS = 16
"""The cost of compiling a pattern, for each of its characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A directory that is read for the next name of a pattern."""

    path: VirtualPath
    shown: str
    """The text before the names of its entries, as in the client's pattern."""
    searched: bool
    """Whether a wildcard has found it, so that it is skipped if it may not be read."""


Key = Callable[[str], str]

_Make = Callable[[Page, Component, _Place, Key], list[T]]


def _same(text: str) -> str:
    return text


async def matching(context: Context, text: str, options: ListOptions) -> tuple[VirtualPath, tuple[Entry, ...]]:
    """Return the start of a pattern and its sorted matches, with relative names as in the pattern, or no match.

    :raises PermissionDenied: a directory that the pattern names without wildcards may not be read.
    :raises TooManyEntries: the pattern or the number of matches is beyond the bounds.
    """
    beside = Beside(context)
    show_dots = context.session.settings.dot_files or options.all_names
    equal = context.session.equal_names
    key = _same if equal is None else equal.key
    pattern = await beside.run(partial(Pattern, key(text), show_dots=show_dots), len(text) * _COMPILING_STEPS)
    start = ROOT if pattern.absolute else context.session.cwd
    try:
        found = await _Search(context, pattern, beside, key).found(start)
    finally:
        pattern.forget()
    return start, await beside.run(partial(sort_entries, found, options), len(found) * ENTRY_STEPS)


class _Search:
    """The search for the entries that match one pattern."""

    __slots__ = ("_beside", "_context", "_key", "_looked_at", "_pattern")

    def __init__(self, context: Context, pattern: Pattern, beside: Beside, key: Key) -> None:
        """Take a pattern; the key is the form of names that it is compared with."""
        self._context = context
        self._key = key
        self._pattern = pattern
        self._beside = beside
        self._looked_at = 0

    async def found(self, start: VirtualPath) -> list[Entry]:
        """Return the matches of the whole pattern."""
        *above, last = self._pattern.components
        places = [_Place(path=start, shown="/" if self._pattern.absolute else "", searched=False)]
        for component in above:
            places = await self._matched(places, component, _directories)
        return await self._matched(places, last, _entries)

    async def _matched(self, places: list[_Place], component: Component, make: _Make[T]) -> list[T]:
        """Return the results of a function for the matches of one name of the pattern in some directories."""
        matched: list[T] = []
        for place in places:
            passed_over = (NotFound, NotADirectory, NotAPlainFile, *([PermissionDenied] if place.searched else []))
            with suppress(*passed_over):
                async with closing(self._children(place, component)) as pages:
                    async for page in pages:
                        for some, steps in _slices(page, component):
                            matched += await self._beside.run(partial(make, some, component, place, self._key), steps)
                            self._count(len(some), len(matched))
        return matched

    async def _children(self, place: _Place, component: Component) -> AsyncIterator[Page]:
        """Yield the entries that a name of a pattern may match: all entries, or only the named entry."""
        if component.literal is not None:
            path = await self._context.found_path(paths.join(place.path, component.literal))
            if component is self._pattern.components[-1]:
                # A row tells of the entry what a listing of the entry itself would tell.
                self._context.demand(path, Permissions.LIST)
            name = component.literal if component.literal == ".." else paths.name(path)
            yield ((await self._context.storage.stat(path))._replace(name=name),)
            return
        async with closing(self._context.storage.entries(place.path)) as pages:
            async for page in pages:
                yield page

    def _count(self, looked_at: int, matched: int) -> None:
        self._looked_at += looked_at
        if self._looked_at > _MOST_LOOKED_AT or matched > _MOST_MATCHES:
            raise TooManyEntries("pattern")


def _slices(page: Page, component: Component) -> Iterator[tuple[Page, int]]:
    """Divide a page into slices, each with its cost."""
    start = steps = 0
    for end, entry in enumerate(page, 1):
        steps += ENTRY_STEPS + len(entry.name) * component.automaton.step_cost
        if steps >= _SLICE_STEPS or end == len(page):
            yield page[start:end], steps
            start, steps = end, 0


def _entries(page: Page, component: Component, place: _Place, key: Key) -> list[Entry]:
    """Return the entries that match, with their names as the client sees them."""
    return [entry._replace(name=place.shown + entry.name) for entry in page if component.matches(key(entry.name))]


def _directories(page: Page, component: Component, place: _Place, key: Key) -> list[_Place]:
    """Return the directories that match."""
    searched = place.searched or component.literal is None
    return [
        # The path is joined, because a pattern may name ".." too.
        _Place(path=paths.join(place.path, entry.name), shown=f"{place.shown}{entry.name}/", searched=searched)
        for entry in page
        if entry.kind is EntryKind.DIRECTORY and component.matches(key(entry.name))
    ]
