"""Tests of the local files of logins: homes and folders are written as their account says."""

from __future__ import annotations

from twisted.internet import reactor
from twisted.internet.interfaces import IReactorFromThreads

from ftpd_service.account import Account
from ftpd_service.interfaces import IHiddenWrite, IStorage
from ftpd_service.local_homes import LocalHomes
from ftpd_service.runtime.pool import BlockingPool
from ftpd_service.storage.holds import RunningUploads
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import GivenUploads, UploadMode
from ftpd_service.values import VirtualPath, WriteMode
from tests.cases import TestCase
from tests.storage.local.disk import Disk

IN_PLACE: GivenUploads = (("mode", UploadMode.IN_PLACE),)
ATOMIC: GivenUploads = (("mode", UploadMode.ATOMIC),)


class UploadPolicyTests(TestCase):
    """The policy of uploads reaches the storage."""

    def setUp(self) -> None:
        self.disk = Disk(str(self.mktemp()))
        self.addCleanup(self.disk.remove)
        pool = BlockingPool(IReactorFromThreads(reactor), 1)
        self.homes = LocalHomes(StorageSettings(), pool, hidden=RunningUploads())

    async def hides(self, storage: IStorage) -> bool:
        """Whether an upload to a storage is hidden."""
        handle = await storage.open_write(VirtualPath("/a"), WriteMode.REPLACE, 0)
        await handle.abort()
        return IHiddenWrite.providedBy(handle)

    async def test_home(self) -> None:
        """The account goes before the general section; two accounts with one home each have their own policy."""
        homes = [
            await self.homes.open(self.disk.root, Account(name="alice", uploads=given), None)
            for given in ((), IN_PLACE)
        ]
        self.assertEqual([await self.hides(home) for home in homes], [True, False])

    async def test_folder(self) -> None:
        """The folder goes before the account."""
        account = Account(name="alice", uploads=IN_PLACE)
        folders = [self.homes.folder(self.disk.root, account, None, given) for given in ((), ATOMIC)]
        self.assertEqual([await self.hides(folder) for folder in folders], [False, True])
