"""Hidden uploads on a local disk: where they are before the commit, what they hold, and what broken ones leave."""

from __future__ import annotations

import errno
import fcntl
import os
import struct

from ftpd_service.errors import IsADirectory, NameNotAllowed, NotEmpty, TemporarilyUnavailable
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.holds import SWEEP_SECONDS, Hold, RunningUploads
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.name_rules import NameRules
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import listed, refused, write
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import NOW, ByOpening, Disk

A = VirtualPath("/a")
DAY = 86_400
TEMPORARY = ".ftpd-0000000000000001"
"""A name of the form that this server gives temporary files."""


class NoUnnamed(ByOpening):
    """A file system without O_TMPFILE; tokens are counted, so that tests know the names."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)
        self.tokens = 0

    def token(self) -> str:
        self.tokens += 1
        return f"{self.tokens:016x}"

    def open_unnamed(self, directory: int) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


class NoLocks(ByOpening):
    """A file system that knows no locks."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def lock(self, descriptor: int) -> bool:
        return True


class HiddenCase(TestCase):
    """A tree on the disk."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)

    def leftover(self, path: str, age: float) -> None:
        """A hidden file that was last written so many seconds ago."""
        self.disk.put(path, b"left")
        os.utime(self.disk.host(path), (NOW - age, NOW - age))

    def locked(self, path: str) -> None:
        """Lock a file as an upload of another process does."""
        descriptor = os.open(self.disk.host(path), os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))


class TestHiding(HiddenCase):
    """Where the octets of a hidden upload are before the commit."""

    async def test_without_a_name_where_the_file_system_can(self) -> None:
        """The directory stays as it was: a process that dies leaves nothing."""
        handle = await self.disk.storage().open_write(A, WriteMode.REPLACE, 0)
        await handle.write(b"abc")
        during = self.disk.names("/")
        await handle.abort()
        self.assertEqual(during, [])

    async def test_under_a_hidden_name_elsewhere(self) -> None:
        """From the start, and gone with an abort."""
        handle = await self.disk.storage(system=NoUnnamed()).open_write(A, WriteMode.REPLACE, 0)
        during = self.disk.names("/")
        await handle.abort()
        self.assertEqual((during, self.disk.names("/")), ([TEMPORARY], []))

    async def test_a_hidden_name_that_is_taken(self) -> None:
        """The next one is tried."""
        self.disk.put(f"/{TEMPORARY}", b"theirs")
        await write(self.disk.storage(system=NoUnnamed()), "/a", b"abc")
        self.assertEqual((self.disk.names("/"), self.disk.content(f"/{TEMPORARY}")), ([TEMPORARY, "a"], b"theirs"))

    async def test_a_running_upload_is_locked(self) -> None:
        """So no other process takes it for a leftover, however old."""
        handle = await self.disk.storage(system=NoUnnamed()).open_write(A, WriteMode.REPLACE, 0)
        os.utime(self.disk.host(f"/{TEMPORARY}"), (NOW - 2 * DAY, NOW - 2 * DAY))
        await listed(self.disk.storage(), "/")
        during = self.disk.names("/")
        await handle.abort()
        self.assertEqual(during, [TEMPORARY])

    async def test_a_link_to_a_hidden_name(self) -> None:
        """Is no way to make one."""
        self.disk.put_link("/l", ".ftpd-x")
        with refused(NameNotAllowed):
            await self.disk.storage().open_write(VirtualPath("/l"), WriteMode.REPLACE, 0)

    async def test_a_directory_that_took_the_name(self) -> None:
        """Is not replaced, and nothing of the upload is kept."""
        handle = await self.disk.storage().open_write(A, WriteMode.REPLACE, 0)
        self.disk.put_directory("/a")
        with refused(IsADirectory):
            await handle.commit()
        self.assertEqual(self.disk.names("/"), ["a"])

    async def test_a_file_that_took_the_name(self) -> None:
        """Is replaced: a plain STOR overwrites whatever is there at its end."""
        handle = await self.disk.storage().open_write(A, WriteMode.REPLACE, 0)
        await handle.write(b"abc")
        self.disk.put("/a", b"theirs")
        await handle.commit()
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"abc"))

    async def test_a_file_that_took_the_name_without_o_tmpfile(self) -> None:
        """Is replaced there too."""
        handle = await self.disk.storage(system=NoUnnamed()).open_write(A, WriteMode.REPLACE, 0)
        await handle.write(b"abc")
        self.disk.put("/a", b"theirs")
        await handle.commit()
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"abc"))


class TestLeftovers(HiddenCase):
    """Hidden names of uploads that died."""

    async def test_an_old_one_goes_when_its_directory_is_listed(self) -> None:
        """After a day."""
        self.leftover(f"/{TEMPORARY}", DAY + 1)
        await listed(self.disk.storage(), "/")
        self.assertEqual(self.disk.names("/"), [])

    def test_what_the_system_names_has_the_form_of_leftovers(self) -> None:
        """Else none would ever go."""
        rules = NameRules(".ftpd-")
        self.assertTrue(rules.temporary(f".ftpd-{SystemCalls().token()}".encode()))

    async def test_a_young_one_stays(self) -> None:
        """Its upload may live in a process whose locks are not seen."""
        self.leftover(f"/{TEMPORARY}", DAY - 1)
        await listed(self.disk.storage(), "/")
        self.assertEqual(self.disk.names("/"), [TEMPORARY])

    async def test_a_locked_one_stays(self) -> None:
        """Its upload lives."""
        self.leftover(f"/{TEMPORARY}", DAY + 1)
        self.locked(f"/{TEMPORARY}")
        await listed(self.disk.storage(), "/")
        self.assertEqual(self.disk.names("/"), [TEMPORARY])

    async def test_a_directory_of_such_a_name_stays(self) -> None:
        """No upload made it."""
        self.disk.put_directory(f"/{TEMPORARY}")
        os.utime(self.disk.host(f"/{TEMPORARY}"), (0, 0))
        await listed(self.disk.storage(), "/")
        self.assertEqual(self.disk.names("/"), [TEMPORARY])

    async def test_another_name_stays(self) -> None:
        """Whatever its age."""
        self.leftover("/.ftp", DAY + 1)
        await listed(self.disk.storage(), "/")
        self.assertEqual(self.disk.names("/"), [".ftp"])

    async def test_a_name_that_only_begins_so_stays(self) -> None:
        """It is somebody's own file, however old: only the form that this server generates is a leftover."""
        others = [".ftpd-000000000000000A", f"{TEMPORARY}0", f"{TEMPORARY[:-1]}g", ".ftpd-x"]
        for name in others:
            self.leftover(f"/{name}", DAY + 1)
        await listed(self.disk.storage(), "/")
        await write(self.disk.storage(), "/a", b"abc")
        self.assertEqual(self.disk.names("/"), sorted([*others, "a"]))

    async def test_a_name_that_only_begins_so_keeps_its_directory(self) -> None:
        """RMD removes leftovers with a directory, and nothing else."""
        self.disk.put("/d/.ftpd-x")
        with refused(NotEmpty):
            await self.disk.storage().remove_directory(VirtualPath("/d"))

    async def test_an_old_one_goes_when_its_directory_is_written(self) -> None:
        """Before the upload that comes next."""
        self.leftover(f"/{TEMPORARY}", DAY + 1)
        await write(self.disk.storage(), "/a", b"abc")
        self.assertEqual(self.disk.names("/"), ["a"])

    def test_a_directory_is_searched_once_an_hour(self) -> None:
        """Uploads into a large one shall not pay each time."""
        uploads = RunningUploads()
        before = uploads.sweep_due((1, 2), NOW)
        uploads.sweep_begins((1, 2), NOW)
        asked = [uploads.sweep_due((1, 2), now) for now in (NOW + SWEEP_SECONDS - 1, NOW + SWEEP_SECONDS)]
        self.assertEqual((before, asked), (True, [False, True]))

    def test_a_clock_that_was_set_back(self) -> None:
        """Does not keep a directory from being searched."""
        uploads = RunningUploads()
        uploads.sweep_begins((1, 2), NOW)
        self.assertTrue(uploads.sweep_due((1, 2), NOW - 1))

    async def test_a_locked_one_keeps_its_directory(self) -> None:
        """An upload of another process runs in it: try later."""
        self.disk.put(f"/d/{TEMPORARY}")
        self.locked(f"/d/{TEMPORARY}")
        with refused(TemporarilyUnavailable):
            await self.disk.storage().remove_directory(VirtualPath("/d"))

    async def test_a_directory_of_such_a_name_keeps_its_directory(self) -> None:
        """It is no leftover."""
        self.disk.put_directory(f"/d/{TEMPORARY}")
        with refused(NotEmpty):
            await self.disk.storage().remove_directory(VirtualPath("/d"))

    async def test_leftovers_beside_a_file_stay(self) -> None:
        """A directory that is not removed is not changed."""
        self.disk.put(f"/d/{TEMPORARY}")
        self.disk.put("/d/a")
        with refused(NotEmpty):
            await self.disk.storage().remove_directory(VirtualPath("/d"))
        self.assertEqual(self.disk.names("/d"), [TEMPORARY, "a"])


