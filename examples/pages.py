"""A read-only storage whose files are the options of the configuration."""

from zope.interface import implementer

from ftpd_service.errors import IsADirectory, NotADirectory, NotFound, PermissionDenied, RestartBeyondEnd
from ftpd_service.interfaces import IReadHandle, IStorage
from ftpd_service.values import Entry, EntryKind

ROOT = Entry(name="", kind=EntryKind.DIRECTORY, size=0, modified_ns=0, mode=0o555)


@implementer(IReadHandle)
class Reading:
    def __init__(self, entry, rest):
        self._entry, self._rest = entry, rest

    def entry(self):
        return self._entry

    def first(self):
        return b""

    async def read(self, count):
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    async def close(self):
        self._rest = b""


@implementer(IStorage)
class Pages:
    def __init__(self, login, **texts):
        self._contents = {f"/{name}": text.format(name=login.account.name).encode() for name, text in texts.items()}

    async def stat(self, path):
        if path == "/":
            return ROOT
        if path not in self._contents:
            raise NotFound(path)
        size = len(self._contents[path])
        return Entry(name=path[1:], kind=EntryKind.FILE, size=size, modified_ns=0, mode=0o444)

    async def entries(self, path):
        if await self.stat(path) is not ROOT:
            raise NotADirectory(path)
        yield tuple([await self.stat(file) for file in sorted(self._contents)])

    async def open_read(self, path, offset):
        entry = await self.stat(path)
        if entry is ROOT:
            raise IsADirectory(path)
        if offset > entry.size:
            raise RestartBeyondEnd(path)
        return Reading(entry, self._contents[path][offset:])

    async def open_write(self, path, mode, offset):
        raise PermissionDenied(path)

    async def make_directory(self, path):
        raise PermissionDenied(path)

    async def remove_directory(self, path):
        raise PermissionDenied(path)

    async def remove_file(self, path):
        raise PermissionDenied(path)

    async def rename(self, source, target):
        raise PermissionDenied(source)

    async def set_modified(self, path, modified_ns):
        raise PermissionDenied(path)
