"""The move of a file by a copy, which is a single ``renamed`` event: no upload, and no removal."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hook_interfaces import IIntent
from ftpd_service.interfaces import IStorage, IWriteHandle
from ftpd_service.storage.change_recorder import ChangeRecorder, ObjectAt
from ftpd_service.storage.path_turns import PathClaim
from ftpd_service.storage.recorded_upload import SettledUpload, UploadRecord
from ftpd_service.values import VirtualPath


class MoveRecord(UploadRecord):
    """The event of a move, from the commit of the copy to the removal of the source.

    The proof of a move is its copy: after a crash between the two, the event names a source that is still there.
    """

    trigger = HookTrigger.RENAMED

    def __init__(self, recorder: ChangeRecorder, storage: IStorage, source: VirtualPath, target: VirtualPath) -> None:
        super().__init__(recorder, storage, target)
        self._source = source
        self._turn = AsyncExitStack()
        self._intent: IIntent | None = None
        self._told: HookEvent | None = None

    async def commit(self, handle: IWriteHandle) -> None:
        """Commit the copy, and keep the turn of both paths until the end."""
        called = False
        try:
            look = partial(self._both, handle)
            upload, _ = await self._turn.enter_async_context(self._recorder.turns.settled(look, _claim))
            event = replace(self.event(upload), from_path=self._source)
            self._intent = await self._recorder.intend(event, upload.proof)
            called = True
            await self._committed(handle, event, upload)
            self._told = event
        finally:
            if not called:
                await handle.abort()

    async def _committed(self, handle: IWriteHandle, event: HookEvent, upload: SettledUpload) -> None:
        try:
            await handle.commit()
        except Exception:
            if await self._recorder.answer(partial(self.stands, handle, upload)):
                # The copy has its name all the same.
                self._told = event
            raise

    async def _both(self, handle: IWriteHandle) -> tuple[SettledUpload, ObjectAt | None]:
        return await self.settled(handle), await self._recorder.find(self._source)

    async def end(self) -> None:
        """End a move that has succeeded."""
        if self._intent is not None and self._told is not None:
            self._intent.happened(self._told)
        await self._turn.aclose()

    async def break_off(self) -> None:
        """End a move that has failed: if both files are there, the copy has arrived as an upload does."""
        try:
            if self._told is None:
                if self._intent is not None:
                    self._intent.failed()
            elif await self._recorder.answer(self._source_stays) is False:
                if self._intent is not None:
                    self._intent.happened(self._told)
            else:
                if self._intent is not None:
                    self._intent.failed()
                self._recorder.tell_uploaded(self._told)
        finally:
            await self._turn.aclose()

    async def _source_stays(self) -> bool:
        return await self._recorder.find(self._source) is not None


def _claim(found: tuple[SettledUpload, ObjectAt | None]) -> PathClaim:
    upload, source = found
    return PathClaim(tuple(sorted({upload.at.place, *(() if source is None else (source.place,))})))
