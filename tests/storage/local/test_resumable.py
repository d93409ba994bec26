"""Resumable uploads on a local disk: what a break leaves, how it is resumed, and what takes its place."""

from __future__ import annotations

import errno
import os
from dataclasses import replace

from ftpd_service.errors import (
    AlreadyExists,
    RestartBeyondEnd,
    StorageFailed,
    StorageFull,
)
from ftpd_service.interfaces import IHiddenWrite, IInspectable, IMapNames
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.testing.contract_ground import read_all, refused
from ftpd_service.values import EntryKind, VirtualPath, WriteMode
from tests.storage.local.disk import ByOpening, FullDisk
from tests.storage.local.unfinished_case import DAY, A, UnfinishedCase, resumable

FIRST = 64 * 1024
BIG = bytes(range(256)) * (FIRST // 128)
"""Twice as much as a handle keeps in memory."""


class TestBreak(UnfinishedCase):
    """An upload to a free name breaks."""

    async def test_its_account_sees_what_has_arrived_but_for_the_last_byte(self) -> None:
        """A client that compares sizes must not take an upload for finished of which only the end is missing."""
        await self.broken(b"abcdef")
        entry = await self.alice.stat(A)
        self.assertEqual((entry.name, entry.kind, entry.size), ("a", EntryKind.UNFINISHED, 5))

    async def test_listings_show_it(self) -> None:
        """In the order of the final names."""
        self.disk.put("/0", b"")
        self.disk.put("/b", b"bb")
        await self.broken(b"abcdef")
        self.assertEqual(await self.seen(), [("0", 0), ("a", 5), ("b", 2)])

    async def test_listings_of_names_show_it(self) -> None:
        """As NLST needs them."""
        self.disk.put("/b", b"bb")
        await self.broken(b"abcdef")
        names = [name async for names in IMapNames(self.alice).mapped_names(VirtualPath("/"), tuple) for name in names]
        self.assertEqual(names, ["a", "b"])

    async def test_nothing_else_is_on_the_disk(self) -> None:
        """One file, with a hidden name that says the final name."""
        await self.broken(b"abcdef")
        (name,) = self.disk.names("/")
        self.assertRegex(name, r"\A\.ftpd-resume-[a-z2-7]{16}-a\Z")

    async def test_only_the_service_may_read_the_file(self) -> None:
        """Whatever the umask says of new files."""
        await self.broken(b"abcdef")
        self.assertEqual(os.stat(self.disk.host(f"/{self.hidden()[0]}")).st_mode & 0o777, 0o600)

    async def test_without_a_byte_nothing_is_kept(self) -> None:
        """There is nothing to resume."""
        await self.broken(b"")
        self.assertEqual(self.disk.names("/"), [])

    async def test_the_disk_is_full(self) -> None:
        """The bytes that fitted are kept."""
        storage = self.storage(resumable(), FullDisk(4))
        handle = await storage.open_write(A, WriteMode.REPLACE, 0)
        with refused(StorageFull):
            await handle.write(BIG)
        await handle.abort()
        self.assertEqual(self.disk.content(f"/{self.hidden()[0]}"), BIG[:4])

    async def test_the_name_is_too_long_for_a_hidden_name(self) -> None:
        """The upload is as with the mode atomic."""
        path = "/" + "n" * 240
        await self.broken(b"abcdef", path=path)
        during = self.disk.names("/")
        await self.finished(b"whole", path=path)
        self.assertEqual((during, self.disk.content(path)), ([], b"whole"))

    async def test_over_a_finished_file(self) -> None:
        """Nothing is kept: the former file has the name."""
        self.disk.put("/a", b"former")
        await self.broken(BIG)
        self.assertEqual((self.disk.names("/"), await self.seen()), (["a"], [("a", 6)]))

    async def test_a_finished_file_has_appeared_meanwhile(self) -> None:
        """The broken upload is dropped."""
        handle = await self.running(BIG)
        self.disk.put("/a", b"finished")
        await handle.abort()
        self.assertEqual(self.disk.names("/"), ["a"])

    async def test_nothing_stays_open(self) -> None:
        """Neither the file nor its directory."""
        await self.broken(BIG)
        self.assertEqual(self.disk.open_in(), [])


class TestResume(UnfinishedCase):
    """The account goes on with a broken upload."""

    async def test_by_appe(self) -> None:
        """The client sends what is behind the size that it has seen; the commit makes the file."""
        await self.broken(BIG[:100_000])
        await self.finished(BIG[99_999:], WriteMode.APPEND)
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], BIG))

    async def test_by_rest_and_stor(self) -> None:
        """Likewise."""
        await self.broken(b"abcdef")
        await self.finished(b"fgh", WriteMode.MODIFY, 5)
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"abcdefgh"))

    async def test_from_the_true_end(self) -> None:
        """A client that has counted its bytes itself need not send the last byte again."""
        await self.broken(b"abcdef")
        await self.finished(b"gh", WriteMode.MODIFY, 6)
        self.assertEqual(self.disk.content("/a"), b"abcdefgh")

    async def test_from_before_the_end(self) -> None:
        """As in a file in place: bytes are overwritten, and what the client has seen behind them stays."""
        await self.broken(b"abcdef")
        await self.finished(b"C", WriteMode.MODIFY, 2)
        self.assertEqual(self.disk.content("/a"), b"abCde")

    async def test_from_beyond_the_end(self) -> None:
        """There is no gap."""
        await self.broken(b"abcdef")
        with refused(RestartBeyondEnd):
            await self.alice.open_write(A, WriteMode.MODIFY, 7)

    async def test_from_an_offset_in_nothing(self) -> None:
        """Likewise."""
        with refused(RestartBeyondEnd):
            await self.alice.open_write(A, WriteMode.MODIFY, 1)

    async def test_it_breaks_again(self) -> None:
        """And is resumed again."""
        await self.broken(b"abcdef")
        await self.broken(b"fgh", WriteMode.APPEND)
        await self.finished(b"hi", WriteMode.APPEND)
        self.assertEqual(self.disk.content("/a"), b"abcdefghi")

    async def test_a_break_before_the_first_byte_loses_nothing(self) -> None:
        """The data connection may not come about."""
        await self.broken(b"abcdef")
        await self.broken(b"", WriteMode.APPEND)
        self.assertEqual(await self.seen(), [("a", 5)])

    async def test_appe_makes_a_file_hidden_as_well(self) -> None:
        """A first APPE is no different from a STOR."""
        await self.broken(b"abcdef", WriteMode.APPEND)
        self.assertEqual((await self.seen(), await self.seen(self.bob)), ([("a", 5)], []))

    async def test_the_file_has_the_mode_of_new_files(self) -> None:
        """From its commit on."""
        await self.broken(b"abcdef")
        await self.finished(b"f", WriteMode.APPEND)
        self.assertEqual(os.stat(self.disk.host("/a")).st_mode & 0o777, 0o640)

    async def test_the_file_has_no_access_time_in_the_future(self) -> None:
        """The time until which it was kept is forgotten."""
        storage = self.storage(resumable(seconds=100 * DAY))
        await self.broken(b"abcdef", storage=storage)
        await self.finished(b"f", WriteMode.APPEND, storage=storage)
        status = os.stat(self.disk.host("/a"))
        self.assertLess(status.st_atime - status.st_ctime, 60)

    async def test_a_finished_file_appears_meanwhile(self) -> None:
        """A resumed upload gives way, because its client has not asked to replace a file."""
        await self.broken(b"abcdef")
        handle = await self.running(b"fgh", WriteMode.APPEND)
        self.disk.put("/a", b"finished")
        with refused(AlreadyExists):
            await handle.commit()
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"finished"))

    async def test_it_can_be_looked_at_before_the_commit(self) -> None:
        """The whole file, with the bytes from before the break."""
        await self.broken(b"abcdef")
        handle = IInspectable(await self.running(b"fgh", WriteMode.APPEND))
        size = (await handle.settle()).size
        content = await read_all(await handle.open_settled())
        await handle.abort()
        self.assertEqual((size, content), (8, b"abcdefgh"))

    async def test_it_is_not_marked_as_hidden(self) -> None:
        """Its bytes stay after an abort, and quotas look at it as at an upload in place."""
        handle = await self.running(b"abc")
        await handle.abort()
        self.assertFalse(IHiddenWrite.providedBy(handle))

    async def test_the_last_bytes_cannot_be_stored(self) -> None:
        """What a network disk has lost is not resumed."""
        storage = self.storage(resumable(), NoFlush())
        handle = await self.running(BIG, storage=storage)
        with refused(StorageFailed):
            await handle.commit()
        self.assertEqual(self.disk.names("/"), [])

    async def test_the_bytes_cannot_be_synced(self) -> None:
        """What has not reached the disk is not resumed."""
        settings = resumable()
        durable = replace(settings, uploads=replace(settings.uploads, durable=True))
        handle = await self.running(BIG, storage=self.storage(durable, NoSync()))
        with refused(StorageFailed):
            await handle.commit()
        self.assertEqual(self.disk.names("/"), [])

    async def test_it_ends_in_the_quarantine(self) -> None:
        """Nothing is left to resume."""
        self.disk.put_directory("/quarantine")
        settings = resumable()
        place = os.fsdecode(self.disk.host("/quarantine"))
        watched = self.storage(replace(settings, uploads=replace(settings.uploads, quarantine=place)))
        handle = IQuarantinable(await self.running(BIG, storage=watched))
        name = await handle.quarantine(QuarantineLabel(account="alice", path=A))
        self.assertEqual((self.disk.names("/"), self.disk.content(f"/quarantine/{name}")), (["quarantine"], BIG))


