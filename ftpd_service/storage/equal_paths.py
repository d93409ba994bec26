"""The search for the path that a client means, where names in other forms or another case are the same name.

The exact path goes first, and costs a look at it.  Only where it is missing the nearest directory that is there is
searched, name by name.  An exact name goes before its other normal form, that before another case, and among equals the
first by its bytes.

Nothing is decided here: permissions, folders and quotas are asked about the path that is found.  Hidden names are found
too, and answered as missing names later: rules match all equal names, so a hidden name never stands before another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from ftpd_service.closing import closing
from ftpd_service.errors import NotADirectory, NotAPlainFile, NotFound, PermissionDenied
from ftpd_service.interfaces import IMapNames, IStorage
from ftpd_service.policy.equal_names import EqualNames
from ftpd_service.values import ROOT, VirtualPath
from ftpd_service.wire import paths
from ftpd_service.wire.names import encode


async def equal_path(storage: IStorage, path: VirtualPath, equal: EqualNames) -> VirtualPath:
    """Return a path at which the storage has something, if any is equal; new names get the form of new names."""
    if path == ROOT or await _there(storage, path):
        return path
    names = path[1:].split("/")
    place, rest = await _nearest(storage, names)
    while rest:
        found = await _found(storage, place, rest[0], equal)
        if found is None:
            break
        place, rest = paths.child(place, found), rest[1:]
    for name in rest:
        place = paths.child(place, equal.made(name))
    return place


async def _nearest(storage: IStorage, names: list[str]) -> tuple[VirtualPath, list[str]]:
    """Return the longest beginning of a missing path that is there, and the names behind it."""
    there, missing = 0, len(names)
    look = missing - 1
    while missing - there > 1:
        if await _there(storage, _path(names[:look])):
            there = look
        else:
            missing = look
        look = (there + missing) // 2
    return _path(names[:there]), names[there:]


def _path(names: list[str]) -> VirtualPath:
    return VirtualPath("/" + "/".join(names))


async def _there(storage: IStorage, path: VirtualPath) -> bool:
    try:
        await storage.stat(path)
    except (NotFound, NotADirectory):
        return False
    except (NotAPlainFile, PermissionDenied):
        return True
    return True


async def _found(storage: IStorage, place: VirtualPath, name: str, equal: EqualNames) -> str | None:
    """Return the name of a directory's entry that a client means by a name, or None."""
    for form in equal.forms(name):
        if await _there(storage, paths.child(place, form)):
            return form
    if equal.alone(name):
        return None
    key = equal.key(name)

    def equals(names: tuple[str, ...]) -> list[str]:
        return [one for one in names if equal.key(one) == key]

    best: tuple[int, bytes, str] | None = None
    try:
        async with closing(_mapped(storage, place, equals)) as pages:
            async for some in pages:
                for one in some:
                    rank = (equal.rank(one, name), encode(one), one)
                    best = rank if best is None else min(best, rank)
    except (NotFound, NotADirectory, PermissionDenied):
        return None
    return None if best is None else best[2]


def _mapped(
    storage: IStorage, place: VirtualPath, make: Callable[[tuple[str, ...]], list[str]]
) -> AsyncIterator[list[str]]:
    named = IMapNames(storage, None)
    return _from_entries(storage, place, make) if named is None else named.mapped_names(place, make)


async def _from_entries(
    storage: IStorage, place: VirtualPath, make: Callable[[tuple[str, ...]], list[str]]
) -> AsyncIterator[list[str]]:
    async with closing(storage.entries(place)) as pages:
        async for page in pages:
            yield make(tuple(entry.name for entry in page))
