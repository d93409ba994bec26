"""The seams of copies that the server makes of files: of a storage, and of its write handles."""

from __future__ import annotations

from collections.abc import Callable

from zope.interface import Interface

from ftpd_service.interfaces import IWriteDescriptor, IWriteHandle
from ftpd_service.values import Entry, VirtualPath, WriteMode


class ITakesCopies(IWriteDescriptor):
    """An optional interface of a write handle that takes its bytes from another file of this host."""

    async def copy_range(source: int, offset: int, count: int) -> int:
        """Copy bytes from an offset of an open file, behind those that were written before, in a single short call.

        Cancelling it waits for the call that runs, so that the caller may close the source.

        :param source: the descriptor.
        :param count: the most bytes, some MiB.
        :return: the number of bytes; 0 at the end of the source.
        :raises StorageFull: and QuotaExceeded, StorageFailed.
        """

    async def resemble(entry: Entry) -> None:
        """Give the file the permission bits and the modification time of another file, once all bytes are written."""


class IOpenCopies(Interface):
    """An optional interface of a storage that can hide a file until its commit, whatever its uploads do."""

    async def open_copy(path: VirtualPath, mode: WriteMode) -> IWriteHandle:
        """Open a file for a copy of another file, as `IStorage.open_write` does for REPLACE and CREATE.

        After an abort nothing is left of it.  Of a replaced file with several names, the other names keep the content.
        """


class ICopyFiles(Interface):
    """An optional interface of a storage that copies files, in steps between which the coroutine can be cancelled.

    A cancelled or failed copy leaves nothing behind, and the source as it is.  A file that changes meanwhile is not
    copied.
    """

    async def copy_file(source: VirtualPath, target: VirtualPath, last: Callable[[], None]) -> None:
        """Copy a file, as an upload of its bytes to the target would.

        :param last: is called before the first visible effect; from then on the coroutine must not be cancelled.
        :raises NotFound: and IsADirectory, NotAPlainFile, PermissionDenied.
        :raises AlreadyExists: both paths lead to the same file.
        :raises TemporarilyUnavailable: the source changed meanwhile.
        """

    async def move_file(source: VirtualPath, target: VirtualPath, last: Callable[[], None]) -> None:
        """Do by a copy what `IStorage.rename` refused with AcrossFolders; mode and modification time stay.

        The source is removed behind the commit of the copy, and only if it has not changed.  If it cannot be removed,
        both files stay.

        :raises AcrossFolders: the source is no file, or a link; and the errors of `copy_file`.
        :raises TemporarilyUnavailable: another session moves the file, too.
        """
