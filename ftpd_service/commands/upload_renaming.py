"""An upload that a stage gives another name: its file is copied to the name, which appears as a whole.

The copy is an upload as any other, so the permissions of the account, its quota and its rules count for the new name.
A file that was changed in place is renamed behind its commit.
"""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.commands.context import Context
from ftpd_service.commands.upload_endings import ClientUpload
from ftpd_service.commands.upload_verdicts import in_place
from ftpd_service.copied_bytes import copy_bytes
from ftpd_service.errors import AlreadyExists, StorageFailed
from ftpd_service.interfaces import IInspectable, IWriteHandle
from ftpd_service.values import Permissions, VirtualPath, WriteMode
from ftpd_service.verdict_interfaces import IUploadPlace


@implementer(IUploadPlace)
class Renaming:
    """The new name of an upload, if a stage gives it one.

    :ivar target: the copy with the new name, as long as it is open.
    :ivar commits_itself: whether the upload is committed under its own name first.
    """

    def __init__(self, context: Context, upload: ClientUpload, handle: IWriteHandle) -> None:
        self._context = context
        self._upload = upload
        self._handle = handle
        self.target: IWriteHandle | None = None
        self._path: VirtualPath | None = None
        self.commits_itself = in_place(context, upload)

    async def choose(self, path: VirtualPath) -> None:
        """Take a new name, in place of an earlier one.

        :raises StorageError: the account may not write a file of this name, or the storage cannot.
        """
        if path == self._upload.path:
            raise AlreadyExists("this is the name of the upload")
        target = None
        if self.commits_itself:
            self._context.demand(path, Permissions.RENAME)
        else:
            target = await self._context.storage.open_write(path, WriteMode.REPLACE, 0)
        # A name that is refused leaves the earlier one.
        await self.close()
        self.target, self._path = target, path

    async def fill(self) -> None:
        """Copy the bytes of the upload, in steps between which it can be cancelled.

        :raises StorageError:
        """
        if self.target is None:
            return
        source = await IInspectable(self._handle).open_settled()
        try:
            done = await copy_bytes(source, self.target, lambda: self._context.compute(bool))
            if done != source.entry().size:
                raise StorageFailed("the file was cut short while it was copied")
        finally:
            await source.close()

    async def commit(self) -> None:
        """Give the file its new name.

        :raises StorageError:
        """
        assert self._path is not None, "a name was chosen"
        target, self.target = self.target, None
        if target is None:
            await self._context.storage.rename(self._upload.path, self._path)
        else:
            await target.commit()

    async def close(self) -> None:
        """Abort a copy that is not committed."""
        target, self.target = self.target, None
        if target is not None:
            await target.abort()