class TestHolds(HiddenCase):
    """What uploads of one process take from each other."""

    def test_an_upload_into_a_directory_that_is_removed(self) -> None:
        """Is told to try later."""
        uploads = RunningUploads()
        with uploads.removal((1, 2)), self.assertRaises(TemporarilyUnavailable):
            Hold(uploads).directory((1, 2))

    def test_a_directory_is_free_again_after_its_removal_failed(self) -> None:
        """Whatever the reason was."""
        uploads = RunningUploads()
        with self.assertRaises(NotEmpty), uploads.removal((1, 2)):
            raise NotEmpty
        Hold(uploads).directory((1, 2))

    def test_releasing_twice(self) -> None:
        """Gives back once: the second upload of the same directory still holds it."""
        uploads = RunningUploads()
        first, second = Hold(uploads), Hold(uploads)
        first.directory((1, 2))
        second.directory((1, 2))
        first.release()
        first.release()
        with self.assertRaises(TemporarilyUnavailable), uploads.removal((1, 2)):
            raise AssertionError("removed under an upload")

    async def test_an_append_that_another_process_has_locked(self) -> None:
        """Is told to try later, by the file system's lock."""
        self.disk.put("/a", b"0123")
        self.locked("/a")
        with refused(TemporarilyUnavailable):
            await self.disk.storage().open_write(A, WriteMode.APPEND, 0)
        self.assertEqual(len(self.disk.open_in()), 1, "only the lock's own descriptor is open")

    async def test_two_appends_through_two_names(self) -> None:
        """The lock is the file's, not the name's; a file system without locks needs the process's own."""
        self.disk.put("/a", b"0123")
        os.link(self.disk.host("/a"), self.disk.host("/b"))
        storage = self.disk.storage(system=NoLocks())
        handle = await storage.open_write(A, WriteMode.APPEND, 0)
        with refused(TemporarilyUnavailable):
            await storage.open_write(VirtualPath("/b"), WriteMode.APPEND, 0)
        await handle.abort()


class TestSettings(HiddenCase):
    """`StorageSettings`."""

    async def test_another_hidden_prefix(self) -> None:
        """Takes the place of the usual one."""
        self.disk.put("/.ftpd-a")
        self.disk.put("/~a")
        storage = self.disk.storage(StorageSettings(hidden_prefix="~"))
        self.assertEqual([entry.name for entry in await listed(storage, "/")], [".ftpd-a"])