class NoSync(ByOpening):
    """A disk that fails when a file is synced."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def sync(self, descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class NoFlush(ByOpening):
    """A network disk that says at the close that it has lost bytes."""

    def __init__(self) -> None:
        super().__init__(open_by_kernel)

    def flush(self, descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class TestAnew(UnfinishedCase):
    """A plain STOR to the name of an unfinished upload."""

    async def test_it_supersedes_the_unfinished_upload(self) -> None:
        """The file is the new upload alone."""
        await self.broken(BIG)
        await self.finished(b"new")
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"new"))

    async def test_if_it_breaks_it_is_the_unfinished_upload(self) -> None:
        """From its first byte on, so that no client resumes other bytes than it has sent last."""
        await self.broken(BIG)
        await self.broken(b"new")
        self.assertEqual(await self.seen(), [("a", 2)])

    async def test_before_its_first_byte_nothing_is_lost(self) -> None:
        """The data connection may not come about."""
        await self.broken(b"abcdef")
        await self.broken(b"")
        self.assertEqual(await self.seen(), [("a", 5)])

    async def test_without_the_right_to_overwrite(self) -> None:
        """Nobody else has seen the upload, so it may be superseded."""
        await self.broken(BIG)
        await self.finished(b"new", WriteMode.SUPERSEDE)
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"new"))

    async def test_without_the_right_to_overwrite_a_finished_file_stays(self) -> None:
        """It has appeared during the upload."""
        await self.broken(BIG)
        handle = await self.running(b"new", WriteMode.SUPERSEDE)
        self.disk.put("/a", b"finished")
        with refused(AlreadyExists):
            await handle.commit()
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"finished"))

    async def test_it_replaces_a_file_that_has_appeared(self) -> None:
        """As with the mode atomic: the last commit counts."""
        handle = await self.running(BIG)
        self.disk.put("/a", b"finished")
        await handle.commit()
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], BIG))

    async def test_a_file_that_has_appeared_is_kept_as_a_version(self) -> None:
        """If versions are kept, of which the upload could not know at its begin."""
        settings = resumable()
        keeping = self.storage(replace(settings, uploads=replace(settings.uploads, keep_versions=1)))
        handle = await self.running(BIG, storage=keeping)
        self.disk.put("/a", b"finished")
        await handle.commit()
        (versions,) = (name for name in self.disk.names("/") if name != "a")
        (version,) = self.disk.names(f"/{versions}")
        self.assertEqual((self.disk.content("/a"), self.disk.content(f"/{versions}/{version}")), (BIG, b"finished"))

    async def test_stou_takes_another_name(self) -> None:
        """The name is taken for this account."""
        await self.broken(b"abcdef")
        with refused(AlreadyExists):
            await self.alice.open_write(A, WriteMode.CREATE, 0)

    async def test_a_broken_stou_is_resumed(self) -> None:
        """Its name was in the reply."""
        await self.broken(b"abcdef", WriteMode.CREATE)
        await self.finished(b"fgh", WriteMode.APPEND)
        self.assertEqual(self.disk.content("/a"), b"abcdefgh")
