"""Folders of the host in the tree of an account: shown, used, and never taken away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import (
    AcrossFolders,
    AlreadyExists,
    FtpdError,
    IsADirectory,
    NotFound,
    PermissionDenied,
    TemporarilyUnavailable,
)
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IMapNames, IMapPages, IReadHandle, IStorage
from ftpd_service.path_rules import Folder
from ftpd_service.storage.folders import FolderTree
from ftpd_service.storage.live_folders import FOLDER_REST_SECONDS, FOLDER_SECONDS, LiveFolders
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.testing.contract_ground import listed, read, write
from ftpd_service.testing.contract_ground import stat as stat_of
from ftpd_service.values import ROOT, Entry, EntryKind, Page, VirtualPath
from tests.cases import SynchronousTestCase
from tests.storage.mapping import Mapping

T = TypeVar("T")

SHARED, DEEP = VirtualPath("/shared"), VirtualPath("/a/b/deep")


def folder(place: str, host: str = "") -> Folder:
    """A folder; its host path stands for one in memory."""
    return Folder(path=VirtualPath(place), host=host or f"/srv{place}")


def account(*folders: Folder) -> Account:
    """An account with some folders."""
    return Account(name="alice", folders=folders)


class FolderCase(SynchronousTestCase):
    """A home, a folder at its root, and one below directories that the home lacks."""

    def setUp(self) -> None:
        self.home = Mapping()
        self.home.put("/own", b"own")
        self.home.put("/z/own", b"own")
        self.folders: dict[str, Mapping] = {place: Mapping() for place in (SHARED, DEEP)}
        self.folders[SHARED].put("/x", b"shared")
        self.folders[SHARED].put("/d/y", b"shared")
        self.folders[DEEP].put("/x", b"deep")
        self.clock = Clock()
        self.live = LiveAccount(account(folder(SHARED), folder(DEEP)))
        self.tree = FolderTree(self.home, LiveFolders(self.live, self.storage_of, clock=self.clock))

    def storage_of(self, one: Folder) -> IStorage:
        """The storage of a folder."""
        return self.folders[one.path]

    def names(self, path: str) -> list[str]:
        """The names of a listing, which are those of NLST and of pages read on threads."""
        found = [entry.name for entry in self.successResultOf(listed(self.tree, path))]

        async def mapped() -> list[str]:
            pages = IMapNames(self.tree).mapped_names(VirtualPath(path), tuple)
            return [name async for page in pages for name in page]

        self.assertEqual(self.successResultOf(mapped()), found)
        return found

    def fails(self, coroutine: Coroutine[Any, Any, object], kind: type[FtpdError]) -> FtpdError:  # Any: as it has
        """Demand an error."""
        problem: FtpdError = self.failureResultOf(coroutine, kind).value
        return problem


class ListingTests(FolderCase):
    """Places of folders are shown."""

    def test_a_folder_is_in_the_listing_above_it(self) -> None:
        """In the order of names, and so is a directory above a folder that the home lacks."""
        self.assertEqual(self.names("/"), ["a", "own", "shared", "z"])

    def test_a_directory_that_only_leads_to_a_folder(self) -> None:
        """The home does not have it."""
        self.assertEqual((self.names("/a"), self.names("/a/b")), (["b"], ["deep"]))

    def test_the_names_in_a_folder(self) -> None:
        """Those of its directory."""
        self.assertEqual((self.names("/shared"), self.names("/shared/d")), (["d", "x"], ["y"]))

    def test_a_folder_hides_what_the_home_has_at_its_place(self) -> None:
        """A file or a directory."""
        self.home.put("/shared/mine", b"")
        self.assertEqual(self.names("/shared"), ["d", "x"])
        kinds = {entry.name: entry.kind for entry in self.successResultOf(listed(self.tree, "/"))}
        self.assertEqual((self.names("/"), kinds["shared"]), (["a", "own", "shared", "z"], EntryKind.DIRECTORY))

    def test_a_directory_above_a_folder_that_the_home_has(self) -> None:
        """Its own names are shown too."""
        self.home.put("/a/mine", b"")
        self.assertEqual((self.names("/"), self.names("/a")), (["a", "own", "shared", "z"], ["b", "mine"]))

    def test_a_file_of_the_home_above_a_folder(self) -> None:
        """The folder counts."""
        self.home.put("/a", b"")
        self.assertEqual((self.names("/"), self.names("/a")), (["a", "own", "shared", "z"], ["b"]))
        self.assertIs(self.successResultOf(stat_of(self.tree, "/a")).kind, EntryKind.DIRECTORY)

    def test_an_empty_home(self) -> None:
        """Shows its folders all the same."""
        self.successResultOf(self.home.remove_file(VirtualPath("/own")))
        self.successResultOf(self.home.remove_file(VirtualPath("/z/own")))
        self.successResultOf(self.home.remove_directory(VirtualPath("/z")))
        self.assertEqual(self.names("/"), ["a", "shared"])

    def test_many_names(self) -> None:
        """Each page is in order, and each folder is shown once."""
        numbers = [f"{number:05}" for number in range(2500)]
        for number in numbers:
            self.home.put(f"/{number}")
        self.assertEqual(self.names("/"), [*numbers, "a", "own", "shared", "z"])

    def test_a_listing_elsewhere_is_that_of_the_home(self) -> None:
        """Its own threads make the pages."""
        pages = IMapPages(self.tree).mapped(VirtualPath("/z"), len)
        self.assertIs(type(pages), type(self.home.mapped(ROOT, len)))
        self.assertEqual(self.names("/z"), ["own"])

    def test_a_folder_in_a_folder(self) -> None:
        """Both are shown where they are."""
        inner = VirtualPath("/shared/inner")
        self.folders[inner] = Mapping()
        self.live.account = account(folder(SHARED), folder(inner))
        self.assertEqual((self.names("/shared"), self.names("/shared/inner")), (["d", "inner", "x"], []))

    def test_a_storage_without_threads(self) -> None:
        """It has pages only."""
        home = MemoryStorage()
        home.put("/own")
        tree = FolderTree(home, LiveFolders(self.live, self.storage_of, clock=self.clock))
        self.assertFalse(IMapPages.providedBy(tree))
        self.assertEqual([one.name for one in self.successResultOf(listed(tree, "/"))], ["a", "own", "shared"])


class UseTests(FolderCase):
    """Files in a folder are those of its directory."""

    def test_reading(self) -> None:
        """RETR, and the entry of a file."""
        self.assertEqual(self.successResultOf(read(self.tree, "/shared/x")), b"shared")
        self.assertEqual(self.successResultOf(read(self.tree, "/a/b/deep/x")), b"deep")
        self.assertEqual(self.successResultOf(stat_of(self.tree, "/shared/x")).name, "x")

    def test_the_entry_of_a_folder(self) -> None:
        """Has the name of its place."""
        entry = self.successResultOf(stat_of(self.tree, "/shared"))
        self.assertEqual((entry.name, entry.kind), ("shared", EntryKind.DIRECTORY))

    def test_writing(self) -> None:
        """STOR, MKD, DELE, RMD and RNTO."""
        self.successResultOf(write(self.tree, "/shared/new", b"abc"))
        self.successResultOf(self.tree.make_directory(VirtualPath("/shared/e")))
        self.successResultOf(self.tree.rename(VirtualPath("/shared/new"), VirtualPath("/shared/e/new")))
        self.assertEqual(self.folders[SHARED].content("/e/new"), b"abc")
        self.successResultOf(self.tree.remove_file(VirtualPath("/shared/e/new")))
        self.successResultOf(self.tree.remove_directory(VirtualPath("/shared/e")))
        self.assertEqual(self.names("/shared"), ["d", "x"])

    def test_times_modes_and_free_space(self) -> None:
        """Those of the folder's file system."""
        path = VirtualPath("/shared/x")
        self.successResultOf(self.tree.set_modified(path, 7))
        self.successResultOf(IChangeMode(self.tree).change_mode(path, 0o600))
        entry = self.successResultOf(self.folders[SHARED].stat(VirtualPath("/x")))
        self.assertEqual((entry.modified_ns, entry.mode), (7, 0o600))
        self.folders[SHARED].capacity_bytes = 100
        free = [self.successResultOf(IFreeSpace(self.tree).free_bytes(one)) for one in (SHARED, VirtualPath("/a"))]
        self.assertEqual(free[0] < 100 < free[1], True)

    def test_the_umask_of_the_session(self) -> None:
        """SITE UMASK counts in the home and in folders, also in folders that come later."""
        IChangeMode(self.tree).set_umask(0o007)
        later = VirtualPath("/later")
        self.folders[later] = Mapping()
        self.live.account = account(folder(SHARED), folder(later))
        self.names("/")
        masks = [one.umask() for one in (self.home, self.folders[SHARED], self.folders[later])]
        self.assertEqual((IChangeMode(self.tree).umask(), masks), (0o007, [0o007] * 3))

    def test_a_link_of_the_home_leads_into_no_folder(self) -> None:
        """The storage that holds a link follows it."""
        self.home.put_link("/l", "/shared/x")
        self.fails(read(self.tree, "/l"), NotFound)


