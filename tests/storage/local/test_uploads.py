"""Uploads to a local disk: full and broken disks, modes and owners, and files that are only changed in place."""

from __future__ import annotations

import errno
import os
import tempfile

from twisted.logger import capturedLogs
from twisted.trial.unittest import SkipTest

from ftpd_service.errors import (
    PermissionDenied,
    StorageFailed,
    StorageFull,
)
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.testing.contract_ground import listed, refused, write
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import ByOpening, Disk, FullDisk

A = VirtualPath("/a")
DAY = 86_400
NOBODY = 65_534


class FullNamedDisk(FullDisk):
    """The same, without O_TMPFILE."""

    def open_unnamed(self, directory: int) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class NoRename(ByOpening):
    """A disk that breaks when a file is renamed."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def rename(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class NoRenameNoUnnamed(NoRename):
    """The same, without O_TMPFILE."""

    def open_unnamed(self, directory: int) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class UploadCase(TestCase):
    """A tree on the disk."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)


class TestFullDisk(UploadCase):
    """No space is left in the middle of an upload."""

    async def broken_off(self, system: SystemCalls, mode: WriteMode = WriteMode.REPLACE) -> None:
        """An upload of six octets that must fail with StorageFull, at the latest with its commit."""
        handle = await self.disk.storage(system=system).open_write(A, mode, 0)
        with refused(StorageFull):
            await handle.write(b"abcdef")
            await handle.commit()
        await handle.abort()

    async def test_the_former_file_is_intact(self) -> None:
        """And nothing else is there."""
        self.disk.put("/a", b"former")
        await self.broken_off(FullDisk(3))
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"former"))

    async def test_under_a_hidden_name(self) -> None:
        """Likewise."""
        self.disk.put("/a", b"former")
        await self.broken_off(FullNamedDisk(3))
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"former"))

    async def test_a_large_file_fails_before_its_end(self) -> None:
        """Only the first octets are kept back, and only until more come."""
        self.disk.put("/a", b"former")
        handle = await self.disk.storage(system=FullDisk(3)).open_write(A, WriteMode.REPLACE, 0)
        await handle.write(b"abcdef")
        with refused(StorageFull):
            await handle.write(b"g")
        await handle.abort()
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"former"))

    async def test_an_append_keeps_what_fitted(self) -> None:
        """So that it can be resumed."""
        self.disk.put("/a", b"former")
        await self.broken_off(FullDisk(3), WriteMode.APPEND)
        self.assertEqual(self.disk.content("/a"), b"formerabc")

    async def test_a_write_that_is_taken_in_parts(self) -> None:
        """Goes on behind each part."""
        await write(self.disk.storage(system=Dribble()), "/a", b"abcdef")
        self.assertEqual(self.disk.content("/a"), b"abcdef")


class Dribble(ByOpening):
    """A disk that takes one octet a call."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def write(self, descriptor: int, data: memoryview) -> int:
        return super().write(descriptor, data[:1])


class TestFailedCommit(UploadCase):
    """The disk breaks at the very end."""

    async def test_nothing_of_the_upload_is_kept(self) -> None:
        """The former file is, no hidden name is, and nothing stays open."""
        self.disk.put("/a", b"former")
        with refused(StorageFailed):
            await write(self.disk.storage(system=NoRename()), "/a", b"abc")
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"former"))
        self.assertEqual(self.disk.open_in(), [])

    async def test_under_a_hidden_name(self) -> None:
        """Likewise."""
        self.disk.put("/a", b"former")
        with refused(StorageFailed):
            await write(self.disk.storage(system=NoRenameNoUnnamed()), "/a", b"abc")
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"former"))
        self.assertEqual(self.disk.open_in(), [])


class TestInPlaceInstead(UploadCase):
    """Files that can only be changed in place."""

    async def test_a_file_with_two_names(self) -> None:
        """Both names keep leading to one file, and the log says so."""
        self.disk.put("/a", b"former")
        os.link(self.disk.host("/a"), self.disk.host("/b"))
        with capturedLogs() as logged:
            await write(self.disk.storage(), "/a", b"abc")
        self.assertEqual(self.disk.content("/b"), b"abc")
        self.assertEqual([event["reason"] for event in logged], ["the file has several hard links"])

    async def test_it_is_not_cut_off_before_the_first_octet(self) -> None:
        """As always in place."""
        self.disk.put("/a", b"former")
        os.link(self.disk.host("/a"), self.disk.host("/b"))
        await (await self.disk.storage().open_write(A, WriteMode.REPLACE, 0)).abort()
        self.assertEqual(self.disk.content("/a"), b"former")

    async def test_an_ordinary_upload_is_not_logged(self) -> None:
        """It is hidden."""
        self.disk.put("/a", b"former")
        with capturedLogs() as logged:
            await write(self.disk.storage(), "/a", b"abc")
        self.assertEqual(logged, [])


class TestOwners(UploadCase):
    """The mode and the owner of the former file."""

    async def test_set_user_id_is_not_copied(self) -> None:
        """The kernel takes that bit from a file that is written, too."""
        self.disk.put("/a", b"former")
        os.chmod(self.disk.host("/a"), 0o4711)
        await write(self.disk.storage(), "/a", b"abc")
        self.assertEqual(os.stat(self.disk.host("/a")).st_mode & 0o7777, 0o711)

    async def test_set_ids_go_in_place_too(self) -> None:
        """The kernel leaves them where root writes."""
        self.disk.put("/a", b"former")
        os.chmod(self.disk.host("/a"), 0o6711)
        handle = await self.disk.storage().open_write(A, WriteMode.APPEND, 0)
        await handle.write(b"abc")
        await handle.commit()
        self.assertEqual(os.stat(self.disk.host("/a")).st_mode & 0o7777, 0o711)

    async def test_the_owner_is_copied(self) -> None:
        """Where that is permitted."""
        if os.geteuid() != 0:
            raise SkipTest("only root may give a file away")
        self.disk.put("/a", b"former")
        os.chown(self.disk.host("/a"), NOBODY, NOBODY)
        await write(self.disk.storage(), "/a", b"abc")
        made = os.stat(self.disk.host("/a"))
        self.assertEqual((made.st_uid, made.st_gid), (NOBODY, NOBODY))

    async def test_an_owner_that_a_user_namespace_does_not_know(self) -> None:
        """Cannot be copied, and whoever may write the file may replace it all the same."""
        if os.geteuid() != 0:
            raise SkipTest("only root may give a file away")

        def unknown(descriptor: int, owner: int, group: int) -> None:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

        self.disk.put("/a", b"former")
        os.chown(self.disk.host("/a"), NOBODY, NOBODY)
        self.patch(os, "fchown", unknown)
        await write(self.disk.storage(), "/a", b"abc")
        self.assertEqual(self.disk.content("/a"), b"abc")


class PlainUserCase(TestCase):
    """A tree of a user whom permissions hold: root's tests act as nobody."""

    def setUp(self) -> None:
        # Not mktemp: nobody may not be able to reach trial's directory.
        outer = tempfile.mkdtemp()
        os.chmod(outer, 0o755)
        self.addCleanup(os.rmdir, outer)
        self.disk = Disk(os.path.join(outer, "root"))
        os.chmod(self.disk.root, 0o755)
        self.addCleanup(self.disk.remove)

    def become_plain(self) -> None:
        """Act as nobody from now on; what is in the tree stays its owner's."""
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
            self.addCleanup(os.seteuid, 0)

    def give_away(self, path: str) -> None:
        """Make nobody the owner, where the test is root's."""
        if os.geteuid() == 0:
            os.chown(self.disk.host(path), NOBODY, NOBODY)


