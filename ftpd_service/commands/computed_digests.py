"""The digest of a file or of a part of it: known, or computed in steps.

A step reads a piece on a thread for files, and then computes on a thread for computing, so that neither lane waits for
the other, other clients have their turns between the steps, and ABOR waits for one step at most.

A digest is that of one content of the file: the versions of the open file before and behind the reading must be equal,
or the file is opened and read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from ftpd_service.commands.context import Context
from ftpd_service.errors import StorageError, TemporarilyUnavailable
from ftpd_service.interfaces import IReadHandle, IStorage
from ftpd_service.policy.checksums import ALGORITHMS, RunningDigest
from ftpd_service.values import ByteRange, Entry, FileVersion, VirtualPath
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead

STEP_BYTES = 1024 * 1024
"""The bytes of a step: a few milliseconds of computing."""

AT_ONCE_BYTES = 64 * 1024
"""The most bytes whose digest is computed on the reactor: less than 0.2 ms."""

LOOK_BYTES = 64 * 1024 * 1024
"""The version is looked at after so many bytes: a large file that changes is not read to its end for nothing."""

TRIES = 3
"""So often a file is read that changes meanwhile."""


class FoundDigest(NamedTuple):
    """A digest in lower-case hexadecimal digits, and the part of the file, `stop` excluded, of which it is."""

    digest: str
    start: int
    stop: int


async def digest_of(context: Context, path: VirtualPath, algorithm: str, part: ByteRange) -> FoundDigest:
    """Return the digest of a part of a file, which may end behind the end of the file.

    :raises RestartBeyondEnd: the part begins behind the end of the file; and all errors of `IStorage.open_read`.
    :raises TemporarilyUnavailable: the file keeps changing.
    """
    for _ in range(TRIES):
        handle = await _opened(context.storage, path, part.start)
        try:
            found = await _Reading(context, handle, algorithm, part).digest()
        finally:
            await handle.close()
        if found is not None:
            return found
    raise TemporarilyUnavailable("the file changes while its digest is computed")


async def known_digests(
    context: Context, path: VirtualPath, entry: Entry, algorithms: Iterable[str]
) -> Mapping[str, str]:
    """Return the digests by some algorithms that are known without reading the file.

    :param entry: the file, which must not have changed since.
    """
    unread = IOpenUnread(context.storage, None)
    if unread is None:
        return {}
    try:
        handle = await unread.open_unread(path, 0)
    except StorageError:
        # It may be seen but not read, or has gone.
        return {}
    try:
        version = await handle.version()
        if (version.size, version.mtime_ns) != (entry.size, entry.modified_ns):
            return {}
        found = {one: await context.parts.digests.find(handle, one) for one in algorithms}
        if await handle.version() != version:
            return {}
        return {algorithm: digest for algorithm, digest in found.items() if digest is not None}
    finally:
        await handle.close()


async def _opened(storage: IStorage, path: VirtualPath, offset: int) -> IReadHandle:
    unread = IOpenUnread(storage, None)
    return await (storage.open_read(path, offset) if unread is None else unread.open_unread(path, offset))


class _Reading:
    """An open file that is read once."""

    def __init__(self, context: Context, handle: IReadHandle, algorithm: str, part: ByteRange) -> None:
        size = handle.entry().size
        self._context = context
        self._handle = handle
        self._versioned = IVersionedRead(handle, None)
        self._algorithm = algorithm
        self._start = part.start
        self._stop = size if part.stop is None else max(part.start, min(part.stop, size))
        self._size = size

    async def digest(self) -> FoundDigest | None:
        """Return the digest, or None if the file has changed meanwhile."""
        digest = await (self._computed(None) if self._versioned is None else self._of_version(self._versioned))
        return None if digest is None else FoundDigest(digest, self._start, self._stop)

    async def _of_version(self, versioned: IVersionedRead) -> str | None:
        version = await versioned.version()
        known = await self._context.parts.digests.find(self._handle, self._algorithm) if self._whole else None
        if known is None:
            return await self._computed_of_version(versioned)
        return known if version.size == self._size and await versioned.version() == version else None

    async def _computed_of_version(self, versioned: IVersionedRead) -> str | None:
        digests = self._context.parts.digests
        kept = await digests.begin(self._handle) if self._whole else None
        # `begin` may have waited.
        version = await versioned.version() if kept is None else kept
        digest = await self._computed(version) if version.size == self._size else None
        if digest is None or await versioned.version() != version:
            return None
        if kept is not None:
            digests.keep(self._handle, kept, self._algorithm, digest)
        return digest

    @property
    def _whole(self) -> bool:
        return (self._start, self._stop) == (0, self._size)

    async def _computed(self, version: FileVersion | None) -> str | None:
        """Read and compute; return None if the file is shorter, or not of this version any more."""
        running = ALGORITHMS[self._algorithm]()
        left = self._stop - self._start
        data = self._handle.first()[:left]
        unlooked = 0
        while left:
            data = data or await self._handle.read(min(left, STEP_BYTES))
            if not data:
                return None
            await self._take(running, data)
            left -= len(data)
            unlooked += len(data)
            data = b""
            if unlooked >= LOOK_BYTES:
                unlooked = 0
                if self._versioned is not None and await self._versioned.version() != version:
                    return None
        return running.hexdigest()

    async def _take(self, running: RunningDigest, data: bytes) -> None:
        if len(data) <= AT_ONCE_BYTES:
            running.update(data)
        else:
            await self._context.compute(partial(running.update, data))
