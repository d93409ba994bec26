"""The mode and the owner of new files and directories, as an account has them."""

from __future__ import annotations

import errno
import grp
import os
import pwd
from collections.abc import Callable
from tempfile import mkdtemp
from typing import TypeVar
from unittest import SkipTest, skipUnless

from twisted.logger import ILogObserver, LogEvent, formatEvent, globalLogPublisher
from zope.interface import implementer

from ftpd_service.errors import StorageFailed
from ftpd_service.storage.local.modes import owner_of
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import refused, write
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import SynchronousTestCase, TestCase
from tests.storage.local.disk import Disk

T = TypeVar("T")

NOBODY = 65534
MEMORY = "/dev/shm"
"""A tmpfs, where Linux has one."""


@implementer(ILogObserver)
class Lines:
    """What is logged."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, event: LogEvent) -> None:
        self.texts.append(formatEvent(event))


class Beside:
    """Runs calls at once, and counts them."""

    calls = 0

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        self.calls += 1
        return call()


class ModeCase(TestCase):
    """A directory of the host."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.given: list[tuple[int, int]] = []
        self.log = Lines()
        globalLogPublisher.addObserver(self.log)
        self.addCleanup(globalLogPublisher.removeObserver, self.log)

    def settings(self, owner: str | None = None, mode: UploadMode = UploadMode.ATOMIC) -> StorageSettings:
        """Settings with an owner."""
        return StorageSettings(owner=owner, uploads=UploadPolicy(mode=mode))

    def mode_of(self, path: str) -> int:
        """The permission bits of a file."""
        return os.stat(self.disk.host(path)).st_mode & 0o7777

    def noted(self) -> None:
        """Let the system note to whom files are given."""
        self.patch(os, "fchown", lambda descriptor, user, group: self.given.append((user, group)))

    def giving_refused(self, code: int = errno.EPERM) -> None:
        """Let the system refuse to give files to another user."""

        def refuse(descriptor: int, user: int, group: int) -> None:
            if user != -1:
                raise OSError(code, os.strerror(code))
            self.given.append((user, group))

        self.patch(os, "fchown", refuse)


class FileModeTests(ModeCase):
    """`StorageSettings.file_bits`."""

    async def test_new_files_have_the_mode(self) -> None:
        """Whatever the umask, hidden until the commit or in place."""
        await write(self.disk.storage(StorageSettings(umask=0o077, file_bits=0o640)), "/a", b"abc")
        in_place = StorageSettings(uploads=UploadPolicy(mode=UploadMode.IN_PLACE), umask=0o077, file_bits=0o640)
        await write(self.disk.storage(in_place), "/b", b"abc")
        self.assertEqual((self.mode_of("/a"), self.mode_of("/b")), (0o640, 0o640))

    async def test_directories_follow_the_umask(self) -> None:
        """A mode of files would lock their users out."""
        storage = self.disk.storage(StorageSettings(umask=0o027, file_bits=0o640))
        await storage.make_directory(VirtualPath("/d"))
        self.assertEqual(self.mode_of("/d"), 0o750)

    async def test_a_file_that_is_replaced_keeps_its_mode(self) -> None:
        """It is no new file."""
        self.disk.put("/a", b"former")
        await write(self.disk.storage(StorageSettings(file_bits=0o600)), "/a", b"abc")
        self.assertEqual(self.mode_of("/a"), 0o644)


