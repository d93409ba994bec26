"""A storage that a test holds up, for what happens while a verb waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.control.settings import ControlSettings
from ftpd_service.interfaces import IStorage, IWriteHandle
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.values import Entry, VirtualPath, WriteMode


@implementer(IWriteHandle)
class SlowHandle:
    """A write handle whose commit or abort waits."""

    def __init__(self, handle: IWriteHandle, storage: SlowStorage) -> None:
        self._handle = handle
        self._storage = storage

    async def write(self, data: bytes) -> None:
        await self._handle.write(data)

    async def commit(self) -> None:
        await self._storage.committing
        await self._handle.commit()

    async def abort(self) -> None:
        await self._storage.aborting
        self._storage.aborted += 1
        await self._handle.abort()


@implementer(IStorage)
class SlowStorage(MemoryStorage):
    """A storage that a test holds up: its commits, aborts and listings, and when told to what it looks up."""

    def __init__(self) -> None:
        super().__init__()
        self.committing: Deferred[None] = Deferred()
        self.aborting: Deferred[None] = Deferred()
        self.listing: Deferred[None] = Deferred()
        self.looking_up: Deferred[None] | None = None
        self.aborted = 0

    async def stat(self, path: VirtualPath) -> Entry:
        if self.looking_up is not None:
            await self.looking_up
        return await super().stat(path)

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        return SlowHandle(await super().open_write(path, mode, offset), self)

    async def entries(self, path: VirtualPath) -> AsyncIterator[tuple[Entry, ...]]:
        await self.listing
        async for page in super().entries(path):
            yield page


def slow(*, control: ControlSettings | None = None) -> tuple[Dialogue, SlowStorage]:
    """A session on a storage that can be held up, with a port chosen."""
    storage = SlowStorage()
    dialogue = Dialogue(storage=storage, control=control)
    dialogue.log_in()
    dialogue.say("EPSV", 229)
    return dialogue, storage
