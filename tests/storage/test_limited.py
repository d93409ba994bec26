"""The wrapper that keeps an account within its file size and the free space, and passes the rest on."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.account import Account
from ftpd_service.errors import QuotaExceeded, StorageFull
from ftpd_service.interfaces import IChangeMode, IFreeSpace, IMapPages, ISizeLimits
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.limited_handles import FLOOR_BYTES
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.values import VirtualPath, WriteMode
from tests.storage.ledgers import LedgerCase
from tests.storage.mapping import Mapping

A, N = VirtualPath("/a"), VirtualPath("/n")


class FileSizeTests(LedgerCase):
    """`limits.file_size`."""

    def setUp(self) -> None:
        super().setUp()
        self.live.account = Account(name="alice", file_size=5)
        self.storage = Limited(self.memory, self.live, None)

    def test_at_the_limit(self) -> None:
        """It fits."""
        self.put("/n", b"12345")

    def test_above(self) -> None:
        """It does not, and leaves nothing."""
        self.refuse("/n", b"123456")
        self.assertEqual(self.stored, (10, 2))

    def test_appended_file_counts_as_a_whole(self) -> None:
        """Four bytes are there."""
        self.put("/a", b"1", WriteMode.APPEND)
        self.refuse("/a", b"2", WriteMode.APPEND)

    def test_resumed_file_counts_from_its_offset(self) -> None:
        """The end decides."""
        self.refuse("/a", b"1234", WriteMode.MODIFY, 2)
        self.put("/a", b"123", WriteMode.MODIFY, 2)

    def test_allo_above(self) -> None:
        """Before the first byte."""
        self.failureResultOf(ISizeLimits(self.storage).demand_room(N, WriteMode.REPLACE, 0, 6), QuotaExceeded)

    def test_allo_before_appe(self) -> None:
        """The file's size counts."""
        limits = ISizeLimits(self.storage)
        self.successResultOf(limits.demand_room(A, WriteMode.APPEND, 0, 1))
        self.failureResultOf(limits.demand_room(A, WriteMode.APPEND, 0, 2), QuotaExceeded)

    def test_full_file_is_refused_before_a_byte(self) -> None:
        """`open_write` itself raises."""
        self.put("/a", b"1", WriteMode.APPEND)
        self.failureResultOf(self.storage.open_write(A, WriteMode.APPEND, 0), QuotaExceeded)

    def test_no_needless_look(self) -> None:
        """A new file needs none, whatever stands there."""
        self.memory.stat = None  # type: ignore[method-assign,assignment]  # a call would fail
        self.put("/a", b"1")


@implementer(IFreeSpace)
class Disk(MemoryStorage):
    """A storage of which 100 bytes are free."""

    async def free_bytes(self, path: VirtualPath) -> int:
        """Return the free space."""
        return self.free

    free = 100


class FreeSpaceTests(LedgerCase):
    """`limits.free_space`, and what AVBL tells."""

    def limited(self, **settings: int) -> Limited:
        """The disk of an account with these limits."""
        self.memory = Disk()
        self.live.account = Account(name="alice", **settings)  # type: ignore[arg-type]  # mypy knows no names here
        quota = self.live.account.quota
        self.storage = Limited(self.memory, self.live, None if quota is None else self.ledger)
        return self.storage

    def test_at_the_floor(self) -> None:
        """As much as must stay free is free."""
        self.limited(free_space=100)
        self.put("/n", b"")

    def test_below(self) -> None:
        """No upload begins."""
        storage = self.limited(free_space=101)
        self.failureResultOf(storage.open_write(N, WriteMode.REPLACE, 0), StorageFull)

    def test_allo_counts(self) -> None:
        """What would be left."""
        limits = ISizeLimits(self.limited(free_space=40))
        self.successResultOf(limits.demand_room(N, WriteMode.REPLACE, 0, 60))
        self.failureResultOf(limits.demand_room(N, WriteMode.REPLACE, 0, 61), StorageFull)

    def test_allo_without_a_floor(self) -> None:
        """More than the disk has."""
        self.failureResultOf(
            ISizeLimits(self.limited(file_size=1000)).demand_room(N, WriteMode.REPLACE, 0, 101), StorageFull
        )

    def test_avbl_is_the_smaller(self) -> None:
        """Of the space above the floor, and of the quota."""
        for settings, free in (({"free_space": 40}, 60), ({"quota_bytes": 30}, 30), ({"quota_bytes": 300}, 100)):
            storage = IFreeSpace(self.limited(**settings))
            self.ledger = type(self.ledger)("alice", self.store, self.clock)
            self.assertEqual(self.successResultOf(storage.free_bytes(VirtualPath("/"))), free)

    def test_avbl_without_the_bytes_of_running_uploads(self) -> None:
        """They are taken."""
        storage = IFreeSpace(self.limited(quota_bytes=30))
        self.write(self.open("/n"), b"0123456789")
        self.assertEqual(self.successResultOf(storage.free_bytes(VirtualPath("/"))), 20)

    def test_long_upload_looks_again(self) -> None:
        """552 once the floor is reached."""
        self.limited(free_space=100)
        handle = self.open("/n")
        self.write(handle, bytes(FLOOR_BYTES))
        self.write(handle, b"1")
        self.memory.free = 99  # type: ignore[attr-defined]  # a Disk
        self.write(handle, bytes(FLOOR_BYTES))
        self.failureResultOf(handle.write(b"1"), StorageFull)


class InterfacesTests(LedgerCase):
    """The wrapper provides what its storage provides."""

    def test_optional_interfaces(self) -> None:
        """No more, no less."""
        offered = [
            [interface.providedBy(Limited(inner, self.live, None)) for interface in (IMapPages, IChangeMode)]
            for inner in (Mapping(), Disk())
        ]
        expected = [
            [interface.providedBy(inner) for interface in (IMapPages, IChangeMode)] for inner in (Mapping(), Disk())
        ]
        self.assertEqual(offered, expected)
