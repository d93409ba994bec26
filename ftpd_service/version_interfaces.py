"""The seam of files whose version can be told: open files that are read for a digest, and storages that have them."""

from __future__ import annotations

from zope.interface import Interface

from ftpd_service.interfaces import IReadDescriptor
from ftpd_service.values import FileVersion, VirtualPath


class IVersionedRead(IReadDescriptor):
    """An optional interface of a read handle that tells the version of its open file."""

    async def version() -> FileVersion:
        """Return the version of the open file now, whatever has the file's name meanwhile.

        Equal versions before and behind some reads mean that these reads gave the bytes of one content, as far as the
        file system's clock can tell.

        :raises StorageFailed:
        """


class IOpenUnread(Interface):
    """An optional interface of a storage whose read handles tell the versions of their files."""

    async def open_unread(path: VirtualPath, offset: int) -> IVersionedRead:
        """Open a file without reading a byte: `first` is empty, `read` begins at `offset`, after any call of `version`.

        The caller closes the handle.  It refuses as `IStorage.open_read` does.
        """
