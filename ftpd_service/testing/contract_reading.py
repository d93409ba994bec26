"""The storage contract, part one: entries, listings, reading, and the jail."""

from __future__ import annotations

from ftpd_service.errors import IsADirectory, NotADirectory, NotAPlainFile, NotFound, RestartBeyondEnd
from ftpd_service.testing.contract_ground import HIDDEN, StorageGround, link_text, listed, read, refused, stat
from ftpd_service.values import EntryKind, VirtualPath


class ReadingContract(StorageGround):
    """`stat`, `entries` and `open_read`."""

    async def test_the_root_has_no_name(self) -> None:
        """The root is a directory with an empty name."""
        entry = await stat(self.storage(), "/")
        assert (entry.name, entry.kind) == ("", EntryKind.DIRECTORY)

    async def test_stat_tells_of_a_file(self) -> None:
        """Name, kind, size and mode are the file's."""
        self.put("/d/a", b"abc")
        entry = await stat(self.storage(), "/d/a")
        assert (entry.name, entry.kind, entry.size, entry.mode) == ("a", EntryKind.FILE, 3, 0o644)

    async def test_stat_of_nothing(self) -> None:
        """A missing name raises NotFound."""
        with refused(NotFound):
            await stat(self.storage(), "/a")

    async def test_a_path_through_a_file_is_not_found(self) -> None:
        """A path through a file raises NotFound."""
        self.put("/a")
        with refused(NotFound):
            await stat(self.storage(), "/a/b")

    async def test_stat_of_a_fifo(self) -> None:
        """An entry that is neither a file nor a directory raises NotAPlainFile."""
        self.put_special("/fifo")
        with refused(NotAPlainFile):
            await stat(self.storage(), "/fifo")

    async def test_a_name_too_long_is_not_found(self) -> None:
        """A name of 256 bytes cannot exist."""
        with refused(NotFound):
            await stat(self.storage(), "/" + "n" * 256)

    async def test_the_longest_name_is_found(self) -> None:
        """A name of 255 bytes can exist."""
        self.put("/" + "n" * 255)
        assert (await stat(self.storage(), "/" + "n" * 255)).kind is EntryKind.FILE

    async def test_a_hidden_name_is_not_found(self) -> None:
        """Temporary names of uploads do not exist for clients."""
        self.put(f"/{HIDDEN}a", b"abc")
        with refused(NotFound):
            await stat(self.storage(), f"/{HIDDEN}a")

    async def test_nothing_is_found_below_a_hidden_name(self) -> None:
        """Entries in a directory with a temporary name do not exist for clients."""
        self.put(f"/{HIDDEN}d/a", b"abc")
        with refused(NotFound):
            await read(self.storage(), f"/{HIDDEN}d/a")

    async def test_a_link_is_told_as_its_target(self) -> None:
        """Kind and size are those of the target; the name and the text are those of the link."""
        self.put("/d/a", b"abc")
        self.put_link("/l", "d/a")
        entry = await stat(self.storage(), "/l")
        assert (entry.name, entry.kind, entry.size, link_text(entry)) == ("l", EntryKind.FILE, 3, "d/a")

    async def test_one_object_has_one_unique(self) -> None:
        """A link and its target have the same `unique`; a different file has a different value."""
        self.put("/a")
        self.put("/b")
        self.put_link("/l", "a")
        storage = self.storage()
        a, b, link = [(await stat(storage, path)).unique for path in ("/a", "/b", "/l")]
        assert a == link != b

    async def test_a_dangling_link(self) -> None:
        """A link without a target is an entry of its own kind."""
        self.put_link("/l", "nowhere")
        entry = await stat(self.storage(), "/l")
        assert (entry.kind, link_text(entry), entry.size) == (EntryKind.DANGLING, "nowhere", 7)

    async def test_a_loop_of_links_leads_nowhere(self) -> None:
        """A loop is a dangling link."""
        self.put_link("/l", "l")
        assert (await stat(self.storage(), "/l")).kind is EntryKind.DANGLING

    async def test_an_absolute_link_starts_at_the_root(self) -> None:
        """An absolute link starts at the root of the storage, not of the host (chroot's semantics)."""
        self.put("/etc/passwd", b"ours")
        self.put_link("/d/l", "/etc/passwd")
        assert await read(self.storage(), "/d/l") == b"ours"

    async def test_a_link_upwards_stays_at_the_root(self) -> None:
        """``..`` at the root is the root."""
        self.put("/etc/passwd", b"ours")
        self.put_link("/l", "../../../../../../etc/passwd")
        assert await read(self.storage(), "/l") == b"ours"

    async def test_a_link_upwards_inside_the_root(self) -> None:
        """``..`` elsewhere is the directory above."""
        self.put("/a", b"abc")
        self.put_link("/d/e/l", "../../a")
        assert await read(self.storage(), "/d/e/l") == b"abc"

    async def test_a_directory_behind_a_link(self) -> None:
        """Links in the middle of a path are followed too."""
        self.put("/d/a", b"abc")
        self.put_link("/l", "/d")
        assert await read(self.storage(), "/l/a") == b"abc"

    async def test_entries_are_sorted_by_bytes(self) -> None:
        """Names are sorted by their bytes; names that are not UTF-8 are returned unchanged."""
        self.put("/b")
        self.put("/\udcff")
        self.put("/é")
        self.put("/B")
        names = [entry.name for entry in await listed(self.storage(), "/")]
        assert names == ["B", "b", "é", "\udcff"]

    async def test_an_empty_directory(self) -> None:
        """An empty directory has no entries, not even dots."""
        self.put_directory("/d")
        assert await listed(self.storage(), "/d") == []

    async def test_pages_are_bounded(self) -> None:
        """A page holds at most 1,000 entries."""
        self.put_many("/", 1001)
        pages = [page async for page in self.storage().entries(VirtualPath("/"))]
        assert [len(page) for page in pages] == [1000, 1]

    async def test_what_a_listing_leaves_out(self) -> None:
        """Listings omit hidden names, FIFOs, and names that would split a row."""
        self.put("/a")
        self.put(f"/{HIDDEN}a")
        self.put("/c\rr")
        self.put("/l\nf")
        self.put_special("/fifo")
        self.put_link("/to-fifo", "fifo")
        assert [entry.name for entry in await listed(self.storage(), "/")] == ["a"]

    async def test_a_listing_tells_of_links(self) -> None:
        """Links are listed, like in `stat`, as their targets inside the root."""
        self.put("/d/a", b"abc")
        self.put_link("/d/l", "/d/a")
        entry = (await listed(self.storage(), "/d"))[1]
        assert (entry.kind, entry.size, link_text(entry)) == (EntryKind.FILE, 3, "/d/a")

    async def test_a_listing_through_a_link(self) -> None:
        """A listing of a link to a directory shows the directory's entries."""
        self.put("/d/a")
        self.put_link("/l", "d")
        assert [entry.name for entry in await listed(self.storage(), "/l")] == ["a"]

    async def test_a_listing_of_a_file(self) -> None:
        """A listing of a file raises NotADirectory."""
        self.put("/a")
        with refused(NotADirectory):
            await listed(self.storage(), "/a")

    async def test_a_listing_through_a_file(self) -> None:
        """A listing of a path through a file raises NotFound."""
        self.put("/a")
        with refused(NotFound):
            await listed(self.storage(), "/a/b")

    async def test_a_listing_of_nothing(self) -> None:
        """A listing of a missing directory raises NotFound."""
        with refused(NotFound):
            await listed(self.storage(), "/d")

    async def test_an_empty_file_reads_as_nothing(self) -> None:
        """An empty file returns no bytes."""
        self.put("/a")
        assert await read(self.storage(), "/a") == b""

    async def test_a_large_file_reads_whole(self) -> None:
        """`read` continues after `first`."""
        content = bytes(range(256)) * 1000
        self.put("/a", content)
        assert await read(self.storage(), "/a") == content

    async def test_first_is_bounded(self) -> None:
        """The opening reads at most 64 KiB."""
        self.put("/a", bytes(200_000))
        handle = await self.storage().open_read(VirtualPath("/a"), 0)
        await handle.close()
        assert len(handle.first()) <= 65536

    async def test_the_entry_is_as_of_opening(self) -> None:
        """The handle has the size for the preliminary reply."""
        self.put("/a", b"abc")
        handle = await self.storage().open_read(VirtualPath("/a"), 1)
        await handle.close()
        assert (handle.entry().name, handle.entry().size) == ("a", 3)

    async def test_closing_twice_is_safe(self) -> None:
        """The second close does nothing."""
        self.put("/a", bytes(200_000))
        handle = await self.storage().open_read(VirtualPath("/a"), 0)
        await handle.close()
        await handle.close()

    async def test_reading_from_an_offset(self) -> None:
        """A restart offset skips the bytes before it (RFC 3659 section 5)."""
        self.put("/a", b"0123456789" * 10_000)
        assert await read(self.storage(), "/a", 99_995) == b"56789"

    async def test_reading_from_the_end(self) -> None:
        """An offset equal to the size is allowed and returns no bytes."""
        self.put("/a", b"abc")
        assert await read(self.storage(), "/a", 3) == b""

    async def test_reading_beyond_the_end(self) -> None:
        """An offset above the size is not allowed."""
        self.put("/a", b"abc")
        with refused(RestartBeyondEnd):
            await read(self.storage(), "/a", 4)

    async def test_reading_a_directory(self) -> None:
        """A directory cannot be read."""
        self.put_directory("/d")
        with refused(IsADirectory):
            await read(self.storage(), "/d")

    async def test_reading_a_fifo(self) -> None:
        """A FIFO is refused at once, because opening it would wait for a writer."""
        self.put_special("/fifo")
        with refused(NotAPlainFile):
            await read(self.storage(), "/fifo")

    async def test_reading_a_dangling_link(self) -> None:
        """A link without a target cannot be read."""
        self.put_link("/l", "nowhere")
        with refused(NotFound):
            await read(self.storage(), "/l")

    async def test_reading_a_name_with_a_line_end(self) -> None:
        """A name with a line end is in no listing, but a client that knows it may read the file."""
        self.put("/a\r\nb", b"abc")
        assert await read(self.storage(), "/a\r\nb") == b"abc"
