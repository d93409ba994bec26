"""The storage contract, run by local files (each way to resolve paths and to hide uploads), memory and wrapper."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from tempfile import mkdtemp
from unittest import skipUnless

from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from ftpd_service.account import Account, LiveAccount
from ftpd_service.interfaces import IInspectable, IStorage
from ftpd_service.kernel.openat2 import open_by_kernel
from ftpd_service.kernel.walk import open_by_walk
from ftpd_service.policy.permissions import Rules
from ftpd_service.storage.ledger import Ledger
from ftpd_service.storage.limited import Limited
from ftpd_service.storage.local.system import SystemCalls
from ftpd_service.storage.memory.storage import MemoryStorage
from ftpd_service.storage.permitted import Permitted
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import opened, stat
from ftpd_service.testing.on_disk import OnDisk as HostGround
from ftpd_service.testing.storage_contract import StorageContract
from ftpd_service.upload_policy import UploadMode
from ftpd_service.values import Permissions, WriteMode
from tests.cases import TestCase
from tests.storage.ledgers import Store
from tests.storage.local.disk import ByOpening, Disk

MEMORY = "/dev/shm"
"""A tmpfs, where Linux has one."""


class OnDisk(HostGround, StorageContract):
    """Fills a directory of the host, and sees that every test gives back each descriptor."""

    disk: Disk

    def set_up(self, place: str) -> None:
        """Make the tree."""
        self.disk = Disk(place)

    def tear_down(self) -> None:
        """Remove the tree; nothing may have leaked."""
        still_open = self.disk.open_in()
        self.disk.remove()
        assert still_open == []

    def system(self) -> SystemCalls:
        """How the storage under test calls the system."""
        return ByOpening(open_by_kernel)

    def make_storage(self, settings: StorageSettings) -> IStorage:
        return self.disk.storage(settings, self.system())


class InMemory(StorageContract):
    """Fills the reference storage."""

    def setUp(self) -> None:
        self.memory = MemoryStorage()

    def make_storage(self, settings: StorageSettings) -> IStorage:
        self.memory.apply(settings)
        return self.memory

    def put(self, path: str, content: bytes = b"") -> None:
        self.memory.put(path, content)

    def put_directory(self, path: str) -> None:
        self.memory.put_directory(path)

    def put_link(self, path: str, text: str) -> None:
        self.memory.put_link(path, text)

    def put_special(self, path: str) -> None:
        self.memory.put_special(path)

    def content(self, path: str) -> bytes:
        return self.memory.content(path)

    def names(self, path: str) -> list[str]:
        return self.memory.names(path)


class TestLocalByKernel(OnDisk, TestCase):
    """Paths by openat2, uploads without a name."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)


class TestLocalByWalk(OnDisk, TestCase):
    """Paths by the descriptor walk."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def system(self) -> SystemCalls:
        return ByOpening(open_by_walk)


class Bare(ByOpening):
    """A system without O_TMPFILE and without renameat2."""

    def open_unnamed(self, directory: int) -> int:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    def rename_no_replace(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


class TestLocalOnABareSystem(OnDisk, TestCase):
    """Uploads under hidden names from the start, refusing to overwrite by link and unlink."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def system(self) -> SystemCalls:
        return Bare(open_by_walk)


class TestLocalResumable(OnDisk, TestCase):
    """Uploads that an account can resume keep the rules for hidden uploads, but for the bytes that a break leaves."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def make_storage(self, settings: StorageSettings) -> IStorage:
        uploads = settings.uploads
        if uploads.mode is UploadMode.ATOMIC:
            uploads = replace(uploads, mode=UploadMode.RESUMABLE)
        return super().make_storage(replace(settings, uploads=uploads, resumed_by="alice"))

    async def test_an_aborted_upload_leaves_nothing(self) -> None:
        """Under its final name; its account sees what has arrived, without the last byte."""
        storage = self.storage()
        handle = await opened(storage, "/a")
        await handle.write(b"abc")
        await handle.abort()
        assert "a" not in self.names("/")
        assert (await stat(storage, "/a")).size == 2

    async def test_a_broken_append_keeps_what_arrived(self) -> None:
        """Likewise, if the file was missing."""
        storage = self.storage()
        handle = await opened(storage, "/a", WriteMode.APPEND)
        await handle.write(b"abc")
        await handle.abort()
        assert "a" not in self.names("/")
        assert (await stat(storage, "/a")).size == 2


class TestLocalAtHand(OnDisk, TestCase):
    """What the kernel has in memory is opened without the pool, the rest with it."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def system(self) -> SystemCalls:
        return SystemCalls()


@skipUnless(os.access(MEMORY, os.W_OK), f"{MEMORY} is no place to write to")
class TestLocalInMemory(OnDisk, TestCase):
    """On tmpfs uploads do without the pool, too."""

    def setUp(self) -> None:
        place = mkdtemp(prefix="ftpd-contract-", dir=MEMORY)
        self.addCleanup(os.rmdir, place)
        self.set_up(f"{place}/root")
        self.addCleanup(self.tear_down)

    def system(self) -> SystemCalls:
        return SystemCalls()


class TestPermittedLocal(OnDisk, TestCase):
    """The wrapper, where everything is permitted."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def make_storage(self, settings: StorageSettings) -> IStorage:
        return Permitted(super().make_storage(settings), Rules(Permissions.ALL))


class TestLimitedLocal(OnDisk, TestCase):
    """The wrapper, with a quota that leaves room for everything."""

    def setUp(self) -> None:
        self.set_up(self.mktemp())
        self.addCleanup(self.tear_down)

    def make_storage(self, settings: StorageSettings) -> IStorage:
        live = LiveAccount(Account(name="alice", quota_bytes=2**40))
        return Limited(super().make_storage(settings), live, Ledger("alice", Store(), Clock()))

    async def test_handles_can_be_looked_at(self) -> None:
        """The wrapper passes the interface on, and only if the inner handle has it."""
        handle = await opened(self.storage(), "/a")
        await handle.abort()
        self.assertTrue(verifyObject(IInspectable, handle))


class TestMemory(InMemory, TestCase):
    """The reference storage."""
