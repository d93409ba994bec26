"""The storage contract, part two: directories, removing and renaming."""

from __future__ import annotations

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    NameNotAllowed,
    NotADirectory,
    NotEmpty,
    NotFound,
    PermissionDenied,
    TemporarilyUnavailable,
)
from ftpd_service.interfaces import IFreeSpace
from ftpd_service.testing.contract_ground import HIDDEN, StorageGround, link_text, refused, stat
from ftpd_service.values import ROOT, EntryKind, WriteMode
from ftpd_service.values import VirtualPath as Path


class ChangesContract(StorageGround):
    """The operations that change the tree, except uploads."""

    async def test_a_directory_is_made(self) -> None:
        """A new directory has all permission bits except those of the umask."""
        storage = self.storage()
        await storage.make_directory(Path("/d"))
        entry = await stat(storage, "/d")
        assert (entry.kind, entry.mode) == (EntryKind.DIRECTORY, 0o750)

    async def test_a_directory_that_is_there(self) -> None:
        """An existing directory cannot be made again."""
        self.put_directory("/d")
        with refused(AlreadyExists):
            await self.storage().make_directory(Path("/d"))

    async def test_a_directory_below_nothing(self) -> None:
        """The parents of a directory are never made."""
        with refused(NotFound):
            await self.storage().make_directory(Path("/d/e"))

    async def test_a_directory_below_a_file(self) -> None:
        """A path through a file raises NotFound."""
        self.put("/a")
        with refused(NotFound):
            await self.storage().make_directory(Path("/a/d"))

    async def test_a_directory_with_a_hidden_name(self) -> None:
        """Clients cannot make temporary names."""
        with refused(NameNotAllowed):
            await self.storage().make_directory(Path(f"/{HIDDEN}d"))

    async def test_a_directory_with_a_line_end(self) -> None:
        """A name that would split a row cannot be made."""
        with refused(NameNotAllowed):
            await self.storage().make_directory(Path("/a\nb"))

    async def test_a_directory_with_a_control_character(self) -> None:
        """A name that no reply can contain cannot be made."""
        with refused(NameNotAllowed):
            await self.storage().make_directory(Path("/a\x1bb"))

    async def test_renaming_to_a_control_character(self) -> None:
        """A name with a control character can be the source of a renaming, but not its target."""
        self.put("/a\x7fb")
        with refused(NameNotAllowed):
            await self.storage().rename(Path("/a\x7fb"), Path("/c\x7fd"))
        await self.storage().rename(Path("/a\x7fb"), Path("/c"))
        assert self.names("/") == ["c"]

    async def test_a_directory_name_too_long(self) -> None:
        """A name of 256 bytes cannot be made."""
        with refused(NameNotAllowed):
            await self.storage().make_directory(Path("/" + "n" * 256))

    async def test_the_longest_directory_name(self) -> None:
        """A name of 255 bytes can be made."""
        await self.storage().make_directory(Path("/" + "n" * 255))
        assert self.names("/") == ["n" * 255]

    async def test_an_empty_directory_is_removed(self) -> None:
        """An empty directory is gone after its removal."""
        self.put_directory("/d")
        await self.storage().remove_directory(Path("/d"))
        assert self.names("/") == []

    async def test_a_directory_that_holds_something(self) -> None:
        """A directory with an entry stays."""
        self.put("/d/a")
        with refused(NotEmpty):
            await self.storage().remove_directory(Path("/d"))

    async def test_a_directory_that_holds_leftovers(self) -> None:
        """Temporary names without a running upload do not keep their directory."""
        self.put(f"/d/{HIDDEN}0123456789abcdef", b"abc")
        await self.storage().remove_directory(Path("/d"))
        assert self.names("/") == []

    async def test_a_directory_that_an_upload_runs_in(self) -> None:
        """A directory with a running upload stays, and the client may try again later."""
        self.put_directory("/d")
        storage = self.storage()
        handle = await storage.open_write(Path("/d/a"), WriteMode.REPLACE, 0)
        with refused(TemporarilyUnavailable):
            await storage.remove_directory(Path("/d"))
        await handle.abort()
        await storage.remove_directory(Path("/d"))

    async def test_removing_a_missing_directory(self) -> None:
        """The removal of a missing directory raises NotFound."""
        with refused(NotFound):
            await self.storage().remove_directory(Path("/d"))

    async def test_removing_a_file_as_a_directory(self) -> None:
        """The removal of a file as a directory raises NotADirectory."""
        self.put("/a")
        with refused(NotADirectory):
            await self.storage().remove_directory(Path("/a"))

    async def test_removing_a_link_as_a_directory(self) -> None:
        """A link to a directory is not a directory for a removal."""
        self.put_directory("/d")
        self.put_link("/l", "d")
        with refused(NotADirectory):
            await self.storage().remove_directory(Path("/l"))

    async def test_removing_the_root(self) -> None:
        """The root cannot be removed."""
        with refused(PermissionDenied):
            await self.storage().remove_directory(ROOT)

    async def test_a_file_is_removed(self) -> None:
        """A file is gone after its removal."""
        self.put("/a")
        await self.storage().remove_file(Path("/a"))
        assert self.names("/") == []

    async def test_removing_a_link_keeps_its_target(self) -> None:
        """DELE deletes the link (RFC 959 section 4.1.3 knows no links; chroot's semantics)."""
        self.put("/a")
        self.put_link("/l", "a")
        await self.storage().remove_file(Path("/l"))
        assert self.names("/") == ["a"]

    async def test_removing_a_directory_as_a_file(self) -> None:
        """The removal of a directory as a file raises IsADirectory."""
        self.put_directory("/d")
        with refused(IsADirectory):
            await self.storage().remove_file(Path("/d"))

    async def test_removing_a_missing_file(self) -> None:
        """The removal of a missing file raises NotFound."""
        with refused(NotFound):
            await self.storage().remove_file(Path("/a"))

    async def test_removing_a_hidden_name(self) -> None:
        """A hidden name does not exist for clients."""
        self.put(f"/{HIDDEN}a")
        with refused(NotFound):
            await self.storage().remove_file(Path(f"/{HIDDEN}a"))

    async def test_removing_a_name_with_a_line_end(self) -> None:
        """A client that knows a name with a line end may remove it."""
        self.put("/a\r\nb")
        await self.storage().remove_file(Path("/a\r\nb"))
        assert self.names("/") == []

    async def test_a_file_is_renamed(self) -> None:
        """A file can be renamed into a different directory."""
        self.put("/a", b"abc")
        self.put_directory("/d")
        await self.storage().rename(Path("/a"), Path("/d/b"))
        assert (self.names("/"), self.content("/d/b")) == (["d"], b"abc")

    async def test_a_directory_is_renamed(self) -> None:
        """A directory is renamed together with its entries."""
        self.put("/d/a", b"abc")
        await self.storage().rename(Path("/d"), Path("/e"))
        assert self.content("/e/a") == b"abc"

    async def test_a_link_is_renamed_as_a_link(self) -> None:
        """The target of a renamed link stays at its place."""
        self.put("/a")
        self.put_link("/l", "a")
        await self.storage().rename(Path("/l"), Path("/m"))
        assert (self.names("/"), link_text(await stat(self.storage(), "/m"))) == (["a", "m"], "a")

    async def test_a_file_replaces_a_file(self) -> None:
        """A renaming may replace a file, as in POSIX."""
        self.put("/a", b"new")
        self.put("/b", b"old")
        await self.storage().rename(Path("/a"), Path("/b"))
        assert (self.names("/"), self.content("/b")) == (["b"], b"new")

    async def test_a_file_replaces_no_directory(self) -> None:
        """A file cannot replace a directory, even if the directory is empty."""
        self.put("/a")
        self.put_directory("/d")
        with refused(AlreadyExists):
            await self.storage().rename(Path("/a"), Path("/d"))

    async def test_a_file_replaces_no_link_to_a_directory(self) -> None:
        """For clients a link to a directory is a directory, so a file cannot replace it."""
        self.put("/a")
        self.put_directory("/d")
        self.put_link("/l", "d")
        with refused(AlreadyExists):
            await self.storage().rename(Path("/a"), Path("/l"))

    async def test_a_directory_replaces_no_empty_directory(self) -> None:
        """A directory cannot replace an empty directory, although the system call would allow that."""
        self.put_directory("/d")
        self.put_directory("/e")
        with refused(AlreadyExists):
            await self.storage().rename(Path("/d"), Path("/e"))

    async def test_a_directory_replaces_no_file(self) -> None:
        """A directory in place of a file raises AlreadyExists."""
        self.put_directory("/d")
        self.put("/a")
        with refused(AlreadyExists):
            await self.storage().rename(Path("/d"), Path("/a"))

    async def test_renaming_to_the_same_name(self) -> None:
        """A renaming of a file or a directory to its own name changes nothing."""
        self.put("/d/a", b"abc")
        await self.storage().rename(Path("/d"), Path("/d"))
        assert self.content("/d/a") == b"abc"

    async def test_renaming_a_directory_into_itself(self) -> None:
        """A directory cannot be moved into itself."""
        self.put_directory("/d")
        with refused(NameNotAllowed):
            await self.storage().rename(Path("/d"), Path("/d/e"))

    async def test_renaming_nothing(self) -> None:
        """The renaming of a missing name raises NotFound."""
        with refused(NotFound):
            await self.storage().rename(Path("/a"), Path("/b"))

    async def test_renaming_below_nothing(self) -> None:
        """The parents of the target are never made."""
        self.put("/a")
        with refused(NotFound):
            await self.storage().rename(Path("/a"), Path("/d/a"))

    async def test_renaming_to_a_hidden_name(self) -> None:
        """A hidden name cannot be the target of a renaming."""
        self.put("/a")
        with refused(NameNotAllowed):
            await self.storage().rename(Path("/a"), Path(f"/{HIDDEN}a"))

    async def test_renaming_from_a_hidden_name(self) -> None:
        """A hidden name does not exist for a renaming."""
        self.put(f"/{HIDDEN}a")
        with refused(NotFound):
            await self.storage().rename(Path(f"/{HIDDEN}a"), Path("/a"))

    async def test_renaming_the_root(self) -> None:
        """The root cannot be renamed."""
        with refused(PermissionDenied):
            await self.storage().rename(ROOT, Path("/d"))

    async def test_free_space_of_a_directory(self) -> None:
        """A directory has some free space."""
        assert await IFreeSpace(self.storage()).free_bytes(ROOT) > 0

    async def test_free_space_of_a_file(self) -> None:
        """The free space of a file raises NotADirectory."""
        self.put("/a")
        with refused(NotADirectory):
            await IFreeSpace(self.storage()).free_bytes(Path("/a"))
