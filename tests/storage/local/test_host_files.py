"""The places on the host that events and their proofs name."""

from __future__ import annotations

import os

from ftpd_service.errors import NotFound, Unsupported
from ftpd_service.hook_interfaces import HostFile, IHostPaths, IOnHost
from ftpd_service.storage.local import host_files
from ftpd_service.storage.local.storage import LocalStorage
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.storage.local.disk import Disk

A = VirtualPath("/a")


class HostFileTests(SynchronousTestCase):
    """The paths and files of a directory of the host."""

    def setUp(self) -> None:
        self.disk = Disk(os.path.realpath(self.mktemp()))
        self.addCleanup(self.disk.remove)
        self.storage: LocalStorage = self.disk.storage()

    def file(self, path: str) -> HostFile | None:
        """The object at a path."""
        found: HostFile | None = self.successResultOf(self.storage.host_file(VirtualPath(path)))
        return found

    def facts(self, name: str) -> HostFile:
        """The object as the host shows it."""
        path = os.path.join(self.disk.root, name).rstrip("/")
        found = os.lstat(path)
        return HostFile(path, found.st_dev, found.st_ino)

    def uploaded(self, mode: WriteMode = WriteMode.REPLACE, path: VirtualPath = A) -> HostFile:
        """What an upload says before its commit; then it is committed."""
        handle = self.successResultOf(self.storage.open_write(path, mode, 0))
        self.successResultOf(handle.write(b"new"))
        upload = self.successResultOf(IOnHost(handle).settle_on_host())
        self.assertEqual(upload.settled.size, os.stat(self.disk.host("/b")).st_size)
        self.successResultOf(handle.commit())
        file: HostFile = upload.file
        return file

    def test_a_file(self) -> None:
        """Path, device and inode."""
        self.disk.put("/a", b"x")
        self.assertEqual(self.file("/a"), self.facts("a"))

    def test_the_root(self) -> None:
        """It has no name of its own."""
        self.assertEqual(self.file("/"), self.facts(""))

    def test_a_name_that_is_missing(self) -> None:
        """There is no such object, and neither is there with a missing directory or a hidden name."""
        self.assertEqual([self.file(path) for path in ("/a", "/a/b", "/.ftpd-x")], [None, None, None])

    def test_a_link(self) -> None:
        """The link itself, because a removal removes the link."""
        os.symlink("nowhere", self.disk.host("/a"))
        self.assertEqual(self.file("/a"), self.facts("a"))

    def test_a_linked_directory(self) -> None:
        """The path is that of the directory itself, so that each file has a single path."""
        self.disk.put_directory("/real")
        self.disk.put("/real/f", b"")
        os.symlink("real", self.disk.host("/a"))
        self.assertEqual(self.file("/a/f"), self.facts("real/f"))

    def test_the_path_of_a_free_name(self) -> None:
        """For files and directories that will be made; the directory above has to be there."""
        place = self.successResultOf(self.storage.host_place(A))
        self.assertEqual(place, HostFile(os.path.join(self.disk.root, "a"), 0, 0))
        self.failureResultOf(self.storage.host_place(VirtualPath("/no/a")), NotFound)

    def test_a_hidden_upload(self) -> None:
        """Its file has the place after the commit."""
        self.disk.put("/b", b"new")
        self.assertEqual(self.uploaded(), self.facts("a"))

    def test_an_upload_that_replaces_a_file(self) -> None:
        """The new file, not the former file."""
        self.disk.put("/a", b"old")
        self.disk.put("/b", b"new")
        former = self.facts("a")
        file = self.uploaded()
        self.assertEqual((file, file == former), (self.facts("a"), False))

    def test_an_append(self) -> None:
        """The file that was there, with its whole size."""
        self.disk.put("/a", b"old")
        self.disk.put("/b", b"oldnew")
        self.assertEqual(self.uploaded(WriteMode.APPEND), self.facts("a"))

    def test_an_upload_through_a_link(self) -> None:
        """The file to which the link leads."""
        self.disk.put("/b", b"new")
        os.symlink("target", self.disk.host("/a"))
        self.assertEqual(self.uploaded(), self.facts("target"))

    def test_an_upload_that_can_be_resumed(self) -> None:
        """Its hidden file gets the final name."""
        self.disk.put("/b", b"new")
        policy = UploadPolicy(mode=UploadMode.RESUMABLE)
        self.storage = self.disk.storage(StorageSettings(uploads=policy, resumed_by="alice"))
        self.assertEqual(self.uploaded(), self.facts("a"))

    def test_a_directory_that_was_renamed_meanwhile(self) -> None:
        """The path is the one that the commit will make."""
        self.disk.put_directory("/d")
        handle = self.successResultOf(self.storage.open_write(VirtualPath("/d/f"), WriteMode.REPLACE, 0))
        os.rename(self.disk.host("/d"), self.disk.host("/e"))
        upload = self.successResultOf(IOnHost(handle).settle_on_host())
        self.successResultOf(handle.commit())
        self.assertEqual(upload.file, self.facts("e/f"))

    def test_durable_uploads(self) -> None:
        """Their events have to be on the disk, too."""
        self.storage = self.disk.storage(StorageSettings(uploads=UploadPolicy(durable=True)))
        self.disk.put("/b", b"new")
        upload, found = self.uploaded(), self.file("/a")
        assert found is not None
        self.assertEqual((upload.durable, found.durable), (True, True))

    def test_without_proc(self) -> None:
        """Nobody knows the path then."""
        self.patch(host_files, "have_names", lambda: False)
        self.failureResultOf(self.storage.host_place(A), Unsupported)

    def test_the_interface(self) -> None:
        """The storage provides it."""
        self.assertTrue(IHostPaths.providedBy(self.storage))