class TestPermissions(PlainUserCase):
    """What the operating system denies."""

    async def test_a_write_protected_file(self) -> None:
        """Is not replaced, though its directory would permit it."""
        self.disk.put("/a", b"former")
        os.chmod(self.disk.host("/a"), 0o444)
        self.give_away("/")
        self.give_away("/a")
        self.become_plain()
        with refused(PermissionDenied):
            await self.disk.storage().open_write(A, WriteMode.REPLACE, 0)

    async def test_a_directory_that_may_not_be_written(self) -> None:
        """Its files are changed in place."""
        self.disk.put("/d/a", b"former")
        self.give_away("/d/a")
        self.give_away("/d")
        os.chmod(self.disk.host("/d"), 0o555)
        self.addCleanup(os.chmod, self.disk.host("/d"), 0o755)
        self.become_plain()
        with capturedLogs() as logged:
            await write(self.disk.storage(), "/d/a", b"abc")
        self.assertEqual(self.disk.content("/d/a"), b"abc")
        self.assertEqual([event["reason"] for event in logged], ["the directory may not be written"])

    async def test_a_new_file_in_such_a_directory(self) -> None:
        """Is denied before the transfer, in place too."""
        self.disk.put_directory("/d")
        self.give_away("/d")
        os.chmod(self.disk.host("/d"), 0o555)
        self.become_plain()
        with refused(PermissionDenied):
            await self.disk.storage().open_write(VirtualPath("/d/a"), WriteMode.APPEND, 0)

    async def test_a_hidden_upload_into_such_a_directory(self) -> None:
        """Is denied before the transfer."""
        self.disk.put_directory("/d")
        self.give_away("/d")
        os.chmod(self.disk.host("/d"), 0o555)
        self.become_plain()
        with refused(PermissionDenied):
            await self.disk.storage().open_write(VirtualPath("/d/a"), WriteMode.REPLACE, 0)

    async def test_a_directory_that_may_not_be_searched(self) -> None:
        """Its listing is denied, not empty."""
        self.disk.put("/d/a")
        self.give_away("/d")
        os.chmod(self.disk.host("/d"), 0o444)
        self.addCleanup(os.chmod, self.disk.host("/d"), 0o755)
        self.become_plain()
        with refused(PermissionDenied):
            await listed(self.disk.storage(), "/d")

    async def test_a_sticky_directory(self) -> None:
        """Somebody else's file in it can be written and not replaced: in place."""
        if os.geteuid() != 0:
            raise SkipTest("it takes two users, and so root")
        self.disk.put("/d/a", b"former")
        os.chmod(self.disk.host("/d"), 0o1777)
        os.chmod(self.disk.host("/d/a"), 0o666)
        self.become_plain()
        with capturedLogs() as logged:
            await write(self.disk.storage(), "/d/a", b"abc")
        self.assertEqual(self.disk.content("/d/a"), b"abc")
        self.assertEqual([event["reason"][:23] for event in logged], ["the directory is sticky"])
