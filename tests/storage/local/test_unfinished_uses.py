"""Unfinished uploads on a local disk: two sessions on one name, and everything but uploads."""

from __future__ import annotations

import fcntl
import os
import struct

from ftpd_service.errors import (
    AlreadyExists,
    NotFound,
    PermissionDenied,
    RestartBeyondEnd,
    TemporarilyUnavailable,
    UploadUnfinished,
)
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import read, read_all, refused
from ftpd_service.values import VirtualPath, WriteMode
from ftpd_service.version_interfaces import IOpenUnread
from tests.storage.local.disk import ByOpening
from tests.storage.local.unfinished_case import A, UnfinishedCase, resumable

BIG = bytes(range(256)) * 512
"""Twice as much as a handle keeps in memory."""


class LockedByAnother(ByOpening):
    """A system in which every file is locked."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def lock(self, descriptor: int) -> bool:
        return False


class TestTwoSessions(UnfinishedCase):
    """Two sessions of an account, one name."""

    async def test_the_running_upload_cannot_be_resumed(self) -> None:
        """Until it has broken."""
        handle = await self.running(BIG)
        with refused(TemporarilyUnavailable):
            await self.alice.open_write(A, WriteMode.APPEND, 0)
        await handle.abort()

    async def test_a_plain_stor_has_a_file_of_its_own(self) -> None:
        """The uploads never mix, and the last commit counts."""
        first = await self.running(BIG)
        await self.finished(b"second")
        between = self.disk.content("/a")
        await first.commit()
        self.assertEqual((between, self.disk.content("/a"), self.disk.names("/")), (b"second", BIG, ["a"]))

    async def test_stou_takes_another_name(self) -> None:
        """While the upload runs, too."""
        handle = await self.running(BIG)
        with refused(AlreadyExists):
            await self.alice.open_write(A, WriteMode.CREATE, 0)
        await handle.abort()

    async def test_another_process_holds_the_upload(self) -> None:
        """Its lock says so; an upgrade has two processes for a while."""
        await self.broken(b"abcdef")
        descriptor = os.open(self.disk.host(f"/{self.hidden()[0]}"), os.O_RDWR)
        self.addCleanup(os.close, descriptor)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        with refused(TemporarilyUnavailable):
            await self.alice.open_write(A, WriteMode.APPEND, 0)

    async def test_another_process_is_faster_by_a_moment(self) -> None:
        """It has locked the new file between its making and our lock, so the file is left to it."""
        handle = await self.running(b"", storage=self.storage(resumable(), LockedByAnother()))
        with refused(TemporarilyUnavailable):
            await handle.write(BIG)
        await handle.abort()
        self.assertEqual((len(self.hidden()), self.disk.open_in()), (1, []))

    async def test_the_running_upload_is_shown(self) -> None:
        """With the bytes that are on the disk."""
        handle = await self.running(BIG)
        shown = await self.seen()
        await handle.abort()
        self.assertEqual(shown, [("a", len(BIG) - 1)])


class TestUnfinished(UnfinishedCase):
    """What else can be done with an unfinished upload."""

    async def test_it_cannot_be_read(self) -> None:
        """A reader must not take it for the file."""
        await self.broken(b"abcdef")
        with refused(UploadUnfinished):
            await read(self.alice, "/a")

    async def test_digests_read_what_is_shown(self) -> None:
        """A client compares them before it goes on."""
        await self.broken(b"abcdef")
        handle = await IOpenUnread(self.alice).open_unread(A, 2)
        self.assertEqual((handle.entry().size, await read_all(handle)), (5, b"cde"))

    async def test_digests_of_what_is_not_shown(self) -> None:
        """As beyond the end of a file."""
        await self.broken(b"abcdef")
        with refused(RestartBeyondEnd):
            await IOpenUnread(self.alice).open_unread(A, 6)

    async def test_others_take_no_digests(self) -> None:
        """The name is free for them."""
        await self.broken(b"abcdef")
        with refused(NotFound):
            await IOpenUnread(self.bob).open_unread(A, 0)

    async def test_it_cannot_be_renamed(self) -> None:
        """Only a finished file leaves its name."""
        await self.broken(b"abcdef")
        with refused(UploadUnfinished):
            await self.alice.rename(A, VirtualPath("/b"))

    async def test_it_can_be_removed(self) -> None:
        """DELE drops it."""
        await self.broken(b"abcdef")
        await self.alice.remove_file(A)
        self.assertEqual(self.disk.names("/"), [])

    async def test_it_cannot_be_removed_while_it_runs(self) -> None:
        """The name would be that of a commit."""
        handle = await self.running(BIG)
        await handle.write(b"more")
        with refused(TemporarilyUnavailable):
            await self.alice.remove_file(A)
        await handle.abort()

    async def test_a_rename_to_its_name_supersedes_it(self) -> None:
        """A finished file of that name is there now."""
        self.disk.put("/b", b"finished")
        await self.broken(b"abcdef")
        await self.alice.rename(VirtualPath("/b"), A)
        self.assertEqual(self.disk.names("/"), ["a"])

    async def test_no_directory_takes_its_name(self) -> None:
        """By a rename; nothing replaces a file by a directory."""
        self.disk.put_directory("/d")
        await self.broken(b"abcdef")
        with refused(AlreadyExists):
            await self.alice.rename(VirtualPath("/d"), A)

    async def test_no_directory_is_made_with_its_name(self) -> None:
        """Its account sees a file there."""
        await self.broken(b"abcdef")
        with refused(AlreadyExists):
            await self.alice.make_directory(A)

    async def test_removing_a_missing_file(self) -> None:
        """Is what it was."""
        with refused(NotFound):
            await self.alice.remove_file(A)

    async def test_somebody_has_planted_a_link(self) -> None:
        """A hard link to another file is not written to."""
        await self.broken(b"abcdef")
        os.link(self.disk.host(f"/{self.hidden()[0]}"), self.disk.host("/other"))
        with refused(PermissionDenied):
            await self.alice.open_write(A, WriteMode.APPEND, 0)

    async def test_a_storage_without_an_account(self) -> None:
        """Uploads are as with the mode atomic."""
        storage = self.storage(resumable(None))
        await self.broken(BIG, storage=storage)
        self.assertEqual(self.disk.names("/"), [])

    async def test_another_mode(self) -> None:
        """After a change of the configuration, the account does not see its unfinished uploads."""
        await self.broken(b"abcdef")
        self.assertEqual(await self.seen(self.storage(StorageSettings())), [])
