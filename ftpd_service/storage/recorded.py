"""A wrapper around a storage that records changes as events in the outbox of the service.

It stands directly below the permissions, so that it sees the paths of the account's tree and no refused change.  Each
change has its turn at its path, and is made between its intent, which a start after a crash proves by looking at the
file, and its mark.  A change without an event of its own waits until the marks of earlier changes are kept, because it
may take away their proof.  While no rule is about changes, each call goes straight to the storage.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from zope.interface import implementer

from ftpd_service.copy_interfaces import IOpenCopies
from ftpd_service.errors import NotFound, StorageFailed
from ftpd_service.hook_events import HookOrigin, HookTrigger
from ftpd_service.hook_interfaces import IntentProof, IRecordsMoves, IRecordsOrigin, ProofKind
from ftpd_service.interfaces import (
    IStorage,
    IWriteHandle,
)
from ftpd_service.storage.change_recorder import CHANGES, ChangeRecorder, ObjectAt, Recording
from ftpd_service.storage.optional import providing_as
from ftpd_service.storage.passing import PassingStorage
from ftpd_service.storage.path_turns import PathClaim
from ftpd_service.storage.recorded_handles import recorded_handle
from ftpd_service.storage.recorded_move import MoveRecord
from ftpd_service.storage.recorded_removal import RecordedRemoval
from ftpd_service.storage.recorded_upload import UploadRecord
from ftpd_service.tree_interfaces import IRemoveTree, ITreeRemoval, Marking
from ftpd_service.values import VirtualPath, WriteMode

T = TypeVar("T")


def _nobody() -> HookOrigin:
    return HookOrigin(node="")


@implementer(IRecordsOrigin, IRecordsMoves)
class Recorded(PassingStorage):
    """A storage whose changes are recorded."""

    def __new__(cls, inner: IStorage, recording: Recording) -> Recorded:
        """Make an object of a class that implements the interfaces of the inner storage."""
        return object.__new__(providing_as(cls, inner))

    def __init__(self, inner: IStorage, recording: Recording) -> None:
        super().__init__(inner)
        self._recording = recording
        self._wants = recording.outbox.wants
        self._recorder = ChangeRecorder(recording, inner, _nobody)

    def regard_origin(self, origin: Callable[[], HookOrigin]) -> None:
        self._recorder.origin = origin

    async def open_write(self, path: VirtualPath, mode: WriteMode, offset: int) -> IWriteHandle:
        handle = await self._inner.open_write(path, mode, offset)
        return self._handle(handle, path) if self._wants(*CHANGES) else handle

    async def open_copy(self, path: VirtualPath, mode: WriteMode) -> IWriteHandle:
        handle = await IOpenCopies(self._inner).open_copy(path, mode)
        return self._handle(handle, path) if self._wants(*CHANGES) else handle

    def _handle(self, handle: IWriteHandle, path: VirtualPath) -> IWriteHandle:
        return recorded_handle(handle, UploadRecord(self._recorder, self._inner, path))

    async def make_directory(self, path: VirtualPath) -> None:
        if not self._wants(*CHANGES):
            await self._inner.make_directory(path)
            return
        recorder, change = self._recorder, partial(self._inner.make_directory, path)
        async with recorder.turns.settled(partial(recorder.place, path), _claim) as at:
            if await recorder.find(path) is not None:
                # The storage refuses it; an intent would be proved by the directory that is there.
                await change()
                return
            event = recorder.event(HookTrigger.MADE_DIRECTORY, path, at)
            await recorder.carry_out(event, _proof(ProofKind.EXISTS, at), change, partial(self._exists, path))

    async def remove_directory(self, path: VirtualPath) -> None:
        await self._remove(path, HookTrigger.REMOVED_DIRECTORY, partial(self._inner.remove_directory, path))

    async def remove_file(self, path: VirtualPath) -> None:
        await self._remove(path, HookTrigger.DELETED, partial(self._inner.remove_file, path))

    async def _remove(self, path: VirtualPath, trigger: HookTrigger, change: Callable[[], Awaitable[None]]) -> None:
        if not self._wants(*CHANGES):
            await change()
            return
        recorder = self._recorder
        claim = _claim if trigger is HookTrigger.DELETED else _claim_tree
        async with recorder.turns.settled(partial(recorder.find, path), claim) as at:
            if at is None:
                # The storage refuses it, or drops an upload that nobody has seen.
                await change()
                return
            event = recorder.event(trigger, path, at, size=at.size)
            await recorder.carry_out(event, _proof(ProofKind.ABSENT, at), change, partial(self._is_gone, path, at))

    async def open_removal(self, path: VirtualPath, marking: Marking) -> ITreeRemoval:
        inner = await IRemoveTree(self._inner).open_removal(path, marking)
        if not self._wants(*CHANGES):
            return inner
        try:
            at = await self._recorder.find(path)
            if at is None:
                raise NotFound("the directory has just gone")
        except BaseException:
            await inner.close()
            raise
        return RecordedRemoval(self._recorder, inner, path, at)

    async def rename(self, source: VirtualPath, target: VirtualPath) -> None:
        change = partial(self._inner.rename, source, target)
        if not self._wants(*CHANGES):
            await change()
            return
        recorder = self._recorder
        async with recorder.turns.settled(partial(self._ends, source, target), _claim_ends) as ends:
            if ends is None:
                await change()
                return
            moved, place = ends
            file = moved.file if place.file is None or moved.file is None else moved.file._replace(path=place.place)
            at = ObjectAt(place.place, file)
            event = replace(recorder.event(HookTrigger.RENAMED, target, at, size=moved.size), from_path=source)
            await recorder.carry_out(event, _proof(ProofKind.PRESENT, at), change, partial(self._has_come, target, at))

    async def _ends(self, source: VirtualPath, target: VirtualPath) -> tuple[ObjectAt, ObjectAt] | None:
        """Return the object that is renamed and its new place, or None if the storage refuses the rename."""
        moved = await self._recorder.find(source)
        return None if moved is None else (moved, await self._recorder.place(target))

    @asynccontextmanager
    async def moving(self, source: VirtualPath, target: VirtualPath) -> AsyncIterator[IStorage]:
        if not self._wants(*CHANGES):
            yield self._inner
            return
        record = MoveRecord(self._recorder, self._inner, source, target)
        try:
            yield _Moving(self._inner, self._recording, record)
        except Exception:
            await record.break_off()
            raise
        await record.end()

    # Looks behind changes that have failed

    async def _exists(self, path: VirtualPath) -> bool:
        return await self._recorder.find(path) is not None

    async def _is_gone(self, path: VirtualPath, former: ObjectAt) -> bool:
        found = await self._recorder.find(path)
        return found is None or found.file != former.file

    async def _has_come(self, path: VirtualPath, at: ObjectAt) -> bool:
        found = await self._recorder.find(path)
        if at.file is None:
            raise StorageFailed("the storage does not tell its files apart")
        return found is not None and found.file == at.file


class _Moving(Recorded):
    """The storage of a single move, whose commit and whose removal of the source are parts of its event."""

    def __init__(self, inner: IStorage, recording: Recording, record: MoveRecord) -> None:
        super().__init__(inner, recording)
        self._record = record

    def __new__(cls, inner: IStorage, recording: Recording, record: MoveRecord) -> _Moving:
        return object.__new__(providing_as(_Moving, inner))

    def _handle(self, handle: IWriteHandle, path: VirtualPath) -> IWriteHandle:
        return recorded_handle(handle, self._record)

    async def remove_file(self, path: VirtualPath) -> None:
        await self._inner.remove_file(path)


def _proof(kind: ProofKind, at: ObjectAt) -> IntentProof | None:
    return None if at.file is None else IntentProof(kind, at.file)


def _claim(at: ObjectAt | None) -> PathClaim:
    return PathClaim(() if at is None else (at.place,))


def _claim_tree(at: ObjectAt | None) -> PathClaim:
    return PathClaim(() if at is None else (at.place,), tree=True)


def _claim_ends(ends: tuple[ObjectAt, ObjectAt] | None) -> PathClaim:
    if ends is None:
        return PathClaim(())
    moved, place = ends
    tree = not moved.is_file
    return PathClaim(tuple(sorted({moved.place, place.place})), tree=tree, moves=tree)
