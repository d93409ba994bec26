"""Files that are not read while an upload changes them in place, if the policy says so."""

from __future__ import annotations

import fcntl
import os
import struct

from ftpd_service.errors import TemporarilyUnavailable
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import opened, read, refused
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import Disk
from tests.storage.local.test_hidden import NoLocks


class TestReadersLock(TestCase):
    """A file of 6 bytes."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.disk.put("/a", b"former")

    def files(
        self, mode: UploadMode = UploadMode.ATOMIC, system: SystemCalls | None = None, *, lock: bool = True
    ) -> LocalStorage:
        """The files."""
        return self.disk.storage(StorageSettings(uploads=UploadPolicy(mode=mode, lock_readers=lock)), system=system)

    async def refuse(self, storage: LocalStorage, mode: WriteMode, offset: int = 0) -> None:
        """Demand that the file is not read during an upload, and is read after it."""
        handle = await opened(storage, "/a", mode, offset)
        with refused(TemporarilyUnavailable):
            await read(storage, "/a")
        with refused(TemporarilyUnavailable):
            await storage.open_unread(VirtualPath("/a"), 0)
        await handle.write(b"xyz")
        with refused(TemporarilyUnavailable):
            await read(storage, "/a")
        await handle.commit()
        self.assertEqual(await read(storage, "/a"), self.disk.content("/a"))

    async def test_an_append(self) -> None:
        """APPE."""
        await self.refuse(self.files(), WriteMode.APPEND)

    async def test_a_restart(self) -> None:
        """STOR behind REST."""
        await self.refuse(self.files(), WriteMode.MODIFY, 3)

    async def test_a_plain_upload_in_place(self) -> None:
        """STOR with ``mode: in-place``."""
        await self.refuse(self.files(UploadMode.IN_PLACE), WriteMode.REPLACE)

    async def test_a_file_system_without_locks(self) -> None:
        """The sessions of this process know of each other."""
        await self.refuse(self.files(system=NoLocks()), WriteMode.MODIFY, 3)

    async def test_a_hidden_upload(self) -> None:
        """It changes nothing before its commit, so the former file is read."""
        storage = self.files()
        handle = await opened(storage, "/a")
        await handle.write(b"xyz")
        found = await read(storage, "/a")
        await handle.abort()
        self.assertEqual(found, b"former")

    async def test_another_process(self) -> None:
        """Its lock tells."""
        descriptor = os.open(self.disk.host("/a"), os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        with refused(TemporarilyUnavailable):
            await read(self.files(), "/a")

    async def test_two_uploads(self) -> None:
        """The second is refused, whatever the mode of both, and without the setting too: their bytes would mix."""
        storage = self.files(lock=False)
        handle = await opened(storage, "/a", WriteMode.MODIFY, 3)
        with refused(TemporarilyUnavailable):
            await opened(storage, "/a", WriteMode.APPEND)
        with refused(TemporarilyUnavailable):
            await opened(storage, "/a", WriteMode.MODIFY, 3)
        await handle.abort()

    async def test_readers_do_not_stop_writers(self) -> None:
        """A download that runs keeps nobody from an upload."""
        self.disk.put("/a", bytes(200_000))
        storage = self.files()
        reading = await storage.open_read(VirtualPath("/a"), 0)
        handle = await opened(storage, "/a", WriteMode.MODIFY, 3)
        await handle.abort()
        await reading.close()

    async def test_without_the_setting(self) -> None:
        """The bytes of the moment are read."""
        storage = self.files(lock=False)
        handle = await opened(storage, "/a", WriteMode.APPEND)
        await handle.write(b"xyz")
        found = await read(storage, "/a")
        await handle.abort()
        self.assertEqual(found, b"formerxyz")
