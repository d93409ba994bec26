"""Former files that uploads have replaced: what is kept, under which names, and in which order."""

from __future__ import annotations

import errno
import os
import stat

from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import NameNotAllowed, PermissionDenied, QuotaExceeded, StorageFailed
from ftpd_service.interfaces import IWriteHandle
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.policy.quotas import Usage
from ftpd_service.storage.counting import counted
from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.local import upload_target
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import opened, refused, write
from ftpd_service.upload_policy import UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import SynchronousTestCase, TestCase
from tests.storage.ledgers import Store
from tests.storage.local.disk import ByOpening, Disk


class NoLinks(ByOpening):
    """A file system without hard links."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def link(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


class NoRename(ByOpening):
    """A file system on which every rename fails."""

    def rename(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class Watched(ByOpening):
    """A system that looks at a name at each step of a commit.

    :ivar seen: the content at each step, None if the name was free.
    """

    def __init__(self, disk: Disk) -> None:
        super().__init__(open_by_kernel)
        self.disk = disk
        self.seen: list[bytes | None] = []

    def _look(self) -> None:
        self.seen.append(self.disk.content("/a") if "a" in self.disk.names("/") else None)

    def link(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        super().link(source_directory, source, directory, name)
        self._look()

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        super().name_unnamed(descriptor, directory, name)
        self._look()

    def rename(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        super().rename(source_directory, source, directory, name)
        self._look()


class VersionsCase(TestCase):
    """A tree on the disk."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)

    def files(self, most: int = 2, system: SystemCalls | None = None) -> LocalStorage:
        """The files, of which versions are kept."""
        return self.disk.storage(StorageSettings(uploads=UploadPolicy(keep_versions=most)), system=system)

    def kept(self) -> dict[str, bytes]:
        """The versions, by name."""
        return {name: self.disk.content(f"/.versions/{name}") for name in self.disk.names("/.versions")}


class TestKept(VersionsCase):
    """Uploads that replace a file."""

    async def test_the_former_file(self) -> None:
        """It stands beside its file, in a directory that programs for the files do not look into."""
        self.disk.put("/a", b"1")
        await write(self.files(), "/a", b"2")
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), ([".versions", "a"], b"2"))
        self.assertEqual(self.kept(), {"a.~1~": b"1"})

    async def test_the_newest(self) -> None:
        """The oldest is removed, and no number is given twice."""
        storage = self.files()
        for content in (b"1", b"2", b"3", b"4"):
            await write(storage, "/a", content)
        self.assertEqual(self.kept(), {"a.~2~": b"2", "a.~3~": b"3"})

    async def test_each_name_has_its_own(self) -> None:
        """Also a name that begins alike."""
        storage = self.files(most=1)
        for path in ("/a", "/a.b", "/a", "/a.b"):
            await write(storage, path, path.encode())
        self.assertEqual(self.kept(), {"a.b.~1~": b"/a.b", "a.~1~": b"/a"})

    async def test_a_new_file(self) -> None:
        """Nothing was there, and not even the directory is made."""
        await write(self.files(), "/a", b"1")
        self.assertEqual(self.disk.names("/"), ["a"])

    async def test_a_file_that_came_meanwhile(self) -> None:
        """It is the former file now."""
        handle = await opened(self.files(), "/a")
        await handle.write(b"2")
        self.disk.put("/a", b"1")
        await handle.commit()
        self.assertEqual((self.disk.content("/a"), self.kept()), (b"2", {"a.~1~": b"1"}))

    async def test_an_aborted_upload(self) -> None:
        """It replaces nothing."""
        self.disk.put("/a", b"1")
        handle = await opened(self.files(), "/a")
        await handle.write(b"2")
        await handle.abort()
        self.assertEqual(self.disk.names("/"), ["a"])

    async def test_the_name_is_never_free(self) -> None:
        """Readers find the former file or the new file, at each step."""
        self.disk.put("/a", b"1")
        system = Watched(self.disk)
        await write(self.files(system=system), "/a", b"2")
        self.assertEqual(system.seen, [b"1", b"1", b"2"])

    async def test_an_unfinished_commit(self) -> None:
        """A process died between the link and the rename: the next upload replaces the file as ever."""
        self.disk.put("/a", b"1")
        self.disk.put_directory("/.versions")
        os.link(self.disk.host("/a"), self.disk.host("/.versions/a.~7~"))
        await write(self.files(), "/a", b"2")
        self.assertEqual((self.disk.content("/a"), self.kept()), (b"2", {"a.~1~": b"1"}))

    async def test_the_directory_is_as_open_as_that_above(self) -> None:
        """Who may read the file may read its versions."""
        self.disk.put("/a", b"1")
        os.chmod(self.disk.root, 0o750)
        await write(self.files(), "/a", b"2")
        self.assertEqual(stat.S_IMODE(os.stat(self.disk.host("/.versions")).st_mode), 0o750)

    async def test_versions_have_no_versions(self) -> None:
        """An upload over a version replaces it."""
        self.disk.put("/.versions/a.~1~", b"1")
        await write(self.files(), "/.versions/a.~1~", b"2")
        self.assertEqual(self.kept(), {"a.~1~": b"2"})

    async def test_a_link_in_the_place_of_the_directory(self) -> None:
        """It is not followed, so the upload fails and the former file stays."""
        self.disk.put("/a", b"1")
        self.disk.put_directory("/d")
        self.disk.put_link("/.versions", "d")
        with self.assertRaises(Exception):  # noqa: B017 # the error depends on the system
            await write(self.files(), "/a", b"2")
        self.assertEqual((self.disk.content("/a"), self.disk.names("/d")), (b"1", []))

    async def test_no_hard_links(self) -> None:
        """The upload fails, because the former file would be lost."""
        self.disk.put("/a", b"1")
        with refused(StorageFailed):
            await write(self.files(system=NoLinks()), "/a", b"2")
        self.assertEqual(self.disk.content("/a"), b"1")

    async def test_a_rename_that_fails(self) -> None:
        """The former file stays, and is no version of itself."""
        self.disk.put("/a", b"1")
        with refused(StorageFailed):
            await write(self.files(system=NoRename(open_by_kernel)), "/a", b"2")
        self.assertEqual((self.disk.content("/a"), self.kept()), (b"1", {}))

    async def test_a_file_with_another_name(self) -> None:
        """It is not changed in place, where its bytes would be lost; the other name keeps the former file."""
        self.disk.put("/a", b"1")
        os.link(self.disk.host("/a"), self.disk.host("/b"))
        await write(self.files(), "/a", b"2")
        self.assertEqual((self.disk.content("/a"), self.disk.content("/b"), self.kept()), (b"2", b"1", {"a.~1~": b"1"}))

    async def test_a_directory_that_may_not_be_written(self) -> None:
        """The file could only be changed in place, so the upload is refused."""
        self.disk.put("/a", b"1")
        self.patch(upload_target, "may_write", lambda directory, name: name != b".")
        with refused(PermissionDenied):
            await opened(self.files(), "/a")
        self.assertEqual(self.disk.names("/"), ["a"])

    async def test_a_long_name(self) -> None:
        """The refusal comes before the transfer."""
        name = "/" + "n" * 250
        self.disk.put(name, b"1")
        with refused(NameNotAllowed):
            await opened(self.files(), name)

    async def test_an_append(self) -> None:
        """It changes the file in place, and keeps nothing."""
        self.disk.put("/a", b"1")
        await write(self.files(), "/a", b"2", WriteMode.APPEND)
        self.assertEqual(self.disk.names("/"), ["a"])


