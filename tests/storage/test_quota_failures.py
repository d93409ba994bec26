"""Uploads in a ledger whose store or storage fails: nothing is stored wrong, and nothing stays held."""

from __future__ import annotations

from ftpd_service.errors import AlreadyExists, DatabaseUnavailable, StorageFailed, TemporarilyUnavailable
from ftpd_service.interfaces import IWriteHandle
from ftpd_service.storage.ledger import RECOUNT_SECONDS
from ftpd_service.storage.limited_handles import LimitedDescriptor, LimitedWrite
from ftpd_service.storage.memory.handles import HiddenWrite
from ftpd_service.values import Entry, VirtualPath, WriteMode
from tests.storage.ledgers import LedgerCase


class DirtyTests(LedgerCase):
    """The account is dirty in the store before its files change."""

    def setUp(self) -> None:
        super().setUp()
        self.count()
        self.clock.advance(5)

    def test_before_the_first_byte_in_place(self) -> None:
        """A process that is killed then has left bytes that nobody has counted."""
        handle = self.open("/a", WriteMode.APPEND)
        self.write(handle, b"1")
        self.assertIsNone(self.store.totals["alice"])

    def test_before_a_descriptor_in_place(self) -> None:
        """To ask for it may cut the file."""
        self.store.down = True
        upload = DescriptorOf(self.open("/a", WriteMode.APPEND))
        self.failureResultOf(upload.descriptor(), DatabaseUnavailable)

    def test_before_a_commit(self) -> None:
        """A hidden upload changes nothing before."""
        handle = self.open("/n")
        self.write(handle, b"1")
        self.assertIsNotNone(self.store.totals["alice"])
        self.commit(handle)
        self.assertIsNone(self.store.totals["alice"])

    def test_after_a_lost_answer(self) -> None:
        """The totals may have been kept, so the next change marks them again."""
        self.put("/n", b"1")
        self.store.lost = True
        self.clock.advance(5)
        self.store.lost = False
        self.put("/m", b"1")
        self.assertIsNone(self.store.totals["alice"])

    def test_store_that_goes_away_before_the_commit(self) -> None:
        """The upload fails and leaves nothing, and its names are free."""
        handle = self.open("/n", WriteMode.CREATE)
        self.write(handle, b"1")
        self.store.down = True
        self.failureResultOf(handle.commit(), TemporarilyUnavailable)
        self.store.down = False
        self.commit(self.open("/n", WriteMode.CREATE))
        self.agree(10, 3)

    def test_store_that_goes_away_before_the_first_byte_in_place(self) -> None:
        """No byte is written, and the abort raises nothing and frees the names."""
        self.store.down = True
        handle = self.open("/a", WriteMode.APPEND)
        self.failureResultOf(handle.write(b"1"), DatabaseUnavailable)
        self.abort(handle)
        self.store.down = False
        self.put("/a", b"1", WriteMode.APPEND)
        self.agree(11, 2)

    def test_store_that_goes_away_during_an_upload_in_place(self) -> None:
        """The account is dirty already, so the abort needs no answer."""
        handle = self.open("/a", WriteMode.APPEND)
        self.write(handle, b"1")
        self.store.down = True
        self.abort(handle)
        self.agree(11, 2)


class FailureTests(LedgerCase):
    """Ends of which nobody knows what they have done."""

    def test_commit(self) -> None:
        """It counts as done, until the files are counted."""
        handle = self.open("/a")
        self.write(handle, b"123456")
        self.patch(HiddenWrite, "_present", failing)
        self.failureResultOf(handle.commit(), StorageFailed)
        self.assertEqual((self.totals, self.ledger.usage.busy), ((12, 2), False))

    def test_abort_in_place(self) -> None:
        """It raises nothing."""
        handle = self.open("/a", WriteMode.APPEND)
        self.write(handle, b"12")
        self.patch(self.memory, "stat", away)
        self.abort(handle)
        self.assertEqual((self.totals, self.ledger.usage.busy), ((12, 2), False))

    def test_refused_commit(self) -> None:
        """Nothing has changed, so nothing is in doubt."""
        handle = self.open("/n", WriteMode.CREATE)
        self.memory.put("/n", b"")
        self.failureResultOf(handle.commit(), AlreadyExists)
        self.clock.advance(RECOUNT_SECONDS)
        self.put("/m", b"1")
        self.assertEqual(self.ledger.counts, 1)


def failing(*given: object) -> None:
    """Fail."""
    raise StorageFailed("I/O error")


async def away(path: VirtualPath) -> Entry:
    """Fail as a storage that does not answer."""
    raise StorageFailed("I/O error")


class DescriptorOf(LimitedDescriptor):
    """An upload that has a descriptor, over the handle of one that has none."""

    def __init__(self, handle: IWriteHandle) -> None:
        assert isinstance(handle, LimitedWrite)
        super().__init__(NoDescriptor(), handle._allowance)  # type: ignore[arg-type]  # the only method that matters


class NoDescriptor:
    """A handle whose descriptor nobody may ask for."""

    async def descriptor(self) -> int:
        """Fail."""
        raise AssertionError
