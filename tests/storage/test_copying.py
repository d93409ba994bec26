"""Copies and moves of files: whole or not at all, and no source is lost."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

from twisted.internet.defer import CancelledError, Deferred

from ftpd_service import copied_bytes
from ftpd_service.account import LiveAccount
from ftpd_service.errors import (
    AcrossFolders,
    AlreadyExists,
    IsADirectory,
    NotFound,
    PermissionDenied,
    TemporarilyUnavailable,
)
from ftpd_service.interfaces import IStorage
from ftpd_service.path_rules import PathRule
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.values import Permissions, VirtualPath
from tests.storage.two_disks import CONTENT, MODIFIED_NS, STEP, TwoDisks, failing, once


class MoveTests(TwoDisks):
    """`Permitted.move_file`."""

    def test_the_file_is_at_its_new_name_only(self) -> None:
        """With its bytes, in as many steps as it takes."""
        self.successResultOf(self.move())
        self.assertEqual((self.standing(), self.folder.content("/new")), (([], ["new"]), CONTENT))
        self.assertEqual((self.system.steps, self.last), (3, 1))

    def test_mode_and_time_stay(self) -> None:
        """As by a rename."""
        self.successResultOf(self.move())
        facts = os.stat(self.folder.host("/new"))
        self.assertEqual((facts.st_mode & 0o7777, facts.st_mtime_ns), (0o640, MODIFIED_NS))

    def test_set_ids_do_not_stay(self) -> None:
        """No file that a client makes has them."""
        os.chmod(self.home.host("/file"), 0o6755)
        self.successResultOf(self.move())
        self.assertEqual(os.stat(self.folder.host("/new")).st_mode & 0o7777, 0o755)

    def test_a_file_replaces_a_file(self) -> None:
        """The other way round too."""
        self.folder.put("/old", b"old")
        self.successResultOf(self.move("/shared/old", "/file"))
        self.assertEqual((self.standing(), self.home.content("/file")), ((["file"], []), b"old"))

    def test_an_empty_file(self) -> None:
        """Has no step."""
        self.home.put("/file")
        self.successResultOf(self.move())
        self.assertEqual((self.standing(), self.folder.content("/new")), (([], ["new"]), b""))

    def test_a_directory(self) -> None:
        """It could not move at once."""
        self.home.put("/d/file")
        self.failureResultOf(self.move("/d", "/shared/d"), AcrossFolders)
        self.assertEqual(self.standing(), (["d", "file"], []))

    def test_a_link(self) -> None:
        """A rename moves the link and not the file."""
        self.home.put_link("/link", "file")
        self.failureResultOf(self.move("/link"), AcrossFolders)
        self.assertEqual(self.standing(), (["file", "link"], []))

    def test_a_link_at_the_target(self) -> None:
        """Neither the link nor its file is replaced."""
        self.folder.put("/old", b"old")
        self.folder.put_link("/link", "old")
        self.failureResultOf(self.move("/file", "/shared/link"), AlreadyExists)
        self.assertEqual((self.standing(), self.folder.content("/old")), ((["file"], ["link", "old"]), b"old"))

    def test_a_directory_at_the_target(self) -> None:
        """Nothing replaces it."""
        self.folder.put_directory("/d")
        self.failureResultOf(self.move("/file", "/shared/d"), AlreadyExists)

    def test_another_name_of_the_file(self) -> None:
        """Both names stay."""
        os.link(self.home.host("/file"), self.folder.host("/same"))
        self.failureResultOf(self.move("/file", "/shared/same"), AlreadyExists)
        self.assertEqual(self.standing(), (["file"], ["same"]))

    def test_a_target_with_two_names(self) -> None:
        """One name is replaced, as by a rename."""
        self.folder.put("/old", b"old")
        os.link(self.folder.host("/old"), self.folder.host("/same"))
        self.successResultOf(self.move("/file", "/shared/old"))
        self.assertEqual((self.folder.content("/old"), self.folder.content("/same")), (CONTENT, b"old"))

    def test_a_missing_source(self) -> None:
        """And a missing directory at the target."""
        self.failureResultOf(self.move("/missing"), NotFound)
        self.failureResultOf(self.move("/file", "/shared/d/new"), NotFound)
        self.assertEqual(self.standing(), (["file"], []))

    def test_two_sessions(self) -> None:
        """The second is refused, and the first goes on."""
        second = once(lambda: self.failureResultOf(self.move("/file", "/shared/other"), TemporarilyUnavailable))
        self.system.step = second
        self.successResultOf(self.move())
        self.assertEqual(self.standing(), ([], ["new"]))

    def test_the_file_may_be_moved_again(self) -> None:
        """Nothing is remembered of a move that failed."""
        self.system.step = failing(errno.EIO)
        self.failureResultOf(self.move())
        self.system.step = lambda: None
        self.successResultOf(self.move())
        self.assertEqual(self.standing(), ([], ["new"]))


class OtherDiskTests(TwoDisks):
    """A file system that is mounted below a home."""

    def test_a_rename_becomes_a_move(self) -> None:
        """Within the home too."""
        self.home.put_directory("/mounted")
        self.system.rename_no_replace = lambda *ends: failing(errno.EXDEV)()  # type: ignore[assignment]
        ends = VirtualPath("/file"), VirtualPath("/mounted/file")
        self.failureResultOf(self.tree.rename(*ends), AcrossFolders)
        self.successResultOf(self.move(*ends))
        self.assertEqual((self.home.names("/"), self.home.content("/mounted/file")), (["mounted"], CONTENT))


class CopyTests(TwoDisks):
    """`Permitted.copy_file`."""

    def test_both_files_are_there(self) -> None:
        """The copy has the time of now and the mode of an upload."""
        self.successResultOf(self.copy())
        facts = os.stat(self.folder.host("/new"))
        self.assertEqual((self.standing(), self.folder.content("/new")), ((["file"], ["new"]), CONTENT))
        self.assertEqual((facts.st_mode & 0o777, facts.st_mtime_ns > MODIFIED_NS), (0o640, True))

    def test_beside_the_file(self) -> None:
        """In the same storage."""
        self.successResultOf(self.copy("/file", "/copy"))
        self.assertEqual((self.home.names("/"), self.home.content("/copy")), (["copy", "file"], CONTENT))

    def test_onto_itself(self) -> None:
        """By its own name, and by a link."""
        self.home.put_link("/link", "file")
        self.failureResultOf(self.copy("/file", "/file"), AlreadyExists)
        self.failureResultOf(self.copy("/file", "/link"), AlreadyExists)
        self.assertEqual(self.home.content("/file"), CONTENT)

    def test_directories(self) -> None:
        """Neither of a directory nor onto one."""
        self.home.put_directory("/d")
        self.failureResultOf(self.copy("/d"), IsADirectory)
        self.failureResultOf(self.copy("/file", "/d"), IsADirectory)


class PermissionTests(TwoDisks):
    """The permissions of both ends."""

    def demands(self, permissions: Permissions, *rules: PathRule) -> None:
        """Use an account with these permissions."""
        self.tree = self.tree_of(replace(self.account(), permissions=permissions, rules=rules))

    def test_a_copy_reads(self) -> None:
        """The source."""
        self.demands(Permissions.ALL, PathRule(path="/file", deny=Permissions.READ))
        self.failureResultOf(self.copy(), PermissionDenied)

    def test_a_copy_is_an_upload(self) -> None:
        """To the target."""
        self.demands(Permissions.ALL, PathRule(path="/shared/**", deny=Permissions.CREATE))
        self.failureResultOf(self.copy(), PermissionDenied)

    def test_a_file_that_appears_meanwhile(self) -> None:
        """Is not replaced without the permission."""
        self.demands(Permissions.ALL & ~Permissions.OVERWRITE)
        self.system.step = lambda: self.folder.put("/new", b"theirs")
        self.failureResultOf(self.copy(), AlreadyExists)
        self.system.step = lambda: self.folder.put("/other", b"theirs")
        self.failureResultOf(self.move("/file", "/shared/other"), AlreadyExists)
        self.assertEqual(self.standing(), (["file"], ["new", "other"]))
        self.assertEqual((self.folder.content("/new"), self.folder.content("/other")), (b"theirs", b"theirs"))

    def test_a_move_needs_no_more_than_a_rename(self) -> None:
        """At either end."""
        self.demands(Permissions.RENAME)
        self.successResultOf(self.move())
        self.assertEqual(self.standing(), ([], ["new"]))

    def test_a_move_widens_no_permission(self) -> None:
        """As a rename."""
        self.demands(Permissions.ALL, PathRule(path="/file", deny=Permissions.READ))
        self.failureResultOf(self.move(), PermissionDenied)

    def test_hidden_and_refused_names(self) -> None:
        """Are missing, and cannot be made."""
        self.tree = self.tree_of(replace(self.account(), hide=("/file",)))
        self.failureResultOf(self.copy(), NotFound)
        self.failureResultOf(self.move(), NotFound)


class MemoryTests(TwoDisks):
    """Storages without descriptors."""

    def setUp(self) -> None:
        super().setUp()
        self.patch(copied_bytes, "COPY_STEP_BYTES", 10 * STEP)

    def files_of(self, live: LiveAccount) -> IStorage:
        self.memory = MemoryStorage()
        self.memory.put("/file", CONTENT)
        return self.memory

    def test_from_memory_to_a_disk(self) -> None:
        """By reads and writes."""
        self.successResultOf(self.move())
        self.assertEqual((self.memory.names("/"), self.folder.content("/new")), ([], CONTENT))

    def test_from_a_disk_to_memory(self) -> None:
        """Mode and time stay."""
        self.folder.put("/f", CONTENT)
        os.chmod(self.folder.host("/f"), 0o600)
        os.utime(self.folder.host("/f"), ns=(0, MODIFIED_NS))
        self.successResultOf(self.move("/shared/f", "/new"))
        entry = self.successResultOf(self.tree.stat(VirtualPath("/new")))
        self.assertEqual((entry.mode & 0o777, entry.modified_ns), (0o600, MODIFIED_NS))
        self.assertEqual((self.memory.content("/new"), self.folder.names("/")), (CONTENT, []))

    def test_a_file_that_changes(self) -> None:
        """Its facts tell, where its storage tells no version."""
        self.patch(copied_bytes, "COPY_STEP_BYTES", STEP)
        moving = Deferred.fromCoroutine(self.move())
        self.memory.put("/file", CONTENT.swapcase() + b"more")
        self.clock.advance(0)
        self.failureResultOf(moving, TemporarilyUnavailable)
        self.assertEqual((self.memory.names("/"), self.folder.names("/")), (["file"], []))

    def test_others_have_their_turn(self) -> None:
        """Between steps, although nothing waits for a disk; so it can be cancelled, too."""
        self.patch(copied_bytes, "COPY_STEP_BYTES", STEP)
        copying_on = Deferred.fromCoroutine(self.copy("/file", "/copy"))
        self.assertNoResult(copying_on)
        copying_on.cancel()
        self.failureResultOf(copying_on, CancelledError)
        self.assertEqual(self.memory.names("/"), ["file"])
