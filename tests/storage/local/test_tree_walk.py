"""The removal of a local tree: at any depth, in short steps, and never out of the tree."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from ftpd_service.errors import (
    NotEmpty,
    PermissionDenied,
    RemovedInPart,
    StorageFailed,
    TemporarilyUnavailable,
    TooManyEntries,
)
from ftpd_service.storage.local import tree_walk
from ftpd_service.testing.contract_ground import refused
from ftpd_service.testing.contract_trees import EVERYTHING, finished, removed, without
from ftpd_service.tree_interfaces import Marking
from ftpd_service.values import Page, Permissions, TreeCounts, VirtualPath
from tests.cases import TestCase
from tests.storage.local.disk import Disk

D = VirtualPath("/d")


def meanwhile(path: str, change: Callable[[], object]) -> Marking:
    """Permit everything, and make a change once the entries of a directory are known."""
    done: list[Page] = []

    def marking(above: VirtualPath) -> Callable[[Page], Page]:
        def mark(page: Page) -> Page:
            if above == path and not done:
                done.append(page)
                change()
            return page

        return mark

    return marking


class WalkCase(TestCase):
    """A tree on the disk."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.storage = self.disk.storage()

    def host(self, path: str) -> bytes:
        """The path on the disk."""
        return self.disk.host(path)


class TestDepth(WalkCase):
    """Deep and wide trees."""

    async def test_a_tree_that_is_deeper_than_any_path(self) -> None:
        """Depth costs neither descriptors nor frames of Python."""
        below = os.open(self.disk.root, os.O_RDONLY)
        for _ in range(3000):
            os.mkdir("dd", dir_fd=below)
            below, above = os.open("dd", os.O_RDONLY, dir_fd=below), below
            os.close(above)
        os.close(below)
        before, most = len(os.listdir("/proc/self/fd")), 0

        def marking(path: VirtualPath) -> Callable[[Page], Page]:
            nonlocal most
            if len(path) % 300 == 0:
                most = max(most, len(os.listdir("/proc/self/fd")))
            return tuple

        self.assertEqual(await removed(self.storage, "/dd", marking), TreeCounts(directories=3000))
        self.assertEqual(self.disk.names("/"), [])
        self.assertEqual(most - before, 2)

    async def test_a_tree_that_is_too_deep(self) -> None:
        """It stays, and is not entered any deeper."""
        self.patch(tree_walk, "DEEPEST_WALK", 1)
        self.disk.put("/d/1/a")
        self.disk.put("/d/2/3/a")
        with refused(RemovedInPart):
            await removed(self.storage, "/d")
        self.assertEqual((self.disk.names("/d"), self.disk.names("/d/2/3")), (["2"], ["a"]))

    async def test_more_directories_than_fit_in_memory(self) -> None:
        """They are read in several passes."""
        self.patch(tree_walk, "MOST_WALK_NAMES", 3)
        for name in range(10):
            self.disk.put(f"/d/{name}/{name}/{name}/a")
        self.assertEqual(await removed(self.storage, "/d"), TreeCounts(files=10, directories=31))

    async def test_more_directories_stay_than_fit_in_memory(self) -> None:
        """The walk ends, and everything that was not reached stays."""
        self.patch(tree_walk, "MOST_WALK_NAMES", 3)
        for name in range(200):
            self.disk.put(f"/d/{name}/a/b")

        def marking(path: VirtualPath) -> Callable[[Page], Page]:
            lacking = Permissions.REMOVE_DIRECTORY if path.count("/") == 2 else Permissions.NONE
            return without(lacking, path)(path)

        with refused(TooManyEntries):
            await removed(self.storage, "/d", marking)
        self.assertEqual(len(self.disk.names("/d")), 200)

    async def test_a_step_is_bounded(self) -> None:
        """By a number of entries at least."""
        self.disk.put_many("/d/", 1200)
        self.patch(tree_walk, "WALK_STEP_SECONDS", 60.0)
        removal = await self.storage.open_removal(D, EVERYTHING)
        await removal.step()
        self.assertEqual(removal.counts(), TreeCounts(files=tree_walk.WALK_STEP_ENTRIES))
        await removal.close()
        self.assertEqual(self.disk.open_in(), [])

    async def test_a_step_ends_in_time(self) -> None:
        """With the entry at hand."""
        self.disk.put_many("/d/", 10)
        self.patch(tree_walk, "WALK_STEP_SECONDS", 0.0)
        removal = await self.storage.open_removal(D, EVERYTHING)
        await removal.step()
        self.assertEqual(removal.counts(), TreeCounts(files=1))
        self.assertEqual(await finished(removal), TreeCounts(files=10, directories=1))


