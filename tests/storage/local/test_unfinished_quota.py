"""Unfinished uploads in the quota of their account, and the permissions that they need."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import AlreadyExists, PermissionDenied, QuotaExceeded
from ftpd_service.policy.permissions import Rules
from ftpd_service.policy.quotas import Totals
from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.permitted import Permitted
from ftpd_service.testing.contract_ground import refused
from ftpd_service.testing.contract_trees import removed, without
from ftpd_service.values import Permissions, TreeCounts, VirtualPath, WriteMode
from tests.storage.ledgers import Store
from tests.storage.local.unfinished_case import A, UnfinishedCase, resumable

QUOTA = 1_000_000
FEW = b"x" * 100_000
"""More than a handle keeps in memory."""


class TestQuota(UnfinishedCase):
    """Alice with a quota of 1,000,000 bytes."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = Clock()
        self.clock.advance(1000)
        self.live = LiveAccount(Account(name="alice", quota_bytes=QUOTA))
        self.begin()

    def begin(self) -> None:
        """Start, or start again: nothing is in memory."""
        self.ledger = Ledger("alice", Store(), self.clock)
        self.alice = Limited(self.storage(resumable()), self.live, self.ledger)

    @property
    def totals(self) -> Totals:
        """What the ledger says is stored."""
        return self.ledger.usage.totals

    async def test_a_broken_upload_counts(self) -> None:
        """As its account sees it."""
        await self.broken(FEW)
        self.assertEqual(self.totals, Totals(99_999, 1))

    async def test_a_small_broken_upload_counts(self) -> None:
        """Its bytes were in memory until the break."""
        await self.broken(b"abcdef")
        self.assertEqual(self.totals, Totals(5, 1))

    async def test_a_tree_that_is_removed_counts_no_longer(self) -> None:
        """Its unfinished uploads go with it, and those of other accounts too."""
        self.disk.put_directory("/d")
        await self.broken(FEW, path="/d/a")
        await self.broken(FEW, path="/d/b", storage=self.bob)
        self.assertEqual(await removed(self.alice, "/d"), TreeCounts(files=1, directories=1))
        self.assertEqual((self.totals, self.disk.names("/")), (Totals(), []))

    async def test_a_superseded_upload_in_a_tree(self) -> None:
        """It goes with the file of its name, which alone has counted."""
        self.disk.put_directory("/d")
        await self.broken(FEW, path="/d/a")
        self.disk.put("/d/a", b"1234")
        self.begin()
        await self.finished(b"abc", path="/b")
        self.assertEqual(self.totals, Totals(7, 2))
        self.assertEqual(await removed(self.alice, "/d"), TreeCounts(files=1, directories=1))
        self.assertEqual((self.totals, self.disk.names("/")), (Totals(3, 1), ["b"]))

    async def test_a_tree_whose_uploads_may_not_be_removed(self) -> None:
        """They stay, as files would."""
        self.disk.put_directory("/d")
        await self.broken(FEW, path="/d/a")
        with refused(PermissionDenied):
            await removed(self.alice, "/d", without(Permissions.DELETE, "/d"))
        self.assertEqual((self.totals, await self.seen(path="/d")), (Totals(99_999, 1), [("a", 99_999)]))

    async def test_it_counts_after_a_restart(self) -> None:
        """The files are counted before the next upload."""
        await self.broken(FEW)
        self.begin()
        await self.finished(b"b", path="/b")
        self.assertEqual(self.totals, Totals(100_000, 2))

    async def test_a_resumed_upload_counts_once(self) -> None:
        """The part that was there and the part that is new."""
        await self.broken(FEW)
        await self.finished(FEW, WriteMode.APPEND)
        self.assertEqual((self.totals, self.ledger.counts), (Totals(199_999, 1), 1))

    async def test_a_new_upload_counts_alone(self) -> None:
        """The unfinished upload has gone."""
        await self.broken(FEW)
        await self.finished(b"new")
        self.assertEqual((self.totals, self.ledger.counts), (Totals(3, 1), 1))

    async def test_a_removed_upload_does_not_count(self) -> None:
        """DELE gives its room back."""
        await self.broken(FEW)
        await self.alice.remove_file(A)
        self.assertEqual((self.totals, self.ledger.counts), (Totals(0, 0), 1))

    async def test_a_file_renamed_over_it(self) -> None:
        """The file counts alone."""
        await self.finished(b"finished", path="/b")
        await self.broken(FEW)
        await self.alice.rename(VirtualPath("/b"), A)
        self.assertEqual((self.totals, self.ledger.counts), (Totals(8, 1), 1))

    async def test_broken_uploads_fill_the_quota(self) -> None:
        """So that nobody stores more than it as broken uploads."""
        for number in range(9):
            await self.broken(FEW, path=f"/{number}")
        with refused(QuotaExceeded):
            await self.broken(FEW + FEW, path="/9")
        self.assertLessEqual(sum(size for _, size in await self.seen()), QUOTA)

    async def test_the_quota_breaks_an_upload(self) -> None:
        """The bytes that fitted are kept, and can be removed."""
        handle = await self.alice.open_write(A, WriteMode.REPLACE, 0)
        with refused(QuotaExceeded):
            await handle.write(FEW * 11)
        await handle.abort()
        self.assertEqual(await self.seen(), [("a", QUOTA - 1)])

    async def test_a_resumed_upload_has_the_room_that_is_left(self) -> None:
        """Its bytes from before the break count already."""
        await self.broken(FEW * 9)
        await self.finished(FEW, WriteMode.APPEND)
        self.assertEqual(self.totals, Totals(QUOTA - 1, 1))


class TestPermissions(UnfinishedCase):
    """An account that may make files, and see them, but not change them."""

    def setUp(self) -> None:
        super().setUp()
        rules = Rules(Permissions.LIST | Permissions.CREATE)
        self.alice = Permitted(self.storage(resumable()), rules)

    async def test_it_resumes_its_upload(self) -> None:
        """Going on with a file that nobody has seen is still making it."""
        await self.broken(b"abcdef")
        await self.finished(b"fgh", WriteMode.MODIFY, 5)
        self.assertEqual(self.disk.content("/a"), b"abcdefgh")

    async def test_it_begins_anew(self) -> None:
        """Likewise."""
        await self.broken(b"abcdef")
        await self.finished(b"new")
        self.assertEqual(self.disk.content("/a"), b"new")

    async def test_it_replaces_no_file_that_has_appeared(self) -> None:
        """Other accounts can make a file meanwhile."""
        await self.broken(b"abcdef")
        handle = await self.running(b"new")
        self.disk.put("/a", b"finished")
        with refused(AlreadyExists):
            await handle.commit()
        self.assertEqual(self.disk.content("/a"), b"finished")

    async def test_it_changes_no_finished_file(self) -> None:
        """As ever."""
        self.disk.put("/a", b"finished")
        with refused(PermissionDenied):
            await self.broken(b"more", WriteMode.MODIFY, 3)

    async def test_it_resumes_nothing(self) -> None:
        """The answer to a missing file is that to a finished file."""
        with refused(PermissionDenied):
            await self.broken(b"more", WriteMode.MODIFY, 3)