class OwnerTests(ModeCase):
    """`StorageSettings.owner`."""

    async def test_new_files_and_directories_are_given_away(self) -> None:
        """Hidden uploads, those in place, and MKD."""
        self.noted()
        await write(self.disk.storage(self.settings("7:8")), "/a", b"abc")
        await write(self.disk.storage(self.settings("7:8", UploadMode.IN_PLACE)), "/b", b"abc")
        await self.disk.storage(self.settings("7:8")).make_directory(VirtualPath("/d"))
        self.assertEqual(self.given, [(7, 8)] * 3)

    async def test_the_mode_is_set_behind_the_owner(self) -> None:
        """The kernel clears bits of a file that changes its owner."""
        if os.geteuid() != 0:
            raise SkipTest("only root may give a file away")
        await write(self.disk.storage(self.settings(f"{NOBODY}:{NOBODY}")), "/a", b"abc")
        made = os.stat(self.disk.host("/a"))
        self.assertEqual((made.st_uid, made.st_gid, made.st_mode & 0o7777), (NOBODY, NOBODY, 0o640))

    async def test_without_an_owner_nothing_is_given_away(self) -> None:
        """The system is not asked."""
        self.noted()
        await write(self.disk.storage(self.settings()), "/a", b"abc")
        self.assertEqual(self.given, [])

    async def test_a_refusal_is_logged_once(self) -> None:
        """The file is stored, its group is given if that is permitted, and the log says why not its user."""
        self.giving_refused()
        storage = self.disk.storage(self.settings("7:8"))
        await write(storage, "/a", b"abc")
        await write(storage, "/b", b"abc")
        self.assertEqual((self.disk.content("/a"), self.given), (b"abc", [(-1, 8), (-1, 8)]))
        text = "Operation not permitted; a service without CAP_CHOWN can give files to its own groups only"
        self.assertEqual(self.log.texts, [f"new files do not get the owner '7:8': {text}"])

    async def test_another_error_is_no_refusal(self) -> None:
        """A disk that breaks is told as such."""
        self.giving_refused(errno.EIO)
        storage = self.disk.storage(self.settings("7"))
        with refused(StorageFailed):
            await storage.make_directory(VirtualPath("/d"))

    async def test_a_name_that_the_host_does_not_know(self) -> None:
        """The file is stored, and the log says which name."""
        self.noted()
        await write(self.disk.storage(self.settings("no-such-user")), "/a", b"abc")
        self.assertEqual(self.given, [])
        self.assertEqual(
            self.log.texts, ["new files do not get the owner 'no-such-user': this host has no user 'no-such-user'"]
        )

    async def test_a_file_that_is_replaced_keeps_its_owner(self) -> None:
        """It is no new file."""
        self.disk.put("/a", b"former")
        self.noted()
        await write(self.disk.storage(self.settings("7")), "/a", b"abc")
        self.assertEqual(self.given, [])

    @skipUnless(os.path.isdir(MEMORY), "needs a tmpfs")
    async def test_names_are_looked_up_beside_the_reactor(self) -> None:
        """A directory service may take its time; afterwards the reactor opens uploads again."""
        disk = Disk(mkdtemp(dir=MEMORY) + "/root")
        self.addCleanup(os.rmdir, os.path.dirname(disk.root))
        self.addCleanup(disk.remove)
        self.noted()
        beside = Beside()
        settings = self.settings("root")
        storage = LocalStorage(disk.root, settings, beside, now=lambda: 0.0, hidden=disk.hidden)
        handle = await storage.open_write(VirtualPath("/a"), WriteMode.REPLACE, 0)
        self.assertEqual(beside.calls, 1)
        await handle.abort()
        beside.calls = 0
        handle = await storage.open_write(VirtualPath("/b"), WriteMode.REPLACE, 0)
        self.assertEqual(beside.calls, 0)
        await handle.abort()


class OwnerOfTests(SynchronousTestCase):
    """`owner_of`."""

    def test_names_and_numbers(self) -> None:
        """Of a user, of a group, of both."""
        me, group = pwd.getpwuid(0).pw_name, grp.getgrgid(0).gr_name
        found = [owner_of(text) for text in (me, f":{group}", f"{me}:{group}", "7", ":8", "7:8")]
        self.assertEqual(found, [(0, -1), (-1, 0), (0, 0), (7, -1), (-1, 8), (7, 8)])

    def test_an_unknown_group(self) -> None:
        """The text says that it is a group."""
        problem = self.assertRaises(LookupError, owner_of, "0:no-such-group")
        self.assertEqual(str(problem), "this host has no group 'no-such-group'")
