"""Who sees an unfinished upload, and how long it is kept."""

from __future__ import annotations

import os

from ftpd_service.errors import NotEmpty, NotFound, TemporarilyUnavailable
from ftpd_service.policy.quotas import Totals, Usage
from ftpd_service.storage.counting import counted
from ftpd_service.storage.local.scan import SORTED_NAMES
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import read, refused, stat
from ftpd_service.upload_policy import UploadPolicy
from ftpd_service.values import EntryKind, VirtualPath, WriteMode
from tests.storage.local.unfinished_case import DAY, HOUR, A, UnfinishedCase, resumable

D = VirtualPath("/d")


class TestOthers(UnfinishedCase):
    """Another account with the same home."""

    async def test_it_sees_nothing(self) -> None:
        """Neither by a look nor by a listing."""
        await self.broken(b"abcdef")
        with refused(NotFound):
            await self.bob.stat(A)
        self.assertEqual(await self.seen(self.bob), [])

    async def test_it_can_neither_read_nor_remove_nor_rename_it(self) -> None:
        """The name is free for it."""
        await self.broken(b"abcdef")
        with refused(NotFound):
            await read(self.bob, "/a")
        with refused(NotFound):
            await self.bob.remove_file(A)
        with refused(NotFound):
            await self.bob.rename(A, VirtualPath("/b"))

    async def test_it_cannot_reach_the_hidden_name(self) -> None:
        """No client sees such a name."""
        await self.broken(b"abcdef")
        with refused(NotFound):
            await read(self.bob, f"/{self.hidden()[0]}")

    async def test_each_account_has_its_own(self) -> None:
        """They are resumed apart; the last commit is the file."""
        await self.broken(b"alice's ")
        await self.broken(b"bob's ", storage=self.bob)
        seen = (await self.seen(), await self.seen(self.bob))
        await self.finished(b" file", WriteMode.APPEND)
        between = self.disk.content("/a")
        self.assertEqual((seen, between), (([("a", 7)], [("a", 5)]), b"alice's file"))

    async def test_an_append_of_another_account_does_not_wait(self) -> None:
        """It cannot know of the upload."""
        handle = await self.running(b"alice's", WriteMode.APPEND)
        await self.finished(b"bob's", WriteMode.APPEND, storage=self.bob)
        await handle.abort()
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"bob's"))

    async def test_another_session_of_the_account_sees_it(self) -> None:
        """Also after a restart: nothing is in memory."""
        await self.broken(b"abcdef")
        self.disk.hidden.names.clear()
        again = self.storage(resumable())
        await self.finished(b"fgh", WriteMode.APPEND, storage=again)
        self.assertEqual(self.disk.content("/a"), b"abcdefgh")

    async def test_a_file_of_another_account_supersedes_it(self) -> None:
        """The file is seen, and the next listing removes the upload."""
        await self.broken(b"abcdef")
        await self.finished(b"bob's", storage=self.bob)
        during = await self.seen()
        self.assertEqual((during, self.disk.names("/")), ([("a", 5)], ["a"]))

    async def test_it_makes_a_directory_of_that_name(self) -> None:
        """Which supersedes the upload."""
        await self.broken(b"abcdef")
        await self.bob.make_directory(A)
        self.assertEqual((await stat(self.alice, "/a")).kind, EntryKind.DIRECTORY)

    async def test_it_removes_the_directory(self) -> None:
        """As a directory with leftovers, because it sees an empty directory."""
        self.disk.put_directory("/d")
        await self.broken(b"abcdef", path="/d/a")
        await self.bob.remove_directory(D)
        self.assertEqual(self.disk.names("/"), [])

    async def test_it_cannot_remove_the_directory_of_a_running_upload(self) -> None:
        """As with leftovers."""
        self.disk.put_directory("/d")
        handle = await self.running(b"abcdef", path="/d/a")
        with refused(TemporarilyUnavailable):
            await self.bob.remove_directory(D)
        await handle.abort()

    async def test_its_own_account_cannot_remove_the_directory(self) -> None:
        """It sees a file in it."""
        self.disk.put_directory("/d")
        await self.broken(b"abcdef", path="/d/a")
        with refused(NotEmpty):
            await self.alice.remove_directory(D)


class TestLargeDirectory(UnfinishedCase):
    """A directory that is listed in the order of the disk."""

    async def test_its_account_sees_it(self) -> None:
        """Wherever the scan meets the hidden name."""
        self.disk.put_many("/f", SORTED_NAMES)
        await self.broken(b"abcdef")
        await self.broken(b"abcdef", path="/b")
        found = [name for name, size in await self.seen() if size]
        self.assertEqual(sorted(found), ["a", "b"])