class FixedTests(FolderCase):
    """No client takes a place away."""

    def test_removing(self) -> None:
        """Neither the place nor a directory above it, which the home may have."""
        self.home.put_directory("/a/b")
        problems = [
            self.fails(self.tree.remove_directory(VirtualPath(path)), PermissionDenied)
            for path in ("/shared", "/a/b", "/a")
        ]
        self.assertEqual([getattr(one, "rule", None) for one in problems], ["folders"] * 3)
        self.fails(self.tree.remove_file(SHARED), IsADirectory)

    def test_renaming(self) -> None:
        """Likewise, and nothing is renamed to a place."""
        self.fails(self.tree.rename(SHARED, VirtualPath("/other")), PermissionDenied)
        self.fails(self.tree.rename(VirtualPath("/a"), VirtualPath("/other")), PermissionDenied)
        self.fails(self.tree.rename(VirtualPath("/own"), SHARED), AlreadyExists)
        self.fails(self.tree.rename(VirtualPath("/own"), VirtualPath("/a")), AlreadyExists)

    def test_renaming_across(self) -> None:
        """From the home to a folder, back, and between folders; the log learns from where to where."""
        own, shared, deep = VirtualPath("/own"), VirtualPath("/shared/x"), VirtualPath("/a/b/deep/y")
        said = [str(self.fails(self.tree.rename(*ends), AcrossFolders)) for ends in ((own, deep), (shared, deep))]
        self.assertEqual(said, ["from the home to /a/b/deep", "from /shared to /a/b/deep"])

    def test_making(self) -> None:
        """The place is taken; a file is not written there or read."""
        self.fails(self.tree.make_directory(SHARED), AlreadyExists)
        self.fails(self.tree.make_directory(VirtualPath("/a")), AlreadyExists)
        self.fails(write(self.tree, "/shared", b""), IsADirectory)
        self.fails(write(self.tree, "/a", b""), IsADirectory)
        self.fails(read(self.tree, "/a"), IsADirectory)

    def test_changing(self) -> None:
        """A mode could lock all others out of the folder."""
        self.fails(IChangeMode(self.tree).change_mode(SHARED, 0), PermissionDenied)
        self.fails(self.tree.set_modified(SHARED, 0), PermissionDenied)

    def test_a_directory_of_the_home_that_is_missing(self) -> None:
        """Nothing is made in a directory that is only shown."""
        self.fails(write(self.tree, "/a/new", b""), NotFound)


