"""Uploads and names that are on the disk before the reply: the order of the calls, and their failures."""

from __future__ import annotations

import errno
import os
import stat

from ftpd_service.errors import StorageFailed, StorageFull
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import opened, refused, write
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import ByOpening, Disk


class Recorded(ByOpening):
    """A system that records what gets on the disk and when names are made.

    :ivar calls: in order.
    :ivar failing: the kind of object whose sync fails, with the errno.
    """

    def __init__(self, failing: tuple[str, int] | None = None) -> None:
        super().__init__(open_by_kernel)
        self.calls: list[str] = []
        self.failing = failing

    def sync(self, descriptor: int) -> None:
        kind = "directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        self.calls.append(f"sync {kind}")
        if self.failing is not None and self.failing[0] == kind:
            raise OSError(self.failing[1], os.strerror(self.failing[1]))
        super().sync(descriptor)

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        self.calls.append("link")
        super().name_unnamed(descriptor, directory, name)

    def rename(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        self.calls.append("rename")
        super().rename(source_directory, source, directory, name)

    def rename_new(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        self.calls.append("rename")
        super().rename_new(source_directory, source, directory, name)


class RecordedWithoutUnnamed(Recorded):
    """The same without O_TMPFILE."""

    def open_unnamed(self, directory: int) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class OnDiskCase(TestCase):
    """A tree on the disk."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)

    def files(self, system: Recorded, mode: UploadMode = UploadMode.ATOMIC, *, durable: bool = True) -> LocalStorage:
        """The files."""
        return self.disk.storage(StorageSettings(uploads=UploadPolicy(mode=mode, durable=durable)), system=system)


class TestOrder(OnDiskCase):
    """First the bytes, then the name, then the directory."""

    async def test_a_new_file(self) -> None:
        """It gets its name at once."""
        system = Recorded()
        await write(self.files(system), "/a", b"abc")
        self.assertEqual(system.calls, ["sync file", "link", "sync directory"])

    async def test_a_replaced_file(self) -> None:
        """The hidden name between both is no reason to wait."""
        self.disk.put("/a", b"former")
        system = Recorded()
        await write(self.files(system), "/a", b"abc")
        self.assertEqual(system.calls, ["sync file", "link", "rename", "sync directory"])

    async def test_without_unnamed_files(self) -> None:
        """The file is synced before it is closed."""
        system = RecordedWithoutUnnamed()
        await write(self.files(system), "/a", b"abc")
        self.assertEqual(system.calls, ["sync file", "rename", "sync directory"])

    async def test_a_new_file_in_place(self) -> None:
        """Its name was made before its bytes came."""
        system = Recorded()
        await write(self.files(system, UploadMode.IN_PLACE), "/a", b"abc")
        self.assertEqual(system.calls, ["sync file", "sync directory"])

    async def test_an_append(self) -> None:
        """The name is on the disk already."""
        self.disk.put("/a", b"former")
        system = Recorded()
        await write(self.files(system), "/a", b"abc", WriteMode.APPEND)
        self.assertEqual(system.calls, ["sync file"])

    async def test_a_directory(self) -> None:
        """A file in a directory without a name would be lost too."""
        system = Recorded()
        await self.files(system).make_directory(VirtualPath("/d"))
        self.assertEqual(system.calls, ["sync directory"])

    async def test_a_rename(self) -> None:
        """Clients give a file its last name so; both directories change."""
        self.disk.put("/d/a", b"former")
        system = Recorded()
        await self.files(system).rename(VirtualPath("/d/a"), VirtualPath("/a"))
        self.assertEqual(system.calls, ["rename", "sync directory", "sync directory"])

    async def test_without_the_setting(self) -> None:
        """No call is made for it."""
        system = Recorded()
        storage = self.files(system, durable=False)
        await write(storage, "/a", b"abc")
        await write(storage, "/a", b"abc", WriteMode.APPEND)
        await storage.make_directory(VirtualPath("/d"))
        await storage.rename(VirtualPath("/a"), VirtualPath("/b"))
        self.assertEqual(system.calls, ["link", "rename"])

    async def test_an_aborted_upload(self) -> None:
        """Nothing is kept, so nothing is synced."""
        system = Recorded()
        handle = await opened(self.files(system), "/a")
        await handle.write(b"abc")
        await handle.abort()
        self.assertEqual(system.calls, [])


class TestFailures(OnDiskCase):
    """A disk that takes no bytes."""

    async def test_a_file_that_does_not_get_on_the_disk(self) -> None:
        """The former file stays, and the error is that of the disk."""
        self.disk.put("/a", b"former")
        with refused(StorageFailed):
            await write(self.files(Recorded(("file", errno.EIO))), "/a", b"abc")
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"former"))

    async def test_a_full_disk(self) -> None:
        """Some file systems look for room only now."""
        with refused(StorageFull):
            await write(self.files(Recorded(("file", errno.ENOSPC))), "/a", b"abc")
        self.assertEqual(self.disk.names("/"), [])

    async def test_a_new_name_that_does_not_get_on_the_disk(self) -> None:
        """The client is told that the upload failed, so nothing has the name."""
        with refused(StorageFailed):
            await write(self.files(Recorded(("directory", errno.EIO))), "/a", b"abc")
        self.assertEqual(self.disk.names("/"), [])

    async def test_an_append_that_does_not_get_on_the_disk(self) -> None:
        """The bytes stay, as after a broken append, and the client hears of the error."""
        self.disk.put("/a", b"former")
        with refused(StorageFailed):
            await write(self.files(Recorded(("file", errno.EIO))), "/a", b"abc", WriteMode.APPEND)
        self.assertEqual((self.disk.content("/a"), self.disk.open_in()), (b"formerabc", []))
