"""The storage contract, part six: files that are opened unread and tell their versions.

The interface is optional, so these tests pass for storages that do not provide it.
"""

from __future__ import annotations

from ftpd_service.errors import IsADirectory, NotAPlainFile, NotFound, RestartBeyondEnd
from ftpd_service.storage.whole_file import FIRST_BYTES
from ftpd_service.testing.contract_ground import StorageGround, opened, read_all, refused, write
from ftpd_service.values import VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread


class VersionsContract(StorageGround):
    """`IOpenUnread` and `IVersionedRead`."""

    def unread(self) -> IOpenUnread | None:
        """Return the storage under test, or None if it has no versions."""
        return IOpenUnread(self.storage(), None)

    async def test_an_unread_file_is_read_from_its_first_byte(self) -> None:
        """Nothing is in `first`, also of a small file, and `read` gives all."""
        self.put("/a", b"abc")
        storage = self.unread()
        if storage is None:
            return
        handle = await storage.open_unread(VirtualPath("/a"), 0)
        assert (handle.first(), await read_all(handle)) == (b"", b"abc")

    async def test_an_unread_large_file_is_read_to_its_end(self) -> None:
        """No byte is left out or read twice."""
        content = bytes(range(256)) * (FIRST_BYTES // 128)
        self.put("/a", content)
        storage = self.unread()
        if storage is not None:
            assert await read_all(await storage.open_unread(VirtualPath("/a"), 0)) == content

    async def test_an_unread_file_is_read_from_an_offset(self) -> None:
        """The end of the file is the last offset."""
        self.put("/a", b"abcdef")
        storage = self.unread()
        if storage is None:
            return
        assert await read_all(await storage.open_unread(VirtualPath("/a"), 4)) == b"ef"
        assert await read_all(await storage.open_unread(VirtualPath("/a"), 6)) == b""
        with refused(RestartBeyondEnd):
            await storage.open_unread(VirtualPath("/a"), 7)

    async def test_a_version_tells_the_size(self) -> None:
        """The version is that of the open file."""
        self.put("/a", b"abc")
        storage = self.unread()
        if storage is None:
            return
        handle = await storage.open_unread(VirtualPath("/a"), 0)
        version = await handle.version()
        await handle.close()
        assert version.size == handle.entry().size == 3

    async def test_reading_keeps_the_version(self) -> None:
        """Only a change makes another version."""
        self.put("/a", b"abc")
        storage = self.unread()
        if storage is None:
            return
        handle = await storage.open_unread(VirtualPath("/a"), 0)
        before = await handle.version()
        await handle.read(10)
        after = await handle.version()
        await handle.close()
        assert before == after

    async def test_a_longer_file_has_another_version(self) -> None:
        """A write from elsewhere shows in the version of a file that is open."""
        self.put("/a", b"abc")
        storage = self.storage()
        versioned = IOpenUnread(storage, None)
        if versioned is None:
            return
        handle = await versioned.open_unread(VirtualPath("/a"), 0)
        before = await handle.version()
        await write(storage, "/a", b"d", WriteMode.APPEND)
        after = await handle.version()
        await handle.close()
        assert (before.inode, before.size, after.size) == (after.inode, 3, 4)

    async def test_a_replaced_file_has_another_version(self) -> None:
        """An upload that replaces the file makes another file."""
        self.put("/a", b"abc")
        storage = self.storage()
        versioned = IOpenUnread(storage, None)
        if versioned is None:
            return
        handle = await versioned.open_unread(VirtualPath("/a"), 0)
        before = await handle.version()
        upload = await opened(storage, "/a")
        await upload.write(b"def")
        await upload.commit()
        other = await versioned.open_unread(VirtualPath("/a"), 0)
        after = await other.version()
        await handle.close()
        await other.close()
        assert (before.device, before.inode) != (after.device, after.inode)

    async def test_what_is_no_file_is_not_opened_unread(self) -> None:
        """The refusals are those of `open_read`."""
        self.put_directory("/d")
        self.put_special("/fifo")
        storage = self.unread()
        if storage is None:
            return
        with refused(NotFound):
            await storage.open_unread(VirtualPath("/a"), 0)
        with refused(IsADirectory):
            await storage.open_unread(VirtualPath("/d"), 0)
        with refused(NotAPlainFile):
            await storage.open_unread(VirtualPath("/fifo"), 0)
