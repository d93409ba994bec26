"""What the tests of resumable uploads share: storages of two accounts on one disk, at the time of the disk."""

from __future__ import annotations

import time

from ftpd_service.interfaces import IStorage, IWriteHandle
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import listed
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import ByOpening, Disk

A = VirtualPath("/a")
HOUR = 3600.0
DAY = 24 * HOUR


def resumable(account: str | None = "alice", *, seconds: float = DAY) -> StorageSettings:
    """The settings of an account whose uploads are resumable."""
    return StorageSettings(uploads=UploadPolicy(mode=UploadMode.RESUMABLE, resume_seconds=seconds), resumed_by=account)


class UnfinishedCase(TestCase):
    """A disk with storages of two accounts.

    :ivar later: how many seconds the clock of the storages is ahead of the disk's.
    """

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.later = 0.0
        self.alice: IStorage = self.storage(resumable())
        self.bob = self.storage(resumable("bob"))

    def storage(self, settings: StorageSettings, system: SystemCalls | None = None) -> LocalStorage:
        """A storage with these settings."""
        used = ByOpening(open_by_kernel) if system is None else system
        return self.disk.storage(settings, used, now=lambda: time.time() + self.later)

    async def running(
        self,
        data: bytes,
        mode: WriteMode = WriteMode.REPLACE,
        offset: int = 0,
        *,
        path: str = "/a",
        storage: IStorage | None = None,
    ) -> IWriteHandle:
        """An upload of alice, or to another storage, that has received some bytes."""
        used = self.alice if storage is None else storage
        handle = await used.open_write(VirtualPath(path), mode, offset)
        if data:
            await handle.write(data)
        return handle

    async def broken(
        self,
        data: bytes,
        mode: WriteMode = WriteMode.REPLACE,
        offset: int = 0,
        *,
        path: str = "/a",
        storage: IStorage | None = None,
    ) -> None:
        """An upload that has broken."""
        await (await self.running(data, mode, offset, path=path, storage=storage)).abort()

    async def finished(
        self,
        data: bytes,
        mode: WriteMode = WriteMode.REPLACE,
        offset: int = 0,
        *,
        path: str = "/a",
        storage: IStorage | None = None,
    ) -> None:
        """An upload that has ended in order."""
        handle = await self.running(data, mode, offset, path=path, storage=storage)
        try:
            await handle.commit()
        finally:
            await handle.abort()

    async def seen(self, storage: IStorage | None = None, path: str = "/") -> list[tuple[str, int]]:
        """What a listing shows: names and sizes."""
        return [(entry.name, entry.size) for entry in await listed(self.alice if storage is None else storage, path)]

    def hidden(self, path: str = "/") -> list[str]:
        """The hidden names on the disk."""
        return [name for name in self.disk.names(path) if name.startswith(".ftpd-")]