class LiveTests(FolderCase):
    """A change of the account counts in running sessions."""

    def test_a_folder_that_is_taken_away(self) -> None:
        """It is gone."""
        self.live.account = account(folder(DEEP))
        self.fails(read(self.tree, "/shared/x"), NotFound)
        self.assertEqual(self.names("/"), ["a", "own", "z"])

    def test_a_folder_that_leads_elsewhere(self) -> None:
        """Its new directory counts at once, and another folder keeps its storage."""
        made: list[str] = []

        def make(one: Folder) -> IStorage:
            made.append(one.host)
            return self.folders[one.path]

        tree = FolderTree(self.home, LiveFolders(self.live, make, clock=self.clock))
        self.successResultOf(stat_of(tree, "/shared"))
        self.live.account = account(folder(SHARED, "/other"), folder(DEEP))
        self.successResultOf(stat_of(tree, "/shared"))
        self.assertEqual(made, ["/srv/shared", "/srv/a/b/deep", "/other"])


class Gone(Mapping):
    """A directory that is missing on the host."""

    async def stat(self, path: VirtualPath) -> Entry:
        raise NotFound("missing")

    async def open_read(self, path: VirtualPath, offset: int) -> IReadHandle:
        raise NotFound("missing")

    async def mapped(self, path: VirtualPath, make: Callable[[Page], T]) -> AsyncIterator[T]:
        raise NotFound("missing")
        yield make(())


