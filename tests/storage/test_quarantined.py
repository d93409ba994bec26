"""Uploads of an account with a quota that end in the quarantine: nothing there counts."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount, Quota
from ftpd_service.errors import QuotaExceeded, StorageFull
from ftpd_service.interfaces import IInspectable, IWriteHandle
from ftpd_service.policy.quotas import Usage
from ftpd_service.quarantine_interfaces import IQuarantinable, QuarantineLabel
from ftpd_service.storage.counting import counted
from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import SynchronousTestCase
from tests.storage.ledgers import LedgerCase, Store
from tests.storage.local.disk import Disk
from tests.storage.local.test_quarantine import OtherFileSystem

LABEL = QuarantineLabel(account="alice", path=VirtualPath("/a"))


class QuarantinedTests(SynchronousTestCase):
    """A home with a file of 4 bytes, and a quota of 20 bytes."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)
        self.disk.put("/a", b"4444")
        self.clock = Clock()
        self.clock.advance(1000)
        self.live = LiveAccount(Account(name="alice", quota_bytes=20))

    def storage(self, mode: UploadMode = UploadMode.ATOMIC, most: int | None = None) -> Limited:
        """The home within the quota."""
        settings = StorageSettings(uploads=UploadPolicy(mode=mode, quarantine=self.mktemp(), quarantine_bytes=most))
        self.ledger = Ledger("alice", Store(), self.clock)
        self.files = self.disk.storage(settings, system=OtherFileSystem())
        return Limited(self.files, self.live, self.ledger)

    def opened(self, storage: Limited, path: str, mode: WriteMode = WriteMode.REPLACE) -> IWriteHandle:
        """An upload with its first three bytes."""
        handle: IWriteHandle = self.successResultOf(storage.open_write(VirtualPath(path), mode, 0))
        self.successResultOf(handle.write(b"abc"))
        return handle

    def agree(self, count: int, files: int) -> None:
        """Demand these totals, of the ledger and of the disk."""
        found, _ = self.successResultOf(counted(self.files, Usage()))
        totals = self.ledger.usage.totals
        self.assertEqual(((totals.bytes, totals.files), (found.bytes, found.files)), ((count, files), (count, files)))

    def test_a_hidden_upload(self) -> None:
        """The former file counts as before, and the upload does not."""
        handle = self.opened(self.storage(), "/a")
        self.successResultOf(IQuarantinable(handle).quarantine(LABEL))
        self.agree(4, 1)

    def test_a_new_file_in_place(self) -> None:
        """It is gone from the home."""
        handle = self.opened(self.storage(UploadMode.IN_PLACE), "/n")
        self.successResultOf(IQuarantinable(handle).quarantine(LABEL))
        self.agree(4, 1)

    def test_a_changed_file(self) -> None:
        """Its former bytes are free again."""
        handle = self.opened(self.storage(), "/a", WriteMode.APPEND)
        self.successResultOf(IQuarantinable(handle).quarantine(LABEL))
        self.agree(0, 0)

    def test_its_room_is_free_again(self) -> None:
        """What the upload held is given back."""
        handle = self.opened(self.storage(), "/a")
        self.successResultOf(IQuarantinable(handle).quarantine(LABEL))
        self.assertEqual(self.ledger.usage.left(Quota(bytes=20)), 16)

    def test_a_refusal_in_place(self) -> None:
        """The bytes stay under the name, and count."""
        handle = self.opened(self.storage(UploadMode.IN_PLACE, most=0), "/n")
        self.failureResultOf(IQuarantinable(handle).quarantine(LABEL), QuotaExceeded)
        self.agree(7, 2)

    def test_the_floor_of_free_space(self) -> None:
        """`limits.free_space` of the account holds where the upload is copied to."""
        handle = self.opened(self.storage(), "/a")
        self.live.account = Account(name="alice", quota_bytes=20, free_space=2**60)
        self.failureResultOf(IQuarantinable(handle).quarantine(LABEL), StorageFull)
        self.agree(4, 1)


class PassedOnTests(LedgerCase):
    """What the handles of a storage with limits provide."""

    def test_only_what_the_inner_handle_provides(self) -> None:
        """Uploads of the memory storage can be looked at, and cannot be put into quarantine."""
        handle = self.open("/n")
        self.assertTrue(IInspectable.providedBy(handle))
        self.assertFalse(IQuarantinable.providedBy(handle))