class TestRaces(WalkCase):
    """Other programs change the tree meanwhile."""

    async def test_a_directory_that_becomes_a_link(self) -> None:
        """The link is removed, and nothing behind it."""
        self.disk.put("/d/e/a")
        self.disk.put("/kept/a")

        def change() -> None:
            os.rename(self.host("/d/e"), self.host("/moved"))
            self.disk.put_link("/d/e", "../kept")

        await removed(self.storage, "/d", meanwhile("/d", change))
        self.assertEqual(
            [self.disk.names(path) for path in ("/", "/kept", "/moved")], [["kept", "moved"], ["a"], ["a"]]
        )

    async def test_a_directory_above_that_becomes_a_link(self) -> None:
        """The walk does not go back to where it has not come from."""
        self.disk.put("/d/e/f/a")
        self.disk.put("/kept/a")

        def change() -> None:
            os.rename(self.host("/d/e/f"), self.host("/kept/f"))

        with refused(TemporarilyUnavailable):
            await removed(self.storage, "/d", meanwhile("/d/e/f", change))
        self.assertEqual((self.disk.names("/kept"), self.disk.names("/d/e")), (["a", "f"], []))
        self.assertEqual(self.disk.open_in(), [])

    async def test_the_start_that_becomes_a_link(self) -> None:
        """Its entries go, and the link stays."""
        self.disk.put("/d/a")
        self.disk.put("/kept/a")

        def change() -> None:
            os.rename(self.host("/d"), self.host("/moved"))
            self.disk.put_link("/d", "kept")

        with refused(RemovedInPart):
            await removed(self.storage, "/d", meanwhile("/d", change))
        self.assertEqual((self.disk.names("/kept"), self.disk.names("/moved")), (["a"], []))

    async def test_the_start_that_is_replaced(self) -> None:
        """The other directory stays, although it is empty."""
        self.disk.put("/d/a")

        def change() -> None:
            os.rename(self.host("/d"), self.host("/moved"))
            self.disk.put_directory("/d")

        with refused(RemovedInPart):
            await removed(self.storage, "/d", meanwhile("/d", change))
        self.assertEqual(self.disk.names("/"), ["d", "moved"])

    async def test_a_directory_that_becomes_a_file(self) -> None:
        """It is removed as a file."""
        self.disk.put("/d/e/a")

        def change() -> None:
            os.rename(self.host("/d/e"), self.host("/moved"))
            self.disk.put("/d/e")

        self.assertEqual(await removed(self.storage, "/d", meanwhile("/d", change)), TreeCounts(files=1, directories=1))

    async def test_a_file_that_becomes_a_directory(self) -> None:
        """It stays, with the reason of the system, until the next attempt."""
        self.disk.put("/d/a")
        self.disk.put("/d/b")

        def change() -> None:
            os.unlink(self.host("/d/a"))
            self.disk.put_directory("/d/a")

        with refused(RemovedInPart):
            await removed(self.storage, "/d", meanwhile("/d", change))
        self.assertEqual(await removed(self.storage, "/d"), TreeCounts(directories=1))

    async def test_an_entry_that_vanishes(self) -> None:
        """It is gone, as was asked for."""
        self.disk.put("/d/a")
        self.disk.put("/d/e/b")

        def change() -> None:
            os.unlink(self.host("/d/a"))
            os.rename(self.host("/d/e"), self.host("/moved"))

        self.assertEqual(await removed(self.storage, "/d", meanwhile("/d", change)), TreeCounts(directories=1))

    async def test_an_entry_that_appears(self) -> None:
        """It is removed too, because the directory is read until it is empty."""
        self.disk.put("/d/a")
        marking = meanwhile("/d", lambda: self.disk.put("/d/e/new"))
        self.assertEqual(await removed(self.storage, "/d", marking), TreeCounts(files=2, directories=2))


class TestKinds(WalkCase):
    """Entries that no client sees."""

    async def test_a_special_file_is_removed(self) -> None:
        """As DELE removes it."""
        self.disk.put("/d/a")
        self.disk.put_special("/d/fifo")
        self.assertEqual(await removed(self.storage, "/d"), TreeCounts(files=2, directories=1))

    async def test_a_name_with_a_line_end_is_removed(self) -> None:
        """And a name that is not UTF-8."""
        self.disk.put("/d/a\r\nb")
        self.disk.put("/d/\udcff")
        self.assertEqual(await removed(self.storage, "/d"), TreeCounts(files=2, directories=1))

    async def test_a_name_with_the_hidden_prefix_stays(self) -> None:
        """Only a name that this server has made is a leftover."""
        self.disk.put("/d/.ftpd-mine")
        self.disk.put("/d/a")
        with refused(RemovedInPart):
            await removed(self.storage, "/d")
        self.assertEqual(self.disk.names("/d"), [".ftpd-mine"])

    async def test_an_entry_that_may_not_be_listed_stays(self) -> None:
        """With the directory above it."""
        self.disk.put("/d/a")

        def marking(path: VirtualPath) -> Callable[[Page], Page]:
            return lambda page: ()

        with refused(NotEmpty):
            await removed(self.storage, "/d", marking)
        self.assertEqual(self.disk.names("/d"), ["a"])

    async def test_a_directory_that_may_not_be_listed_stays(self) -> None:
        """And the others go."""
        self.disk.put("/d/e/a")
        self.disk.put("/d/f/b")

        def marking(path: VirtualPath) -> Callable[[Page], Page]:
            if path == "/d/e":
                raise PermissionDenied("not permitted", rule="mine")
            return tuple

        with self.assertRaises(RemovedInPart) as caught:
            await removed(self.storage, "/d", marking)
        self.assertEqual((self.disk.names("/d"), caught.exception.rule), (["e"], "mine"))

    async def test_a_mounted_file_system_stays(self) -> None:
        """It is not entered, because its directory cannot be removed."""
        self.disk.put("/d/e/a")
        self.disk.put("/d/f/b")
        mounted = os.stat(self.host("/d/e")).st_ino
        self.patch(tree_walk, "device_and_mount", lambda fd: (0, 0, os.fstat(fd).st_ino == mounted))
        with refused(RemovedInPart):
            await removed(self.storage, "/d")
        self.assertEqual((self.disk.names("/d"), self.disk.names("/d/e")), (["e"], ["a"]))

    async def test_a_failing_disk_ends_the_walk(self) -> None:
        """The error is that of the storage, and no other entry is tried."""
        self.disk.put("/d/a")
        self.disk.put("/d/b")
        tried: list[object] = []

        def fail(name: object, *, dir_fd: int) -> None:
            tried.append(name)
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        self.patch(os, "unlink", fail)
        with refused(StorageFailed):
            await removed(self.storage, "/d")
        self.assertEqual((len(tried), self.disk.open_in()), (1, []))
