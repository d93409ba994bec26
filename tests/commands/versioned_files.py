"""A storage with one file that tells its version, and digests that are known, for tests of digest verbs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.digest_interfaces import IDigests
from ftpd_service.interfaces import IReadHandle, IStorage
from ftpd_service.session.settings import SessionSettings
from ftpd_service.session.unknown_digests import UnknownDigests
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import ByteRange, Entry, EntryKind, FileVersion, VirtualPath
from ftpd_service.version_interfaces import IOpenUnread, IVersionedRead


def nothing(number: int) -> None:
    """Change nothing."""


@dataclass
class Content:
    """The file of the storage.

    :ivar reads: how often it was read.
    :ivar at_read: is called before each read, with its number.
    """

    data: bytes
    changes: int = 0
    opened: int = 0
    closed: int = 0
    reads: int = 0
    at_read: Callable[[int], None] = nothing
    waiting: Deferred[None] | None = None
    at_open: Callable[[], object] = bool
    changed_seconds: float = 0.0
    kind: EntryKind = EntryKind.FILE
    sizes: list[int] = field(default_factory=list)


@implementer(IVersionedRead)
class Versioned:
    """An open file whose version changes with each change of the content."""

    def __init__(self, content: Content, position: int) -> None:
        self._content = content
        self._position = position
        # The last byte of an unfinished upload is not shown.
        size = len(content.data) - (content.kind is EntryKind.UNFINISHED)
        self._entry = Entry(name="f", kind=content.kind, size=size, modified_ns=0, mode=0o644)

    def entry(self) -> Entry:
        return self._entry

    def first(self) -> bytes:
        return b""

    async def read(self, count: int) -> bytes:
        content = self._content
        content.reads += 1
        content.sizes.append(count)
        content.at_read(content.reads)
        if content.waiting is not None:
            await content.waiting
        data = content.data[self._position : self._position + min(count, self._entry.size - self._position)]
        self._position += len(data)
        return data

    def descriptor(self) -> int:
        raise NotImplementedError

    def range(self) -> ByteRange:
        raise NotImplementedError

    async def version(self) -> FileVersion:
        changed_ns = round(self._content.changed_seconds * 1_000_000_000)
        return FileVersion(1, 2, len(self._content.data), 0, changed_ns + self._content.changes)

    async def close(self) -> None:
        self._content.closed += 1


@implementer(IStorage, IOpenUnread)
class VersionedStorage(MemoryStorage):
    """A storage with one file."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content

    async def stat(self, path: VirtualPath) -> Entry:
        return Versioned(self._content, 0).entry()

    async def open_unread(self, path: VirtualPath, offset: int) -> IVersionedRead:
        self._content.opened += 1
        self._content.at_open()
        return Versioned(self._content, offset)


@implementer(IDigests)
class NotedDigests(UnknownDigests):
    """Knows what it is told to know, and notes what it shall keep."""

    def __init__(self, known: str | None = None, *, proves: bool = True) -> None:
        self._known = known
        self._proves = proves
        self.asked: list[str] = []
        self.kept: list[tuple[FileVersion, str, str]] = []

    async def find(self, handle: IReadHandle, algorithm: str) -> str | None:
        self.asked.append(algorithm)
        return self._known

    async def begin(self, handle: IReadHandle) -> FileVersion | None:
        return await IVersionedRead(handle).version() if self._proves else None

    def keep(self, handle: IReadHandle, version: FileVersion, algorithm: str, digest: str) -> None:
        self.kept.append((version, algorithm, digest))


def session(content: Content, digests: IDigests | None = None, *, settings: SessionSettings | None = None) -> Dialogue:
    """A session of alice with this file."""
    dialogue = Dialogue(storage=VersionedStorage(content), settings=settings)
    dialogue.log_in()
    if digests is not None:
        dialogue.parts.digests = digests
    return dialogue


def told(data: bytes) -> list[str]:
    """The reply to HASH for the whole of some bytes."""
    return [f"213 SHA-256 0-{len(data) - 1} {hashlib.sha256(data).hexdigest()} f"]


class ChangingDigests(NotedDigests):
    """A wait in which another program makes the file longer."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content

    async def begin(self, handle: IReadHandle) -> FileVersion | None:
        self._content.data = b"longer"
        return await super().begin(handle)


class LateDigests(NotedDigests):
    """Knows a digest, but another program makes the file longer during the first question."""

    def __init__(self, content: Content) -> None:
        super().__init__("ab" * 32)
        self._content = content

    async def find(self, handle: IReadHandle, algorithm: str) -> str | None:
        self._content.data = b"longer"
        return await super().find(handle, algorithm)
