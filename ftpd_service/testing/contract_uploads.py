"""The storage contract, part three: uploads, when they become visible, and what of a broken one is kept."""

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
from ftpd_service.storage.settings import UploadMode
from ftpd_service.testing.contract_ground import StorageGround, link_text, listed, opened, refused, stat, write
from ftpd_service.values import VirtualPath, WriteMode


class UploadsContract(StorageGround):
    """`open_write` and what its handles do."""

    async def test_an_upload_becomes_the_file(self) -> None:
        """At commit, with what was written."""
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.write(b"def")
        await handle.commit()
        assert self.content("/a") == b"abcdef"

    async def test_an_upload_is_invisible_before_its_commit(self) -> None:
        """No name of it is in a listing."""
        storage = self.storage()
        handle = await opened(storage, "/a")
        await handle.write(b"abc")
        seen = await listed(storage, "/")
        await handle.abort()
        assert seen == []

    async def test_an_upload_of_nothing(self) -> None:
        """An empty file, once it is committed."""
        await write(self.storage(), "/a", b"")
        assert self.content("/a") == b""

    async def test_an_aborted_upload_leaves_nothing(self) -> None:
        """Not even a hidden name."""
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.abort()
        assert self.names("/") == []

    async def test_an_aborted_upload_leaves_the_former_file(self) -> None:
        """As it was."""
        self.put("/a", b"former")
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.abort()
        assert (self.names("/"), self.content("/a")) == (["a"], b"former")

    async def test_an_upload_replaces_the_former_file(self) -> None:
        """A shorter one too, and no other name is left."""
        self.put("/a", b"former")
        await write(self.storage(), "/a", b"abc")
        assert (self.names("/"), self.content("/a")) == (["a"], b"abc")

    async def test_a_new_file_has_the_mode_of_the_umask(self) -> None:
        """0o666 without the bits of 0o027."""
        storage = self.storage()
        await write(storage, "/a", b"abc")
        assert (await stat(storage, "/a")).mode == 0o640

    async def test_a_replaced_file_keeps_its_mode(self) -> None:
        """0o644 here, whatever the umask."""
        self.put("/a", b"former")
        storage = self.storage()
        await write(storage, "/a", b"abc")
        assert (await stat(storage, "/a")).mode == 0o644

    async def test_an_upload_through_a_link(self) -> None:
        """Replaces what the link leads to; the link stays one."""
        self.put("/d/a", b"former")
        self.put_link("/l", "d/a")
        storage = self.storage()
        await write(storage, "/l", b"abc")
        assert (self.content("/d/a"), link_text(await stat(storage, "/l"))) == (b"abc", "d/a")

    async def test_an_upload_through_a_dangling_link(self) -> None:
        """Makes what the link leads to, inside the root."""
        self.put_directory("/d")
        self.put_link("/l", "/../d/a")
        await write(self.storage(), "/l", b"abc")
        assert self.names("/d") == ["a"]

    async def test_an_upload_over_a_directory(self) -> None:
        """IsADirectory, before the transfer."""
        self.put_directory("/d")
        with refused(IsADirectory):
            await opened(self.storage(), "/d")

    async def test_an_upload_over_the_root(self) -> None:
        """IsADirectory."""
        with refused(IsADirectory):
            await opened(self.storage(), "/")

    async def test_an_upload_over_a_fifo(self) -> None:
        """Never opened."""
        self.put_special("/fifo")
        with refused(NotAPlainFile):
            await opened(self.storage(), "/fifo", WriteMode.APPEND)

    async def test_an_upload_below_nothing(self) -> None:
        """The parent directory is NotFound."""
        with refused(NotFound):
            await opened(self.storage(), "/d/a")

    async def test_an_upload_below_a_file(self) -> None:
        """A path that leads through a file is NotFound."""
        self.put("/a")
        with refused(NotFound):
            await opened(self.storage(), "/a/b")

    async def test_commit_after_abort(self) -> None:
        """An upload that was given up is never called a success."""
        handle = await opened(self.storage(), "/a")
        await handle.abort()
        with refused(StorageFailed):
            await handle.commit()

    async def test_abort_after_commit(self) -> None:
        """Changes nothing any more."""
        handle = await opened(self.storage(), "/a")
        await handle.write(b"abc")
        await handle.commit()
        await handle.abort()
        assert self.content("/a") == b"abc"

    async def test_a_new_name_is_created(self) -> None:
        """STOU: at commit."""
        await write(self.storage(), "/a", b"abc", WriteMode.CREATE)
        assert (self.names("/"), self.content("/a")) == (["a"], b"abc")

    async def test_creating_a_name_that_is_taken(self) -> None:
        """AlreadyExists, before the transfer."""
        self.put("/a")
        with refused(AlreadyExists):
            await opened(self.storage(), "/a", WriteMode.CREATE)

    async def test_creating_the_name_of_a_dangling_link(self) -> None:
        """The name is taken, though nothing is behind it."""
        self.put_link("/l", "nowhere")
        with refused(AlreadyExists):
            await opened(self.storage(), "/l", WriteMode.CREATE)

    async def test_creating_a_name_that_is_reserved(self) -> None:
        """Two uploads are never told the same unique name."""
        storage = self.storage()
        handle = await opened(storage, "/a", WriteMode.CREATE)
        with refused(AlreadyExists):
            await opened(storage, "/a", WriteMode.CREATE)
        await handle.abort()

    async def test_a_reservation_ends_with_its_upload(self) -> None:
        """Then the name is free again."""
        storage = self.storage()
        await (await opened(storage, "/a", WriteMode.CREATE)).abort()
        await write(storage, "/a", b"abc", WriteMode.CREATE)
        assert self.content("/a") == b"abc"

    async def test_a_created_name_never_overwrites(self) -> None:
        """Who took the name meanwhile keeps it, and nothing of the upload is kept."""
        handle = await opened(self.storage(), "/a", WriteMode.CREATE)
        await handle.write(b"abc")
        self.put("/a", b"theirs")
        with refused(AlreadyExists):
            await handle.commit()
        assert (self.names("/"), self.content("/a")) == (["a"], b"theirs")

    async def test_modifying_keeps_the_tail(self) -> None:
        """A restarted STOR writes from its offset and cuts nothing off (RFC 3659 section 5.3)."""
        self.put("/a", b"0123456789")
        handle = await opened(self.storage(), "/a", WriteMode.MODIFY, 3)
        await handle.write(b"abc")
        await handle.commit()
        assert self.content("/a") == b"012abc6789"

    async def test_modifying_at_the_end(self) -> None:
        """Goes on there."""
        self.put("/a", b"0123")
        handle = await opened(self.storage(), "/a", WriteMode.MODIFY, 4)
        await handle.write(b"abc")
        await handle.commit()
        assert self.content("/a") == b"0123abc"

    async def test_modifying_beyond_the_end(self) -> None:
        """Gaps are never filled."""
        self.put("/a", b"0123")
        with refused(RestartBeyondEnd):
            await opened(self.storage(), "/a", WriteMode.MODIFY, 5)

    async def test_modifying_nothing(self) -> None:
        """A missing file has no octets to restart behind."""
        with refused(RestartBeyondEnd):
            await opened(self.storage(), "/a", WriteMode.MODIFY, 1)

    async def test_a_broken_modification_keeps_what_arrived(self) -> None:
        """So that it can be restarted again."""
        self.put("/a", b"0123")
        handle = await opened(self.storage(), "/a", WriteMode.MODIFY, 4)
        await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"0123abc"

    async def test_appending(self) -> None:
        """Behind what is there."""
        self.put("/a", b"0123")
        await write(self.storage(), "/a", b"abc", WriteMode.APPEND)
        assert self.content("/a") == b"0123abc"

    async def test_appending_to_nothing(self) -> None:
        """Makes the file, with the mode of the umask."""
        storage = self.storage()
        await write(storage, "/a", b"abc", WriteMode.APPEND)
        assert (self.content("/a"), (await stat(storage, "/a")).mode) == (b"abc", 0o640)

    async def test_appending_makes_nothing_before_the_first_byte(self) -> None:
        """A transfer that fails to begin leaves no empty file."""
        await (await opened(self.storage(), "/a", WriteMode.APPEND)).abort()
        assert self.names("/") == []

    async def test_a_broken_append_keeps_what_arrived(self) -> None:
        """So that it can be resumed."""
        handle = await opened(self.storage(), "/a", WriteMode.APPEND)
        await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"abc"

    async def test_two_appends_to_one_file(self) -> None:
        """The second is told to try later."""
        self.put("/a", b"0123")
        storage = self.storage()
        handle = await opened(storage, "/a", WriteMode.APPEND)
        with refused(TemporarilyUnavailable):
            await opened(storage, "/a", WriteMode.APPEND)
        await handle.abort()

    async def test_two_appends_to_a_new_file(self) -> None:
        """Also before it has been made."""
        storage = self.storage()
        handle = await opened(storage, "/a", WriteMode.APPEND)
        with refused(TemporarilyUnavailable):
            await opened(storage, "/a", WriteMode.APPEND)
        await handle.abort()

    async def test_a_refused_append_holds_nothing(self) -> None:
        """Its directory can be removed once the first append has ended."""
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
        """``uploads.mode: in-place``."""
        self.put("/a", b"former")
        handle = await opened(self.storage(UploadMode.IN_PLACE), "/a")
        before = self.content("/a")
        await handle.write(b"abc")
        after = self.content("/a")
        await handle.commit()
        assert (before, after) == (b"former", b"abc")

    async def test_in_place_nothing_replaces_at_commit(self) -> None:
        """An upload of no octets empties the file, not before its commit."""
        self.put("/a", b"former")
        await write(self.storage(UploadMode.IN_PLACE), "/a", b"")
        assert self.content("/a") == b""

    async def test_in_place_a_transfer_that_fails_to_begin(self) -> None:
        """Leaves the former file."""
        self.put("/a", b"former")
        await (await opened(self.storage(UploadMode.IN_PLACE), "/a")).abort()
        assert self.content("/a") == b"former"

    async def test_in_place_a_broken_upload_keeps_what_arrived(self) -> None:
        """For clients that resume."""
        handle = await opened(self.storage(UploadMode.IN_PLACE), "/a")
        await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"abc"

    async def test_in_place_a_created_name_never_overwrites(self) -> None:
        """Who took the name before the first octet keeps it."""
        handle = await opened(self.storage(UploadMode.IN_PLACE), "/a", WriteMode.CREATE)
        self.put("/a", b"theirs")
        with refused(AlreadyExists):
            await handle.write(b"abc")
        await handle.abort()
        assert self.content("/a") == b"theirs"
