"""The event of an upload: its intent is kept when all bytes are in the file, and before the file gets its name."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ftpd_service.errors import NotAPlainFile, NotFound, StorageFailed, Unsupported
from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hook_interfaces import IntentProof, IOnHost, ProofKind
from ftpd_service.interfaces import IHiddenWrite, IInspectable, IStorage, IWriteHandle
from ftpd_service.reasons import UploadGrade
from ftpd_service.storage.change_recorder import ChangeRecorder, ObjectAt
from ftpd_service.storage.path_turns import PathClaim
from ftpd_service.values import SettledFile, VirtualPath


class SettledUpload(NamedTuple):
    """An upload that is about to be committed."""

    at: ObjectAt
    """The place that its file will have."""
    file: SettledFile | None
    """None if the storage tells nothing of it."""

    def claim(self) -> PathClaim:
        """Return the place that the commit needs for itself."""
        return PathClaim((self.at.place,))

    @property
    def size(self) -> int | None:
        """Return the size of the whole file."""
        return None if self.file is None else self.file.size

    @property
    def proof(self) -> IntentProof | None:
        """Return the proof of the commit."""
        return None if self.at.file is None else IntentProof(ProofKind.PRESENT, self.at.file)


class UploadRecord:
    """The event of one upload.

    An upload in place changes its file before the commit.  Its event is about the commit; if the commit fails, or never
    comes, there is no event, although bytes may stay.

    :ivar grade: the grade of the upload, and its digest, as far as the verb tells them.
    """

    trigger = HookTrigger.UPLOADED

    def __init__(self, recorder: ChangeRecorder, storage: IStorage, path: VirtualPath) -> None:
        self.path = path
        self.grade: UploadGrade | None = None
        self.digest: str | None = None
        self._recorder = recorder
        self._storage = storage

    async def commit(self, handle: IWriteHandle) -> None:
        """Commit the upload of a handle with its event, or abort it if the intent cannot be kept.

        :raises TemporarilyUnavailable: the intent cannot be kept; and the errors of a commit.
        """
        called = False

        async def change() -> None:
            nonlocal called
            called = True
            await handle.commit()

        try:
            look = partial(self.settled, handle)
            async with self._recorder.turns.settled(look, SettledUpload.claim) as upload:
                event, stands = self.event(upload), partial(self.stands, handle, upload)
                await self._recorder.carry_out(event, upload.proof, change, stands)
        finally:
            if not called:
                await handle.abort()

    async def settled(self, handle: IWriteHandle) -> SettledUpload:
        """Settle the upload, and look which place its file will have."""
        if IOnHost.providedBy(handle):
            with suppress(Unsupported):
                upload = await IOnHost(handle).settle_on_host()
                return SettledUpload(ObjectAt(upload.file.path, upload.file), upload.settled)
        at = self._recorder.elsewhere(self.path)
        return SettledUpload(at, await IInspectable(handle).settle() if IInspectable.providedBy(handle) else None)

    def event(self, upload: SettledUpload) -> HookEvent:
        """Return the event of the commit."""
        event = self._recorder.event(self.trigger, self.path, upload.at, size=upload.size)
        return replace(event, grade=self.grade, digest=self.digest)

    async def stands(self, handle: IWriteHandle, upload: SettledUpload) -> bool:
        """Return whether a commit that has failed gave the file its name all the same.

        :raises StorageError: nobody can tell.
        """
        if not IHiddenWrite.providedBy(handle):
            return False
        if upload.file is None or not upload.file.unique:
            raise StorageFailed("the storage does not tell its files apart")
        try:
            return (await self._storage.stat(self.path)).unique == upload.file.unique
        except (NotFound, NotAPlainFile):
            return False
