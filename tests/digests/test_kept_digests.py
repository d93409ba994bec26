"""Digests in memory, and the store behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.digests import kept_digests
from ftpd_service.digests.kept_digests import (
    CLOSE_SECONDS,
    LOAD_SECONDS,
    SAVE_AFTER_SECONDS,
    STORE_RESTS_SECONDS,
    WORTH_STORING_BYTES,
    KeptDigests,
)
from ftpd_service.errors import DatabaseUnavailable
from ftpd_service.values import DigestRow, FileVersion
from tests.cases import TestCase

SMALL = FileVersion(1, 2, 3, 4, 5)
LARGE = SMALL._replace(size=WORTH_STORING_BYTES)
ROW = DigestRow(LARGE, "md5", "00")


class FakeStore:
    """A store in memory, which may fail or wait."""

    def __init__(self) -> None:
        self.rows: dict[FileVersion, dict[str, str]] = {}
        self.saved: list[Sequence[DigestRow]] = []
        self.loads = 0
        self.failing = False
        self.waiting: Deferred[None] | None = None
        self.closed = False

    async def load(self, version: FileVersion) -> Mapping[str, str]:
        self.loads += 1
        await self._answer()
        return self.rows.get(version, {})

    async def save(self, rows: Sequence[DigestRow]) -> None:
        await self._answer()
        self.saved.append(rows)

    async def close(self) -> None:
        self.closed = True

    async def _answer(self) -> None:
        if self.failing:
            raise DatabaseUnavailable("it is broken")
        if self.waiting is not None:
            await self.waiting


class KeptDigestsTests(TestCase):
    """`KeptDigests` with a store and a clock of the test."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.store = FakeStore()
        self.kept = KeptDigests(self.clock, self.store)

    def late(self, version: FileVersion) -> Deferred[str | None]:
        """Ask for a digest, without waiting for the answer."""
        return Deferred.fromCoroutine(self.kept.find(version, "md5"))

    async def test_what_was_kept_is_found(self) -> None:
        """And counted; an algorithm that was not asked for before is missing."""
        self.kept.keep(DigestRow(SMALL, "md5", "00"))
        self.assertEqual(await self.kept.find(SMALL, "md5"), "00")
        self.assertIsNone(await self.kept.find(SMALL, "sha1"))
        self.assertEqual((self.kept.found, self.kept.missed), (1, 1))

    async def test_each_part_of_a_version_counts(self) -> None:
        """Without the change time ``cp -p`` over the file would go unnoticed."""
        self.kept.keep(DigestRow(SMALL, "md5", "00"))
        others = [SMALL._replace(**{name: 7}) for name in SMALL._fields]
        self.assertEqual([await self.kept.find(other, "md5") for other in others], [None] * 5)

    async def test_a_new_version_replaces_the_former(self) -> None:
        """Which takes no memory any more."""
        newer = SMALL._replace(ctime_ns=6)
        self.kept.keep(DigestRow(SMALL, "md5", "00"))
        self.kept.keep(DigestRow(newer, "md5", "01"))
        self.assertEqual([await self.kept.find(version, "md5") for version in (SMALL, newer)], [None, "01"])

    async def test_more_files_than_the_memory_has_room_for(self) -> None:
        """The file that was used first is forgotten."""
        self.patch(kept_digests, "MOST_REMEMBERED", 2)
        files = [SMALL._replace(inode=number) for number in range(3)]
        for version in files[:2]:
            self.kept.keep(DigestRow(version, "md5", "00"))
        await self.kept.find(files[0], "md5")
        self.kept.keep(DigestRow(files[2], "md5", "00"))
        self.assertEqual([await self.kept.find(version, "md5") for version in files], ["00", None, "00"])

    async def test_a_restart(self) -> None:
        """The store knows the digests of large files, and is asked once."""
        self.store.rows[LARGE] = {"md5": "00", "sha1": "01"}
        self.assertEqual(await self.kept.find(LARGE, "md5"), "00")
        self.assertEqual(await self.kept.find(LARGE, "sha1"), "01")
        self.assertEqual(self.store.loads, 1)

    async def test_small_files(self) -> None:
        """Are neither stored nor asked for."""
        self.kept.keep(DigestRow(LARGE._replace(size=WORTH_STORING_BYTES - 1), "md5", "00"))
        await self.kept.find(SMALL, "md5")
        self.assertEqual((self.clock.getDelayedCalls(), self.store.loads), ([], 0))

    def test_rows_are_saved_together(self) -> None:
        """Some time later: no reply waits for them."""
        self.kept.keep(ROW)
        self.kept.keep(ROW._replace(algorithm="sha1"))
        self.kept.keep(ROW)
        self.assertEqual(self.store.saved, [])
        self.clock.advance(SAVE_AFTER_SECONDS)
        self.assertEqual([[row.algorithm for row in rows] for rows in self.store.saved], [["md5", "sha1"]])

    def test_rows_that_come_while_others_are_saved(self) -> None:
        """Wait for the next time."""
        self.store.waiting = Deferred()
        self.kept.keep(ROW)
        self.clock.advance(SAVE_AFTER_SECONDS)
        self.kept.keep(ROW._replace(algorithm="sha1"))
        self.clock.advance(SAVE_AFTER_SECONDS)
        self.assertEqual(self.store.saved, [])
        waiting, self.store.waiting = self.store.waiting, None
        waiting.callback(None)
        self.clock.advance(SAVE_AFTER_SECONDS)
        self.assertEqual([len(rows) for rows in self.store.saved], [1, 1])

    def test_more_rows_than_may_wait(self) -> None:
        """The oldest is dropped."""
        self.patch(kept_digests, "MOST_UNSAVED", 2)
        for inode in range(3):
            self.kept.keep(DigestRow(LARGE._replace(inode=inode), "md5", "00"))
        self.clock.advance(SAVE_AFTER_SECONDS)
        self.assertEqual([row.version.inode for row in self.store.saved[0]], [1, 2])

    async def test_a_store_that_fails(self) -> None:
        """Nothing is found, and it is not asked again for a while; memory serves."""
        self.store.failing = True
        self.assertIsNone(await self.kept.find(LARGE, "md5"))
        self.kept.keep(ROW)
        self.assertEqual(await self.kept.find(LARGE, "md5"), "00")
        self.assertIsNone(await self.kept.find(LARGE, "sha1"))
        self.assertEqual(self.store.loads, 1)
        self.store.failing = False
        self.clock.advance(STORE_RESTS_SECONDS)
        await self.kept.find(LARGE, "sha1")
        self.assertEqual(self.store.loads, 2)

    def test_a_store_that_cannot_save(self) -> None:
        """The rows are dropped, and later rows wait until it has rested."""
        self.store.failing = True
        self.kept.keep(ROW)
        self.clock.advance(SAVE_AFTER_SECONDS)
        self.store.failing = False
        self.kept.keep(ROW)
        self.clock.advance(SAVE_AFTER_SECONDS)
        self.assertEqual(self.store.saved, [])
        self.clock.advance(STORE_RESTS_SECONDS)
        self.assertEqual(len(self.store.saved), 1)

    def test_a_store_that_does_not_answer(self) -> None:
        """The digest is computed after a second, and at once from then on."""
        self.store.waiting = Deferred()
        asked = self.late(LARGE)
        self.assertNoResult(asked)
        self.clock.advance(LOAD_SECONDS)
        self.assertIsNone(self.successResultOf(asked))
        self.assertIsNone(self.successResultOf(self.late(LARGE)))

    async def test_the_end(self) -> None:
        """Saves the rows that wait, and closes the store."""
        self.kept.keep(ROW)
        await self.kept.close()
        self.assertEqual((len(self.store.saved), self.store.closed, self.clock.getDelayedCalls()), (1, True, []))

    def test_the_end_with_a_store_that_hangs(self) -> None:
        """Waits for some seconds."""
        self.store.waiting = Deferred()
        self.kept.keep(ROW)
        ending = Deferred.fromCoroutine(self.kept.close())
        self.clock.advance(CLOSE_SECONDS)
        self.successResultOf(ending)

    async def test_without_a_store(self) -> None:
        """The memory serves alone."""
        kept = KeptDigests(self.clock)
        kept.keep(ROW)
        self.assertEqual(await kept.find(LARGE, "md5"), "00")
        await kept.close()
