"""A storage on top of local files that calls `Arrivals.arrived` for each complete upload."""

from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.interfaces import IChangeMode, IFreeSpace, IMapNames, IMapPages, IStorage, IWriteHandle


@implementer(IWriteHandle)
class Arriving:
    def __init__(self, handle, arrived):
        self._handle, self._arrived = handle, arrived

    async def write(self, data):
        await self._handle.write(data)

    async def commit(self):
        await self._handle.commit()
        self._arrived()

    async def abort(self):
        await self._handle.abort()


@implementer(IStorage, IChangeMode, IFreeSpace, IMapNames, IMapPages)
class Arrivals:
    _log = Logger()

    def __init__(self, login, *, text="{path} has arrived from {account}"):
        self._account, self._text = login.account.name, text
        # Confined to the home.  The constructor runs on a thread, so it may wait for the disk.
        self._files = login.local(login.home)

    def __getattr__(self, name):
        return getattr(self._files, name)

    async def open_write(self, path, mode, offset):
        handle = await self._files.open_write(path, mode, offset)
        return Arriving(handle, lambda: self.arrived(path))

    def arrived(self, path):
        self._log.info(self._text, path=path, account=self._account)
