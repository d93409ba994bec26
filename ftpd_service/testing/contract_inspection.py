"""The storage contract, part five: uploads that can be looked at before their commit.

The interface is optional, so these tests pass for storages whose handles do not provide it.
"""

from __future__ import annotations

from ftpd_service.errors import StorageFailed
from ftpd_service.interfaces import IHiddenWrite, IInspectable
from ftpd_service.storage.whole_file import FIRST_BYTES
from ftpd_service.testing.contract_ground import StorageGround, opened, read_all, refused, stat
from ftpd_service.upload_policy import UploadMode
from ftpd_service.values import WriteMode


class InspectionContract(StorageGround):
    """`IInspectable`."""

    async def test_a_settled_file_has_the_identity_of_the_committed_file(self) -> None:
        """The file of the commit is the file that was looked at, and not a copy."""
        storage = self.storage()
        handle = IInspectable(await opened(storage, "/a"), None)
        if handle is None:
            return
        await handle.write(b"abcdef")
        settled = await handle.settle()
        await handle.commit()
        entry = await stat(storage, "/a")
        assert (settled.unique, settled.size) == (entry.unique, 6)

    async def test_a_settled_file_can_be_read(self) -> None:
        """Every byte that was written is read, and nothing of a hidden upload is seen."""
        handle = IInspectable(await opened(self.storage(), "/a"), None)
        if handle is None:
            return
        content = bytes(range(256)) * (FIRST_BYTES // 128)
        await handle.write(content[:10])
        await handle.write(content[10:])
        await handle.settle()
        found = await read_all(await handle.open_settled())
        seen = self.names("/") if IHiddenWrite.providedBy(handle) else []
        await handle.abort()
        assert (found, [name for name in seen if name == "a"]) == (content, [])

    async def test_a_settled_file_is_committed(self) -> None:
        """A look changes nothing of the bytes."""
        self.put("/a", b"former")
        handle = IInspectable(await opened(self.storage(), "/a"), None)
        if handle is None:
            return
        await handle.write(b"abc")
        await handle.settle()
        await read_all(await handle.open_settled())
        await handle.commit()
        assert (self.names("/"), self.content("/a")) == (["a"], b"abc")

    async def test_a_settled_file_is_aborted(self) -> None:
        """An abort after the look leaves the former file, and no other name."""
        self.put("/a", b"former")
        handle = IInspectable(await opened(self.storage(), "/a"), None)
        if handle is None:
            return
        await handle.write(b"abc")
        await handle.settle()
        await handle.abort()
        assert (self.names("/"), self.content("/a")) == (["a"], b"former")

    async def test_a_settled_file_without_bytes(self) -> None:
        """An upload without bytes is settled too, and its commit makes an empty file."""
        handle = IInspectable(await opened(self.storage(), "/a"), None)
        if handle is None:
            return
        settled = await handle.settle()
        found = await read_all(await handle.open_settled())
        await handle.commit()
        assert (settled.size, found, self.content("/a")) == (0, b"", b"")

    async def test_a_settled_file_that_was_modified(self) -> None:
        """The bytes before the offset and behind the last byte belong to the file."""
        self.put("/a", b"0123456789")
        handle = IInspectable(await opened(self.storage(), "/a", WriteMode.MODIFY, 3), None)
        if handle is None:
            return
        await handle.write(b"abc")
        settled = await handle.settle()
        found = await read_all(await handle.open_settled())
        await handle.commit()
        assert (settled.size, found) == (10, b"012abc6789")

    async def test_a_settled_file_in_place(self) -> None:
        """With ``uploads.mode: in-place`` the look cuts off the former content, as the first byte does."""
        self.put("/a", b"former")
        handle = IInspectable(await opened(self.storage(UploadMode.IN_PLACE), "/a"), None)
        if handle is None:
            return
        settled = await handle.settle()
        await handle.commit()
        assert (settled.size, self.content("/a")) == (0, b"")

    async def test_a_settled_file_is_readable_after_its_commit(self) -> None:
        """The reader ends with its own close, and not with the upload."""
        handle = IInspectable(await opened(self.storage(), "/a"), None)
        if handle is None:
            return
        await handle.write(b"abc")
        await handle.settle()
        reading = await handle.open_settled()
        await handle.commit()
        assert await read_all(reading) == b"abc"

    async def test_an_aborted_upload_is_not_settled(self) -> None:
        """After the end of an upload there is nothing to look at."""
        handle = IInspectable(await opened(self.storage(), "/a"), None)
        if handle is None:
            return
        await handle.abort()
        with refused(StorageFailed):
            await handle.settle()
        with refused(StorageFailed):
            await handle.open_settled()
