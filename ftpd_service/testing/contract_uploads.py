"""The storage contract, part three: uploads, their commit, and the rest of a broken upload."""

from __future__ import annotations

from ftpd_service.errors import (
    AlreadyExists,
    IsADirectory,
    NotAPlainFile,
    NotFound,
    RestartBeyondEnd,
    StorageFailed,
    TemporarilyUnavailable,
)
from ftpd_service.interfaces import IHiddenWrite
from ftpd_service.testing.contract_ground import StorageGround, link_text, listed, opened, refused, stat, write
from ftpd_service.upload_policy import UploadMode
from ftpd_service.values import VirtualPath, WriteMode


class UploadsContract(StorageGround):
    """`open_write` and its handles."""

    async def test_an_upload_becomes_the_file(self) -> None:
        """The commit makes a file of the written bytes."""
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.write(b"def")
        await handle.commit()
        assert self.content("/a") == b"abcdef"

    async def test_an_upload_is_invisible_before_its_commit(self) -> None:
        """No listing shows an upload before its commit."""
        storage = self.storage()
        handle = await opened(storage, "/a")
        await handle.write(b"abc")
        seen = await listed(storage, "/")
        await handle.abort()
        assert seen == []

    async def test_an_upload_of_nothing(self) -> None:
        """The commit of an upload without bytes makes an empty file."""
        await write(self.storage(), "/a", b"")
        assert self.content("/a") == b""

    async def test_an_aborted_upload_leaves_nothing(self) -> None:
        """An aborted upload leaves no name, not even a hidden name."""
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.abort()
        assert self.names("/") == []

    async def test_an_aborted_upload_leaves_the_former_file(self) -> None:
        """An aborted upload leaves the former file unchanged."""
        self.put("/a", b"former")
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.abort()
        assert (self.names("/"), self.content("/a")) == (["a"], b"former")

    async def test_an_upload_that_is_marked_as_hidden(self) -> None:
        """IHiddenWrite marks no upload that changes a file before its commit; quotas rely on the mark."""
        self.put("/a", b"former")
        handle = await opened(self.storage(), "/a", WriteMode.APPEND)
        await handle.write(b"abc")
        changed = self.content("/a") != b"former"
        await handle.abort()
        assert not (changed and IHiddenWrite.providedBy(handle))

    async def test_an_upload_replaces_the_former_file(self) -> None:
        """An upload replaces a longer file, and leaves no other name."""
        self.put("/a", b"former")
        await write(self.storage(), "/a", b"abc")
        assert (self.names("/"), self.content("/a")) == (["a"], b"abc")

    async def test_a_new_file_has_the_mode_of_the_umask(self) -> None:
        """The umask 0o027 makes 0o640 of 0o666."""
        storage = self.storage()
        await write(storage, "/a", b"abc")
        assert (await stat(storage, "/a")).mode == 0o640

    async def test_a_replaced_file_keeps_its_mode(self) -> None:
        """A replaced file keeps its mode, in spite of the umask."""
        self.put("/a", b"former")
        storage = self.storage()
        await write(storage, "/a", b"abc")
        assert (await stat(storage, "/a")).mode == 0o644

    async def test_an_upload_through_a_link(self) -> None:
        """An upload to a link replaces the link's target, and the link stays a link."""
        self.put("/d/a", b"former")
        self.put_link("/l", "d/a")
        storage = self.storage()
        await write(storage, "/l", b"abc")
        assert (self.content("/d/a"), link_text(await stat(storage, "/l"))) == (b"abc", "d/a")

    async def test_an_upload_through_a_dangling_link(self) -> None:
        """An upload to a dangling link makes the link's target, inside the root."""
        self.put_directory("/d")
        self.put_link("/l", "/../d/a")
        await write(self.storage(), "/l", b"abc")
        assert self.names("/d") == ["a"]

    async def test_an_upload_over_a_directory(self) -> None:
        """An upload over a directory raises IsADirectory, before the transfer."""
        self.put_directory("/d")
        with refused(IsADirectory):
            await opened(self.storage(), "/d")

    async def test_an_upload_over_the_root(self) -> None:
        """An upload over the root raises IsADirectory."""
        with refused(IsADirectory):
            await opened(self.storage(), "/")

    async def test_an_upload_over_a_fifo(self) -> None:
        """A FIFO is never opened."""
        self.put_special("/fifo")
        with refused(NotAPlainFile):
            await opened(self.storage(), "/fifo", WriteMode.APPEND)

    async def test_an_upload_below_nothing(self) -> None:
        """An upload into a missing directory raises NotFound."""
        with refused(NotFound):
            await opened(self.storage(), "/d/a")

    async def test_an_upload_below_a_file(self) -> None:
        """A path through a file raises NotFound."""
        self.put("/a")
        with refused(NotFound):
            await opened(self.storage(), "/a/b")

    async def test_commit_after_abort(self) -> None:
        """The commit of an aborted upload raises an error."""
        handle = await opened(self.storage(), "/a")
        await handle.abort()
        with refused(StorageFailed):
            await handle.commit()

    async def test_abort_after_commit(self) -> None:
        """An abort after the commit changes nothing."""
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.commit()
        await handle.abort()
        assert self.content("/a") == b"abc"

    async def test_a_new_name_is_created(self) -> None:
        """The commit makes the file (STOU)."""
        await write(self.storage(), "/a", b"abc", WriteMode.CREATE)
        assert (self.names("/"), self.content("/a")) == (["a"], b"abc")

    async def test_creating_a_name_that_is_taken(self) -> None:
        """A name that exists raises AlreadyExists, before the transfer."""
        self.put("/a")
        with refused(AlreadyExists):
            await opened(self.storage(), "/a", WriteMode.CREATE)

    async def test_creating_the_name_of_a_dangling_link(self) -> None:
        """A dangling link occupies its name."""
        self.put_link("/l", "nowhere")
        with refused(AlreadyExists):
            await opened(self.storage(), "/l", WriteMode.CREATE)

    async def test_creating_a_name_that_is_reserved(self) -> None:
        """Two uploads never get the same unique name."""
        storage = self.storage()
        handle = await opened(storage, "/a", WriteMode.CREATE)
        with refused(AlreadyExists):
            await opened(storage, "/a", WriteMode.CREATE)
        await handle.abort()

    async def test_a_reservation_ends_with_its_upload(self) -> None:
        """The name is free again after the upload."""
        storage = self.storage()
        await (await opened(storage, "/a", WriteMode.CREATE)).abort()
        await write(storage, "/a", b"abc", WriteMode.CREATE)
        assert self.content("/a") == b"abc"

    async def test_a_created_name_never_overwrites(self) -> None:
        """A file that took the name meanwhile stays, and nothing of the upload is kept."""
        handle = await opened(self.storage(), "/a", WriteMode.CREATE)
        await handle.write(b"abc")
        self.put("/a", b"theirs")
        with refused(AlreadyExists):
            await handle.commit()
        assert (self.names("/"), self.content("/a")) == (["a"], b"theirs")

    async def test_modifying_keeps_the_tail(self) -> None:
        """A restarted STOR writes from its offset and truncates nothing (RFC 3659 section 5.3)."""
        self.put("/a", b"0123456789")
        handle = await opened(self.storage(), "/a", WriteMode.MODIFY, 3)
        await handle.write(b"abc")
        await handle.commit()
        assert self.content("/a") == b"012abc6789"

    async def test_modifying_at_the_end(self) -> None:
        """A restart at the end of the file appends."""
        self.put("/a", b"0123")
        handle = await opened(self.storage(), "/a", WriteMode.MODIFY, 4)
        await handle.write(b"abc")
        await handle.commit()
        assert self.content("/a") == b"0123abc"

    async def test_modifying_beyond_the_end(self) -> None:
        """A restart beyond the end is not allowed, so there are no gaps."""
        self.put("/a", b"0123")
        with refused(RestartBeyondEnd):
            await opened(self.storage(), "/a", WriteMode.MODIFY, 5)

    async def test_modifying_nothing(self) -> None:
        """A missing file has no bytes before an offset."""
        with refused(RestartBeyondEnd):
            await opened(self.storage(), "/a", WriteMode.MODIFY, 1)

    async def test_a_broken_modification_keeps_what_arrived(self) -> None:
        """The bytes of a broken modification stay, so that the client can restart."""
        self.put("/a", b"0123")
        handle = await opened(self.storage(), "/a", WriteMode.MODIFY, 4)
        await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"0123abc"

    async def test_appending(self) -> None:
        """APPE writes behind the end of the file."""
        self.put("/a", b"0123")
        await write(self.storage(), "/a", b"abc", WriteMode.APPEND)
        assert self.content("/a") == b"0123abc"

    async def test_appending_to_nothing(self) -> None:
        """APPE to a missing name makes the file, with the mode of the umask."""
        storage = self.storage()
        await write(storage, "/a", b"abc", WriteMode.APPEND)
        assert (self.content("/a"), (await stat(storage, "/a")).mode) == (b"abc", 0o640)

    async def test_appending_makes_nothing_before_the_first_byte(self) -> None:
        """An append that fails to begin leaves no empty file."""
        await (await opened(self.storage(), "/a", WriteMode.APPEND)).abort()
        assert self.names("/") == []

    async def test_a_broken_append_keeps_what_arrived(self) -> None:
        """The bytes of a broken append stay, so that the client can resume."""
        handle = await opened(self.storage(), "/a", WriteMode.APPEND)
        await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"abc"

    async def test_two_appends_to_one_file(self) -> None:
        """The second append gets TemporarilyUnavailable."""
        self.put("/a", b"0123")
        storage = self.storage()
        handle = await opened(storage, "/a", WriteMode.APPEND)
        with refused(TemporarilyUnavailable):
            await opened(storage, "/a", WriteMode.APPEND)
        await handle.abort()

    async def test_two_appends_to_a_new_file(self) -> None:
        """The file is locked even before it exists."""
        storage = self.storage()
        handle = await opened(storage, "/a", WriteMode.APPEND)
        with refused(TemporarilyUnavailable):
            await opened(storage, "/a", WriteMode.APPEND)
        await handle.abort()

    async def test_a_refused_append_holds_nothing(self) -> None:
        """A refused append does not keep its directory from being removed."""
        self.put_directory("/d")
        storage = self.storage()
        handle = await opened(storage, "/d/a", WriteMode.APPEND)
        with refused(TemporarilyUnavailable):
            await opened(storage, "/d/a", WriteMode.APPEND)
        await handle.abort()
        await storage.remove_directory(VirtualPath("/d"))
        assert self.names("/") == []

    async def test_one_append_after_another(self) -> None:
        """The lock ends with the upload."""
        storage = self.storage()
        await write(storage, "/a", b"abc", WriteMode.APPEND)
        await write(storage, "/a", b"def", WriteMode.APPEND)
        assert self.content("/a") == b"abcdef"

    async def test_in_place_the_former_content_ends_with_the_first_byte(self) -> None:
        """With ``uploads.mode: in-place`` the first write truncates the former file."""
        self.put("/a", b"former")
        handle = await opened(self.storage(UploadMode.IN_PLACE), "/a")
        before = self.content("/a")
        await handle.write(b"abc")
        after = self.content("/a")
        await handle.commit()
        assert (before, after) == (b"former", b"abc")

    async def test_in_place_nothing_replaces_at_commit(self) -> None:
        """An upload without bytes empties the file, at its commit."""
        self.put("/a", b"former")
        await write(self.storage(UploadMode.IN_PLACE), "/a", b"")
        assert self.content("/a") == b""

    async def test_in_place_a_transfer_that_fails_to_begin(self) -> None:
        """A transfer that fails to begin leaves the former file."""
        self.put("/a", b"former")
        await (await opened(self.storage(UploadMode.IN_PLACE), "/a")).abort()
        assert self.content("/a") == b"former"

    async def test_in_place_a_broken_upload_keeps_what_arrived(self) -> None:
        """The bytes of a broken upload stay, for clients that resume."""
        handle = await opened(self.storage(UploadMode.IN_PLACE), "/a")
        await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"abc"

    async def test_in_place_a_created_name_never_overwrites(self) -> None:
        """A file that took the name before the first byte stays."""
        handle = await opened(self.storage(UploadMode.IN_PLACE), "/a", WriteMode.CREATE)
        self.put("/a", b"theirs")
        with refused(AlreadyExists):
            await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"theirs"
