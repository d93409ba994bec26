"""The digest of a file or of a part of it: known, or computed in steps.

A step reads a piece on a thread for files, and then computes on a thread for computing, so that neither lane waits for
the other, other clients have their turns between the steps, and ABOR waits for one step at most.

A digest is that of one content of the file: the versions of the open file before and behind the reading must be equal,
or the file is opened and read again.  The clock of versions moves in ticks, so two changes within a tick look alike.
So the digest of a file that has just changed counts only if a second reading gives the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from ftpd_service.commands.context import Context
from ftpd_service.errors import StorageError, TemporarilyUnavailable
from ftpd_service.interfaces import IReadHandle, IStorage
from ftpd_service.policy.checksums import ALGORITHMS, RunningDigest
from ftpd_service.values import ByteRange, Entry, EntryKind, FileVersion, VirtualPath
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead

DIGEST_STEP_BYTES = 1024 * 1024
"""The bytes of a step: a few milliseconds of computing."""

AT_ONCE_BYTES = 64 * 1024
"""The most bytes whose digest is computed on the reactor: less than 0.2 ms."""

LOOK_BYTES = 64 * 1024 * 1024
"""The version is looked at after so many bytes: a large file that changes is not read to its end for nothing."""

TRIES = 4
"""So often a file is read that changes meanwhile."""

YOUNG_SECONDS = 0.02
"""A file that changed within this time may change again under the same version: two ticks of a slow kernel (100 Hz)."""


_NANOSECONDS = 1_000_000_000


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
    former: FoundDigest | None = None
    for _ in range(TRIES):
        handle = await _opened(context.storage, path, part.start)
        reading = _Reading(context, handle, algorithm, part)
        try:
            found = await reading.digest()
        finally:
            await handle.close()
        if found is not None and (not reading.young or found == former):
            return found
        former = found
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
        # Later uploads are prepared for the last question, so the algorithm of HASH comes last.
        ordered = sorted(algorithms, key=lambda one: one == context.session.hash_algorithm)
        found = {one: await context.parts.digests.find(handle, one) for one in ordered}
        if await handle.version() != version:
            return {}
        return {algorithm: digest for algorithm, digest in found.items() if digest is not None}
    finally:
        await handle.close()


async def _opened(storage: IStorage, path: VirtualPath, offset: int) -> IReadHandle:
    unread = IOpenUnread(storage, None)
    return await (storage.open_read(path, offset) if unread is None else unread.open_unread(path, offset))


class _Reading:
    """An open file that is read once.

    :ivar young: whether its version may hide a change during the reading.
    """

    def __init__(self, context: Context, handle: IReadHandle, algorithm: str, part: ByteRange) -> None:
        entry = handle.entry()
        size = entry.size
        self._unfinished = entry.kind is EntryKind.UNFINISHED
        self._context = context
        self._handle = handle
        self._versioned = IVersionedRead(handle, None)
        self._algorithm = algorithm
        self._start = part.start
        self._stop = size if part.stop is None else max(part.start, min(part.stop, size))
        self._size = size
        self.young = False

    async def digest(self) -> FoundDigest | None:
        """Return the digest, or None if the file has changed meanwhile."""
        digest = await (self._computed(None) if self._versioned is None else self._of_version(self._versioned))
        return None if digest is None else FoundDigest(digest, self._start, self._stop)

    async def _of_version(self, versioned: IVersionedRead) -> str | None:
        version = await versioned.version()
        known = await self._context.parts.digests.find(self._handle, self._algorithm) if self._whole else None
        if known is None:
            return await self._computed_of_version(versioned)
        return known if self._fits(version) and await versioned.version() == version else None

    async def _computed_of_version(self, versioned: IVersionedRead) -> str | None:
        digests = self._context.parts.digests
        kept = await digests.begin(self._handle) if self._whole else None
        # `begin` may have waited.
        version = await versioned.version() if kept is None else kept
        self.young = kept is None and self._is_young(version)
        digest = await self._computed(version) if self._fits(version) else None
        if digest is None or await versioned.version() != version:
            return None
        if kept is not None:
            digests.keep(self._handle, kept, self._algorithm, digest)
        return digest

    def _is_young(self, version: FileVersion) -> bool:
        # A time in the future is that of another host's clock, which tells nothing.
        return 0 <= self._context.now() - version.ctime_ns / _NANOSECONDS < YOUNG_SECONDS

    @property
    def _whole(self) -> bool:
        return (self._start, self._stop) == (0, self._size) and not self._unfinished

    def _fits(self, version: FileVersion) -> bool:
        """Return whether a version has the size of the entry; an unfinished upload has more bytes than it shows."""
        return version.size == self._size or (self._unfinished and version.size > self._size)

    async def _computed(self, version: FileVersion | None) -> str | None:
        """Read and compute; return None if the file is shorter, or not of this version any more."""
        running = ALGORITHMS[self._algorithm]()
        left = self._stop - self._start
        data = self._handle.first()[:left]
        unlooked = 0
        while left:
            data = data or await self._handle.read(min(left, DIGEST_STEP_BYTES))
            if not data:
                return None
            await self._take(running, data)
            left -= len(data)
            unlooked += len(data)
            data = b""
            if self.young and version is not None and left and not self._is_young(version):
                # Another reading that begins now needs no second one.
                return None
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
