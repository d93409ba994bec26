"""Uploads within a quota: exactly the room, and never more."""

from __future__ import annotations

from ftpd_service.account import Account
from ftpd_service.errors import QuotaExceeded
from ftpd_service.interfaces import IInspectable, ISizeLimits
from ftpd_service.storage.limited_handles import Allowance, limited_handle
from ftpd_service.values import VirtualPath, WriteMode
from tests.data.handles import MemoryWriteHandle
from tests.storage.ledgers import LedgerCase

A, N = VirtualPath("/a"), VirtualPath("/n")


async def nothing() -> None:
    """Demand no free space."""


class QuotaTests(LedgerCase):
    """No upload takes more than is left: 10 of 20 bytes, 2 of 4 files."""

    def test_exactly_the_room(self) -> None:
        """The last byte fits."""
        self.put("/n", b"0123456789")
        self.agree(20, 3)

    def test_one_byte_more(self) -> None:
        """Nothing of the upload is left."""
        self.refuse("/n", b"0123456789x")
        self.agree(10, 2)

    def test_former_file_stays(self) -> None:
        """An upload that would be too large replaces nothing."""
        self.refuse("/a", b"0123456789abcde")
        self.assertEqual(self.memory.content("/a"), b"4444")
        self.agree(10, 2)

    def test_replacing_may_use_the_former_room(self) -> None:
        """10 bytes that are left, and the 4 of the file itself."""
        self.put("/a", b"0123456789abcd")
        self.agree(20, 2)

    def test_append_keeps_what_fits(self) -> None:
        """To the byte, as with a descriptor."""
        self.refuse("/a", b"0123456789x", WriteMode.APPEND)
        self.agree(20, 2)

    def test_full_account_is_refused_before_a_byte(self) -> None:
        """`open_write` itself raises, so no data connection is opened."""
        self.put("/n", b"0123456789")
        self.clock.advance(61)
        self.failureResultOf(self.storage.open_write(VirtualPath("/m"), WriteMode.REPLACE, 0), QuotaExceeded)

    def test_number_of_files(self) -> None:
        """The fourth file fits, the fifth does not, and an existing one may be replaced."""
        self.put("/n", b"")
        self.put("/m", b"")
        self.failureResultOf(self.storage.open_write(VirtualPath("/o"), WriteMode.REPLACE, 0), QuotaExceeded)
        self.put("/n", b"1")
        self.agree(11, 4)

    def test_files_that_another_program_has_removed(self) -> None:
        """Before a refusal the files are counted anew, unless that was done a short while ago."""
        self.put("/n", b"0123456789")
        self.remove_unseen("n")
        self.failureResultOf(self.storage.open_write(VirtualPath("/m"), WriteMode.REPLACE, 0), QuotaExceeded)
        self.clock.advance(61)
        self.put("/m", b"1")
        self.agree(11, 3)

    def test_upload_that_is_cut_off_although_another_program_has_removed_files(self) -> None:
        """The files are counted before the next upload, so the client's next attempt has the room."""
        self.put("/n", b"012345678")
        self.remove_unseen("n")
        self.refuse("/m", b"12345")
        self.clock.advance(61)
        self.put("/m", b"12345")
        self.agree(15, 3)

    def test_totals_of_a_full_account_are_kept(self) -> None:
        """An upload that is cut off puts them in no doubt."""
        self.refuse("/n", b"0123456789x")
        self.clock.advance(6)
        self.assertEqual(self.store.totals, {"alice": self.walked()})

    def test_changed_quota_counts_at_the_next_piece(self) -> None:
        """Also in an upload that runs."""
        handle = self.successResultOf(self.storage.open_write(N, WriteMode.REPLACE, 0))
        self.successResultOf(handle.write(b"1"))
        self.live.account = Account(name="alice", quota_bytes=11)
        self.failureResultOf(handle.write(b"2"), QuotaExceeded)
        self.live.account = Account(name="alice", quota_bytes=12)
        self.successResultOf(handle.write(b"2"))
        self.successResultOf(handle.commit())
        self.agree(12, 3)

    def test_handle_that_cannot_be_looked_at(self) -> None:
        """The wrapper provides no more than its inner handle."""
        allowance = Allowance(self.live, 0, nothing, None)
        self.assertFalse(IInspectable.providedBy(limited_handle(MemoryWriteHandle(), allowance)))
        self.assertTrue(IInspectable.providedBy(limited_handle(self.open("/n"), allowance)))

    def test_allo_beyond_the_quota(self) -> None:
        """The size is known before the first byte."""
        limits = ISizeLimits(self.storage)
        self.successResultOf(limits.demand_room(N, WriteMode.REPLACE, 0, 10))
        self.failureResultOf(limits.demand_room(N, WriteMode.REPLACE, 0, 11), QuotaExceeded)
        self.successResultOf(limits.demand_room(A, WriteMode.REPLACE, 0, 14))

    def test_allo_before_appe(self) -> None:
        """Nothing of the file is replaced."""
        limits = ISizeLimits(self.storage)
        self.successResultOf(limits.demand_room(A, WriteMode.APPEND, 0, 10))
        self.failureResultOf(limits.demand_room(A, WriteMode.APPEND, 0, 11), QuotaExceeded)

    def test_allo_after_rest(self) -> None:
        """Some clients announce the whole file, others the rest; only a size that is too large for both is refused."""
        limits = ISizeLimits(self.storage)
        self.successResultOf(limits.demand_room(A, WriteMode.MODIFY, 4, 14))
        self.failureResultOf(limits.demand_room(A, WriteMode.MODIFY, 4, 15), QuotaExceeded)

    def test_allo_while_another_upload_runs(self) -> None:
        """Its bytes are taken."""
        self.write(self.open("/n"), b"123456")
        self.failureResultOf(ISizeLimits(self.storage).demand_room(A, WriteMode.APPEND, 0, 5), QuotaExceeded)

    def test_bytes_inside_a_file_of_a_full_account(self) -> None:
        """Nothing grows."""
        self.put("/n", b"0123456789")
        self.put("/n", b"abcde", WriteMode.MODIFY, 5)
        self.refuse("/n", b"abcdef", WriteMode.MODIFY, 5)
        self.agree(20, 3)

    def test_replacement_in_a_full_account(self) -> None:
        """The former file makes room, also for an empty file."""
        self.put("/n", b"0123456789")
        self.put("/n", b"")
        self.agree(10, 3)

    def test_uploads_of_one_file(self) -> None:
        """Its room is used once, whichever path leads to it."""
        self.memory.put_link("/l", "/a")
        self.put("/n", b"0123456")
        handles = [self.open(path) for path in ("/a", "/l")]
        self.write(handles[0], b"1234567")
        self.failureResultOf(handles[1].write(b"1"), QuotaExceeded)
