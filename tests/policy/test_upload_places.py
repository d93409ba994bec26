"""Tests of the policy of uploads by place: folder over account over the general section."""

from __future__ import annotations

from ftpd_service.account import Account
from ftpd_service.path_rules import Folder
from ftpd_service.policy.upload_places import uploads_at
from ftpd_service.upload_policy import GivenUploads, UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath
from tests.cases import SynchronousTestCase

GENERAL = UploadPolicy()
IN_PLACE: GivenUploads = (("mode", UploadMode.IN_PLACE),)
ATOMIC: GivenUploads = (("mode", UploadMode.ATOMIC),)


def folder(place: str, uploads: GivenUploads = ()) -> Folder:
    """A folder at a place."""
    return Folder(path=VirtualPath(place), host="/srv", uploads=uploads)


def mode_at(path: str, *folders: Folder, uploads: GivenUploads = ()) -> UploadMode:
    """The mode of an upload to a path."""
    account = Account(name="alice", folders=folders, uploads=uploads)
    return uploads_at(GENERAL, account, VirtualPath(path)).mode


class UploadPlaceTests(SynchronousTestCase):
    """`uploads_at`."""

    def test_general_section(self) -> None:
        """It decides for an account without a section."""
        self.assertIs(uploads_at(GENERAL, Account(name="alice"), VirtualPath("/a")), GENERAL)

    def test_account_goes_before_the_general_section(self) -> None:
        """Everywhere in its home."""
        self.assertIs(mode_at("/a/b", uploads=IN_PLACE), UploadMode.IN_PLACE)

    def test_folder_goes_before_the_account(self) -> None:
        """For paths in the folder alone."""
        folders = (folder("/in", IN_PLACE), folder("/in-too"))
        modes = [mode_at(path, *folders, uploads=ATOMIC) for path in ("/in/a", "/in/b/c", "/a", "/in-too/a")]
        self.assertEqual(modes, [UploadMode.IN_PLACE, UploadMode.IN_PLACE, UploadMode.ATOMIC, UploadMode.ATOMIC])

    def test_innermost_folder_decides(self) -> None:
        """A folder in a folder is a directory of its own, and takes nothing from the folder around it."""
        folders = (folder("/in", IN_PLACE), folder("/in/deep"), folder("/in/own", ATOMIC))
        modes = [mode_at(path, *folders) for path in ("/in/a", "/in/deep/a", "/in/own/a")]
        self.assertEqual(modes, [UploadMode.IN_PLACE, UploadMode.ATOMIC, UploadMode.ATOMIC])
