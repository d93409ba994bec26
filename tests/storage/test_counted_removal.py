"""The removal of a tree in the ledger of its account."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from zope.interface import implementer

from ftpd_service.errors import RemovedInPart, StorageError, StorageFailed
from ftpd_service.storage.counted_removal import CountedRemoval
from ftpd_service.testing.contract_trees import EVERYTHING, removed, without
from ftpd_service.tree_interfaces import ITreeRemoval
from ftpd_service.values import Permissions, RemovedFile, TreeCounts, VirtualPath
from tests.storage.ledgers import LedgerCase


@implementer(ITreeRemoval)
class RemovalOfB:
    """A removal that has removed a file of 6 bytes before its step ends.

    :ivar ends: the end of the step.
    """

    def __init__(self) -> None:
        self.ends: Deferred[bool] = Deferred()

    async def step(self) -> bool:
        return await self.ends

    def removed(self) -> tuple[RemovedFile, ...]:
        return (RemovedFile(VirtualPath("/d/b"), "", 6),)

    def counts(self) -> TreeCounts:
        return TreeCounts(files=1)

    async def close(self) -> None:
        """Do nothing."""


class RemovalTests(LedgerCase):
    """The totals after a removal."""

    def setUp(self) -> None:
        super().setUp()
        self.successResultOf(self.ledger.ready(self.storage._count))

    def test_a_tree_gives_its_room_back(self) -> None:
        """At once, without a count."""
        self.successResultOf(removed(self.storage, "/d"))
        self.assertEqual((self.totals, self.ledger.counts), ((4, 1), 1))

    def test_a_tree_that_stays_in_part(self) -> None:
        """The files that stay are counted still."""
        self.memory.put("/d/e/c", b"1")
        self.failureResultOf(removed(self.storage, "/d", without(Permissions.DELETE, "/d/e")), RemovedInPart)
        self.assertEqual(self.totals, (4, 1))

    def ended(self, problem: BaseException) -> None:
        """End a step, in which a file was removed, by an error."""
        inner = RemovalOfB()
        step = Deferred.fromCoroutine(CountedRemoval(self.ledger, inner).step())
        inner.ends.errback(problem)
        self.failureResultOf(step, type(problem))

    def test_a_cancelled_step(self) -> None:
        """It has ended, and its files are known: nothing needs to be counted."""
        self.ended(CancelledError())
        self.assertEqual(self.totals, (4, 1))
        self.successResultOf(self.ledger.ready(self.storage._count))
        self.assertEqual(self.ledger.counts, 1)

    def test_a_step_of_unknown_outcome(self) -> None:
        """The files are counted before the next upload that needs room."""
        problem: StorageError = StorageFailed("EIO")
        self.ended(problem)
        self.clock.advance(10_000)
        self.successResultOf(self.ledger.ready(self.storage._count))
        self.assertEqual(self.ledger.counts, 2)

    def test_a_removal_without_a_quota(self) -> None:
        """It is that of the storage itself."""
        inner = self.successResultOf(self.memory.open_removal(VirtualPath("/d"), EVERYTHING))
        self.assertNotIsInstance(inner, CountedRemoval)
