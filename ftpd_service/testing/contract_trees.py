"""The storage contract, part six: directories that are removed with everything below them, if a storage can do that."""

from __future__ import annotations

from collections.abc import Callable

from ftpd_service.errors import NotADirectory, NotFound, PermissionDenied, RemovedInPart, TemporarilyUnavailable
from ftpd_service.interfaces import IStorage
from ftpd_service.testing.contract_ground import HIDDEN, StorageGround, refused
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import ROOT, Page, Permissions, RemovedFile, TreeCounts, WriteMode
from ftpd_service.values import VirtualPath as Path


def without(lacking: Permissions, below: str) -> Marking:
    """Return permissions that lack some for the entries of a directory."""

    def marking(path: Path) -> Callable[[Page], Page]:
        allowed = Permissions.ALL & ~lacking if path == below else Permissions.ALL
        return lambda page: tuple(entry._replace(allowed=allowed) for entry in page)

    return marking


EVERYTHING = without(Permissions.NONE, "")


async def removed(storage: IStorage, path: str, marking: Marking = EVERYTHING) -> TreeCounts:
    """Remove a tree; return what was removed."""
    removal = await IRemoveTree(storage).open_removal(Path(path), marking)
    return await finished(removal)


async def finished(removal: ITreeRemoval) -> TreeCounts:
    """Do all steps of a removal, and close it."""
    try:
        while not await removal.step():
            """The next step follows."""
        return removal.counts()
    finally:
        await removal.close()


class TreesContract(StorageGround):
    """The removal of trees, for storages that provide `IRemoveTree`."""

    def removing(self) -> IStorage | None:
        """Return the storage, or None if it removes no trees."""
        storage = self.storage()
        return storage if IRemoveTree.providedBy(storage) else None

    async def test_a_tree_is_removed(self) -> None:
        """Files, directories, and links that lead to each of them."""
        self.put("/d/a", b"abc")
        self.put("/d/e/f/b")
        self.put_directory("/d/e/g")
        self.put("/kept/a")
        for number, text in enumerate(("a", "../kept", "nothing")):
            self.put_link(f"/d/e/l{number}", text)
        storage = self.removing()
        if storage is not None:
            assert await removed(storage, "/d") == TreeCounts(files=5, directories=4)
            assert (self.names("/"), self.names("/kept")) == (["kept"], ["a"])

    async def test_an_empty_directory_is_removed_as_a_tree(self) -> None:
        """An empty directory is a tree."""
        self.put_directory("/d")
        storage = self.removing()
        if storage is not None:
            assert await removed(storage, "/d") == TreeCounts(directories=1)

    async def test_a_tree_of_many_entries(self) -> None:
        """A large directory takes several steps."""
        self.put_many("/d/e/", 1300)
        storage = self.removing()
        if storage is not None:
            removal = await IRemoveTree(storage).open_removal(Path("/d"), EVERYTHING)
            assert not await removal.step()
            assert await finished(removal) == TreeCounts(files=1300, directories=2)
            assert self.names("/") == []

    async def test_a_removal_tells_the_files_of_a_step(self) -> None:
        """The path, the identity and the size of each file, and no link."""
        self.put("/d/a", b"abc")
        self.put_link("/d/l", "a")
        storage = self.removing()
        if storage is not None:
            unique = (await storage.stat(Path("/d/a"))).unique
            removal = await IRemoveTree(storage).open_removal(Path("/d"), EVERYTHING)
            await removal.step()
            assert removal.removed() == (RemovedFile(Path("/d/a"), unique, 3),)
            await removal.close()

    async def test_nothing_is_removed_before_the_first_step(self) -> None:
        """A removal that is closed at once changes nothing."""
        self.put("/d/a")
        storage = self.removing()
        if storage is not None:
            removal = await IRemoveTree(storage).open_removal(Path("/d"), EVERYTHING)
            await removal.close()
            await removal.close()
            assert self.names("/d") == ["a"]

    async def test_a_file_that_may_not_be_removed(self) -> None:
        """A file without DELETE stays with the directories above it, and everything else goes."""
        self.put("/d/e/a")
        self.put("/d/f/b")
        storage = self.removing()
        if storage is not None:
            with refused(RemovedInPart):
                await removed(storage, "/d", without(Permissions.DELETE, "/d/e"))
            assert (self.names("/d"), self.names("/d/e")) == (["e"], ["a"])

    async def test_a_directory_that_may_not_be_removed(self) -> None:
        """A directory without REMOVE_DIRECTORY stays with everything below it."""
        self.put("/d/e/a")
        self.put("/d/b")
        storage = self.removing()
        if storage is not None:
            with refused(RemovedInPart):
                await removed(storage, "/d", without(Permissions.REMOVE_DIRECTORY, "/d"))
            assert (self.names("/d"), self.names("/d/e")) == (["e"], ["a"])

    async def test_a_tree_of_which_nothing_may_be_removed(self) -> None:
        """The refusal is the reason itself, because nothing has changed."""
        self.put("/d/a")
        storage = self.removing()
        if storage is not None:
            with refused(PermissionDenied):
                await removed(storage, "/d", without(Permissions.DELETE, "/d"))
            assert self.names("/d") == ["a"]

    async def test_a_tree_in_which_an_upload_runs(self) -> None:
        """The directory of a running upload stays, and the client may try again later."""
        self.put("/d/e/a")
        self.put("/d/f/b")
        storage = self.removing()
        if storage is not None:
            handle = await storage.open_write(Path("/d/e/c"), WriteMode.REPLACE, 0)
            with refused(TemporarilyUnavailable):
                await removed(storage, "/d")
            assert "a" in self.names("/d/e")
            await handle.abort()
            await removed(storage, "/d")
            assert self.names("/") == []

    async def test_a_tree_that_holds_leftovers(self) -> None:
        """Temporary names without a running upload do not keep their directory."""
        self.put(f"/d/e/{HIDDEN}0123456789abcdef", b"abc")
        storage = self.removing()
        if storage is not None:
            await removed(storage, "/d")
            assert self.names("/") == []

    async def test_a_link_to_a_tree(self) -> None:
        """A link is not a directory for a removal."""
        self.put("/d/a")
        self.put_link("/l", "d")
        storage = self.removing()
        if storage is not None:
            with refused(NotADirectory):
                await removed(storage, "/l")
            assert self.names("/d") == ["a"]

    async def test_a_file_as_a_tree(self) -> None:
        """The removal of a file as a tree raises NotADirectory."""
        self.put("/a")
        storage = self.removing()
        if storage is not None:
            with refused(NotADirectory):
                await removed(storage, "/a")

    async def test_the_tree_of_the_root(self) -> None:
        """The root cannot be removed."""
        self.put("/a")
        storage = self.removing()
        if storage is not None:
            with refused(PermissionDenied):
                await removed(storage, ROOT)
            assert self.names("/") == ["a"]

    async def test_a_missing_tree(self) -> None:
        """The removal of a missing name raises NotFound."""
        storage = self.removing()
        if storage is not None:
            with refused(NotFound):
                await removed(storage, "/d")
