"""The base of the storage contract: the fixture that the test of a storage provides, and shortcuts for its use.

The contract uses plain ``assert`` and no test framework: the test of a storage mixes it into its own `TestCase`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ftpd_service.errors import FtpdError
from ftpd_service.interfaces import IReadHandle, IStorage, IWriteHandle
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.upload_policy import UploadMode, UploadPolicy
from ftpd_service.values import Entry, VirtualPath, WriteMode

HIDDEN = ".ftpd-"
"""The hidden prefix that `StorageGround.storage` sets."""


@contextmanager
def refused(kind: type[FtpdError]) -> Iterator[None]:
    """Demand that the block raises this error."""
    try:
        yield
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was not raised")


class StorageGround:
    """The methods that the test of a storage provides; paths are absolute, as clients write them."""

    def make_storage(self, settings: StorageSettings) -> IStorage:
        """Return the storage under test, on the tree that the other methods fill.  Each test calls this once."""
        raise NotImplementedError

    def put(self, path: str, content: bytes = b"") -> None:
        """Make a file of mode 0o644, and the directories above it, without the storage."""
        raise NotImplementedError

    def put_many(self, directory: str, count: int) -> None:
        """Make a number of empty files, named by numbers."""
        for number in range(count):
            self.put(f"{directory}{number:06}")

    def put_directory(self, path: str) -> None:
        """Make a directory without the storage."""
        raise NotImplementedError

    def put_link(self, path: str, text: str) -> None:
        """Make a symbolic link without the storage."""
        raise NotImplementedError

    def put_special(self, path: str) -> None:
        """Make a FIFO, or a substitute for a FIFO, without the storage."""
        raise NotImplementedError

    def content(self, path: str) -> bytes:
        """Return a file's bytes, read without the storage, with links followed inside the root."""
        raise NotImplementedError

    def names(self, path: str) -> list[str]:
        """Return every name in a directory, including hidden names, sorted, read without the storage."""
        raise NotImplementedError

    def storage(self, mode: UploadMode = UploadMode.ATOMIC) -> IStorage:
        """Return the storage, with the contract's settings."""
        return self.make_storage(StorageSettings(uploads=UploadPolicy(mode=mode), umask=0o027, hidden_prefix=HIDDEN))


async def stat(storage: IStorage, path: str) -> Entry:
    """Call `IStorage.stat` for a path as text."""
    return await storage.stat(VirtualPath(path))


def link_text(entry: Entry) -> str | None:
    """Return the text of an entry's link, or None if the entry is not a link."""
    return None if entry.link is None else entry.link.text


async def listed(storage: IStorage, path: str) -> list[Entry]:
    """Return all entries of a directory."""
    return [entry async for page in storage.entries(VirtualPath(path)) for entry in page]


async def read(storage: IStorage, path: str, offset: int = 0) -> bytes:
    """Return the bytes of a file from an offset on."""
    return await read_all(await storage.open_read(VirtualPath(path), offset))


async def read_all(handle: IReadHandle) -> bytes:
    """Return the bytes of an open file, and close it."""
    try:
        content = handle.first()
        while more := await handle.read(10_000):
            content += more
        return content
    finally:
        await handle.close()


async def write(storage: IStorage, path: str, content: bytes, mode: WriteMode = WriteMode.REPLACE) -> None:
    """Do a whole upload."""
    handle = await storage.open_write(VirtualPath(path), mode, 0)
    try:
        if content:
            await handle.write(content)
        await handle.commit()
    finally:
        await handle.abort()


async def opened(storage: IStorage, path: str, mode: WriteMode = WriteMode.REPLACE, offset: int = 0) -> IWriteHandle:
    """A write handle of a path as text."""
    return await storage.open_write(VirtualPath(path), mode, offset)