class TestSweep(UnfinishedCase):
    """The time for which a broken upload is kept."""

    async def test_within_the_time(self) -> None:
        """It is there."""
        await self.broken(b"abcdef")
        self.later = DAY - HOUR
        self.assertEqual(await self.seen(), [("a", 5)])

    async def test_after_the_time_it_is_not_seen(self) -> None:
        """Before any sweep."""
        await self.broken(b"abcdef")
        self.later = DAY + HOUR
        with refused(NotFound):
            await self.alice.stat(A)

    async def test_after_the_time_it_is_not_resumed(self) -> None:
        """The upload begins anew."""
        await self.broken(b"abcdef")
        self.later = DAY + HOUR
        await self.finished(b"new", WriteMode.APPEND)
        self.assertEqual((self.disk.names("/"), self.disk.content("/a")), (["a"], b"new"))

    async def test_after_the_time_a_listing_removes_it(self) -> None:
        """Of any account."""
        await self.broken(b"abcdef")
        self.later = DAY + HOUR
        await self.seen(self.bob)
        self.assertEqual(self.disk.names("/"), [])

    async def test_after_the_time_an_upload_removes_it(self) -> None:
        """Of any account, to another name."""
        await self.broken(b"abcdef")
        self.later = DAY + HOUR
        await self.finished(b"b", path="/b", storage=self.bob)
        self.assertEqual(self.disk.names("/"), ["b"])

    async def test_after_the_time_it_cannot_be_removed(self) -> None:
        """DELE answers as for a missing file, and removes it all the same."""
        await self.broken(b"abcdef")
        self.later = DAY + HOUR
        with refused(NotFound):
            await self.alice.remove_file(A)
        self.assertEqual(self.disk.names("/"), [])

    async def test_an_account_that_keeps_uploads_longer(self) -> None:
        """Other accounts keep them as long, whatever they keep themselves."""
        await self.broken(b"abcdef", storage=self.storage(resumable(seconds=3 * DAY)))
        self.later = 2 * DAY
        await self.seen(self.bob)
        await self.seen(self.storage(StorageSettings()))
        kept = self.hidden()
        self.later = 4 * DAY
        await self.seen(self.storage(StorageSettings()))
        self.assertEqual((len(kept), self.hidden()), (1, []))

    async def test_an_account_that_keeps_uploads_shorter(self) -> None:
        """Its own sweep removes them then; others keep them for a day."""
        storage = self.storage(resumable(seconds=HOUR))
        await self.broken(b"abcdef", storage=storage)
        self.later = 2 * HOUR
        await self.seen(self.bob)
        kept = self.hidden()
        await self.seen(storage)
        self.assertEqual((len(kept), self.hidden()), (1, []))

    async def test_others_that_keep_uploads_shorter(self) -> None:
        """They remove nothing that its account can resume, also after a kill, which leaves no access time."""
        await self.broken(b"abcdef")
        self.later = 2 * HOUR
        await self.seen(self.storage(resumable("bob", seconds=HOUR)))
        self.assertEqual(await self.seen(), [("a", 5)])

    async def test_a_running_upload_is_kept(self) -> None:
        """However long its client pauses."""
        handle = await self.running(b"abcdef" * 100_000)
        self.later = 2 * DAY
        await self.seen(self.bob)
        self.later = 0.0
        await handle.commit()
        self.assertEqual(self.disk.names("/"), ["a"])

    async def test_a_storage_with_another_mode_sweeps_too(self) -> None:
        """The account may have been removed."""
        await self.broken(b"abcdef")
        self.later = DAY + HOUR
        await self.seen(self.storage(StorageSettings(uploads=UploadPolicy())))
        self.assertEqual(self.disk.names("/"), [])

    async def test_a_name_that_only_looks_alike(self) -> None:
        """It belongs to a user of the host."""
        self.disk.put("/.ftpd-resume-mine", b"mine")
        os.utime(self.disk.host("/.ftpd-resume-mine"), (0, 0))
        await self.seen()
        self.assertEqual(self.disk.names("/"), [".ftpd-resume-mine"])


class TestCounting(UnfinishedCase):
    """Unfinished uploads count as files of their account."""

    async def test_it_counts(self) -> None:
        """As its account sees it."""
        await self.broken(b"abcdef")
        totals, _ = await counted(self.alice, Usage())
        self.assertEqual(totals, Totals(5, 1))

    async def test_it_does_not_count_for_others(self) -> None:
        """They could not even remove it."""
        await self.broken(b"abcdef")
        totals, _ = await counted(self.bob, Usage())
        self.assertEqual(totals, Totals(0, 0))