class Hanging(Mapping):
    """A directory on a disk that does not answer."""

    async def stat(self, path: VirtualPath) -> Entry:
        await Deferred()
        raise AssertionError("it never answers")


class UnavailableTests(FolderCase):
    """A folder whose directory cannot be used harms nothing else."""

    def gone(self) -> None:
        """Take the directory of a folder away."""
        self.folders[SHARED] = Gone()

    def test_the_rest_works(self) -> None:
        """Also the listing in which the folder is."""
        self.gone()
        self.assertEqual(self.names("/"), ["a", "own", "shared", "z"])
        self.assertEqual(self.successResultOf(read(self.tree, "/a/b/deep/x")), b"deep")

    def test_its_files_are_not_missing_but_unavailable(self) -> None:
        """A client must not take them for removed."""
        self.gone()
        said = [str(self.fails(one, TemporarilyUnavailable)) for one in self.uses()]
        self.assertEqual(set(said), {"/srv/shared, the directory of /shared, is missing"})

    def uses(self) -> list[Coroutine[Any, Any, object]]:  # Any: as it has
        """Some uses of the folder."""
        return [read(self.tree, "/shared/x"), stat_of(self.tree, "/shared"), listed(self.tree, "/shared")]

    def test_a_missing_file_in_a_folder_that_is_there(self) -> None:
        """Is missing."""
        self.fails(read(self.tree, "/shared/missing"), NotFound)

    def test_a_disk_that_hangs(self) -> None:
        """The listing above waits for a short time only."""
        self.folders[SHARED] = Hanging()
        listing = Deferred.fromCoroutine(listed(self.tree, "/"))
        self.assertNoResult(listing)
        self.clock.advance(FOLDER_SECONDS)
        self.assertEqual([one.name for one in self.successResultOf(listing)], ["a", "own", "shared", "z"])

    def test_a_disk_that_hangs_delays_no_further_listing(self) -> None:
        """The folder is asked again after a while."""
        self.folders[SHARED] = Hanging()
        listing = Deferred.fromCoroutine(listed(self.tree, "/"))
        self.clock.advance(FOLDER_SECONDS)
        self.successResultOf(listing)
        self.assertEqual(self.names("/"), ["a", "own", "shared", "z"])
        self.clock.advance(FOLDER_REST_SECONDS)
        later = Deferred.fromCoroutine(listed(self.tree, "/"))
        self.assertNoResult(later)
        self.clock.advance(FOLDER_SECONDS)
        self.successResultOf(later)
