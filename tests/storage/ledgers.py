"""A storage in memory with a quota, and what keeps its totals."""

from __future__ import annotations

from twisted.internet.task import Clock

from ftpd_service.account import Account, LiveAccount
from ftpd_service.errors import DatabaseUnavailable, QuotaExceeded
from ftpd_service.interfaces import IWriteHandle
from ftpd_service.policy.quotas import Totals, Usage
from ftpd_service.storage.counting import counted
from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import SynchronousTestCase


class Store:
    """Totals in memory, with a list of what was asked.

    :ivar down: whether every call fails.
    :ivar lost: whether every answer is lost, after the call has done its work.
    """

    def __init__(self) -> None:
        self.totals: dict[str, Totals | None] = {}
        self.calls: list[str] = []
        self.down = False
        self.lost = False

    def _called(self, call: str) -> None:
        if self.down:
            raise DatabaseUnavailable("away")
        self.calls.append(call)

    async def load(self, name: str) -> Totals | None:
        """Return what is kept and clean."""
        self._called("load")
        return self.totals.get(name)

    async def mark_dirty(self, name: str) -> bool:
        """Forget the totals."""
        self._called("dirty")
        known = name in self.totals
        self.totals[name] = None
        return known

    async def save(self, name: str, totals: Totals) -> bool:
        """Keep the totals."""
        self._called("save")
        known = name in self.totals
        if known:
            self.totals[name] = totals
        if self.lost:
            raise DatabaseUnavailable("no answer")
        return known


class LedgerCase(SynchronousTestCase):
    """A memory storage of alice, with files of 4 and 6 bytes, and a quota of 20 bytes and 4 files."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.memory = MemoryStorage()
        self.memory.put("/a", b"4444")
        self.memory.put_directory("/d")
        self.memory.put("/d/b", b"666666")
        self.live = LiveAccount(Account(name="alice", quota_bytes=20, quota_files=4))
        self.store = Store()
        self.ledger = Ledger("alice", self.store, self.clock)
        self.storage = Limited(self.memory, self.live, self.ledger)

    @property
    def totals(self) -> tuple[int, int]:
        """What the ledger says is stored, once nothing runs."""
        totals = self.ledger.usage.totals
        return totals.bytes, totals.files

    @property
    def stored(self) -> tuple[int, int]:
        """What is stored."""
        totals = self.walked()
        return totals.bytes, totals.files

    def walked(self) -> Totals:
        """Count."""
        totals, _ = self.successResultOf(counted(self.memory, Usage()))
        assert isinstance(totals, Totals)
        return totals

    def count(self) -> None:
        """Count as before an upload; again once a count may be made again."""
        self.ledger.doubt()
        self.successResultOf(self.ledger.ready(self.storage._count))

    def open(self, path: str, mode: WriteMode = WriteMode.REPLACE, offset: int = 0) -> IWriteHandle:
        """An upload that begins."""
        handle: IWriteHandle = self.successResultOf(self.storage.open_write(VirtualPath(path), mode, offset))
        return handle

    def write(self, handle: IWriteHandle, data: bytes) -> None:
        """Write."""
        self.successResultOf(handle.write(data))

    def commit(self, handle: IWriteHandle) -> None:
        """Commit."""
        self.successResultOf(handle.commit())

    def abort(self, handle: IWriteHandle) -> None:
        """Abort."""
        self.successResultOf(handle.abort())

    def remove_unseen(self, name: str) -> None:
        """Remove a file of the root as another program does."""
        del self.memory.root.names[name]

    def restart(self) -> None:
        """Begin anew with what the store has."""
        self.ledger = Ledger("alice", self.store, self.clock)
        self.storage = Limited(self.memory, self.live, self.ledger)

    def in_place(self) -> None:
        """Write every upload under its final name, as storages without hidden names do."""
        self.memory.apply(StorageSettings(uploads=UploadPolicy(mode=UploadMode.IN_PLACE)))

    def agree(self, count: int, files: int) -> None:
        """Demand these totals, of the ledger and of the storage."""
        self.assertEqual((self.totals, self.stored), ((count, files), (count, files)))

    async def upload(self, path: str, data: bytes, mode: WriteMode, offset: int) -> None:
        """Upload, in two pieces."""
        handle = await self.storage.open_write(VirtualPath(path), mode, offset)
        try:
            for piece in (data[:1], data[1:]):
                if piece:
                    await handle.write(piece)
            await handle.commit()
        finally:
            await handle.abort()

    def put(self, path: str, data: bytes, mode: WriteMode = WriteMode.REPLACE, offset: int = 0) -> None:
        """Upload a whole file."""
        self.successResultOf(self.upload(path, data, mode, offset))

    def refuse(self, path: str, data: bytes, mode: WriteMode = WriteMode.REPLACE, offset: int = 0) -> None:
        """Demand that an upload exceeds the quota."""
        self.failureResultOf(self.upload(path, data, mode, offset), QuotaExceeded)
