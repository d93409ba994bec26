"""Marks the entries of listings with the permissions of the account, and leaves out entries that it may not list.

Any thread may call the functions that are made here, because storages read their pages on threads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

from ftpd_service.closing import closing
from ftpd_service.interfaces import IMapNames
from ftpd_service.policy.decisions import Inside, View
from ftpd_service.values import Entry, EntryKind, Page, Permissions, VirtualPath

T = TypeVar("T")


def marked(entry: Entry, view: View) -> Entry:
    """Return an entry with its permissions."""
    allowed = entry.allowed & (view.directory if entry.kind is EntryKind.DIRECTORY else view.file)
    return entry if allowed == entry.allowed else entry._replace(allowed=allowed)


def marking(inside: Inside) -> Callable[[Page], Page]:
    """Return a function that marks the pages of a directory."""
    alike = inside.alike
    if alike is not None and not alike.listed:
        return lambda page: ()
    if alike is None or alike.file != alike.directory:
        return lambda page: tuple(_each(page, inside))
    granted = alike.file
    if granted == Permissions.ALL:
        # tuple() returns a tuple itself.
        return tuple
    return lambda page: tuple(_all_alike(page, granted))


def _all_alike(page: Page, granted: Permissions) -> Iterator[Entry]:
    """Mark entries as `marked` does, three times as fast: combining flags is slow, and most entries share them."""
    before, after = Permissions.ALL, Permissions.ALL & granted
    for entry in page:
        if entry.allowed is not before:
            before = entry.allowed
            after = before & granted
        # `allowed` is the last field.
        yield Entry._make((*entry[:-1], after))


def _each(page: Page, inside: Inside) -> Iterator[Entry]:
    """Mark the entries that listings show, each by the view of its name."""
    look, directory = inside.view, EntryKind.DIRECTORY
    last: tuple[Permissions, Permissions] = (Permissions.NONE, Permissions.NONE)
    after = Permissions.NONE
    for entry in page:
        view = look(entry.name)
        if not view.listed:
            continue
        granted, before = view.directory if entry.kind is directory else view.file, entry.allowed
        if before is not last[0] or granted is not last[1]:
            last, after = (before, granted), before & granted
        yield entry if after is before else Entry._make((*entry[:-1], after))


async def names_listed(
    storage: IMapNames, path: VirtualPath, listed: Callable[[str], bool], make: Callable[[tuple[str, ...]], T]
) -> AsyncIterator[T]:
    """Map the names of a directory that may be listed."""

    def made_of(names: tuple[str, ...]) -> tuple[T, ...]:
        some = tuple(filter(listed, names))
        return (make(some),) if some else ()

    async with closing(storage.mapped_names(path, made_of)) as made:
        async for few in made:
            for one in few:
                yield one