class CountedTests(SynchronousTestCase):
    """Versions in the quota: a file of 4 bytes, and 20 bytes and 4 files at most."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.disk.put("/a", b"4444")
        clock = Clock()
        clock.advance(1000)
        self.ledger = Ledger("alice", Store(), clock)
        self.files = self.disk.storage(StorageSettings(uploads=UploadPolicy(keep_versions=1)))
        self.storage = Limited(
            self.files, LiveAccount(Account(name="alice", quota_bytes=20, quota_files=4)), self.ledger
        )

    def opened(self, path: str) -> IWriteHandle:
        """An upload that begins."""
        handle: IWriteHandle = self.successResultOf(self.storage.open_write(VirtualPath(path), WriteMode.REPLACE, 0))
        return handle

    def put(self, path: str, content: bytes) -> None:
        """Upload."""
        handle = self.opened(path)
        self.successResultOf(handle.write(content))
        self.successResultOf(handle.commit())

    def agree(self, count: int, files: int) -> None:
        """Demand these totals, of the ledger and of the disk."""
        found, _ = self.successResultOf(counted(self.files, Usage()))
        totals = self.ledger.usage.totals
        self.assertEqual(((totals.bytes, totals.files), (found.bytes, found.files)), ((count, files), (count, files)))

    def test_a_version_counts(self) -> None:
        """As a file more."""
        self.put("/a", b"22")
        self.agree(6, 2)

    def test_a_removed_version(self) -> None:
        """It is free again."""
        self.put("/a", b"22")
        self.put("/a", b"1")
        self.agree(3, 2)

    def test_the_former_room_is_not_free(self) -> None:
        """16 bytes are left beside the former file, which stays."""
        handle = self.opened("/a")
        self.failureResultOf(handle.write(bytes(17)), QuotaExceeded)
        self.successResultOf(handle.abort())
        self.agree(4, 1)

    def test_no_file_more(self) -> None:
        """A version is refused as a new file is, before the transfer."""
        for path in ("/b", "/c", "/d"):
            self.put(path, b"1")
        self.failureResultOf(self.storage.open_write(VirtualPath("/a"), WriteMode.REPLACE, 0), QuotaExceeded)
        self.agree(7, 4)
        self.assertEqual(self.disk.open_in(), [])
