"""The removal of a tree as events: a ``deleted`` for each file behind its step, a ``removed_directory`` at the end.

The intent of the whole removal is kept before the first step.  Before each further step the events of the step before
are kept, so that an outbox that cannot keep up slows the removal down, and at most the files of one step are lost.
"""

from __future__ import annotations

from twisted.internet.defer import CancelledError

from ftpd_service.errors import StorageError
from ftpd_service.hook_events import HookEvent, HookTrigger
from ftpd_service.hook_interfaces import IIntent, IntentProof, ProofKind
from ftpd_service.storage.change_recorder import ChangeRecorder, ObjectAt
from ftpd_service.storage.passing import PassingRemoval
from ftpd_service.storage.path_turns import PathClaim
from ftpd_service.tree_interfaces import ITreeRemoval
from ftpd_service.values import RemovedFile, VirtualPath


class RecordedRemoval(PassingRemoval):
    """A removal whose steps are recorded; each step has its turn among the changes below the directory."""

    def __init__(self, recorder: ChangeRecorder, inner: ITreeRemoval, path: VirtualPath, at: ObjectAt) -> None:
        self._recorder = recorder
        super().__init__(inner)
        self._path = path
        self._at = at
        self._event: HookEvent | None = None
        self._intent: IIntent | None = None
        self._removed: tuple[RemovedFile, ...] = ()

    async def step(self) -> bool:
        async with self._recorder.turns.taken(PathClaim((self._at.place,), tree=True)):
            await self._begin()
            try:
                finished = await self._inner.step()
            except CancelledError:
                # `close` looks what has become of the directory.
                raise
            except StorageError:
                self._failed()
                raise
            finally:
                self._tell_files()
            if finished and self._intent is not None and self._event is not None:
                self._intent.happened(self._event)
                self._intent = None
            return finished

    async def _begin(self) -> None:
        """Keep the intent, or the events of the step before.

        :raises TemporarilyUnavailable:
        """
        if self._event is not None:
            await self._recorder.flush()
            return
        event = self._recorder.event(HookTrigger.REMOVED_DIRECTORY, self._path, self._at)
        proof = None if self._at.file is None else IntentProof(ProofKind.ABSENT, self._at.file)
        self._intent = await self._recorder.intend(event, proof)
        self._event = event

    def _tell_files(self) -> None:
        # A step that is cancelled before it begins leaves the files of the step before.
        before, self._removed = self._removed, self._inner.removed()
        if self._removed != before and self._recorder.wants(HookTrigger.DELETED):
            for file in self._removed:
                event = self._recorder.event(HookTrigger.DELETED, file.path, self._below(file.path), size=file.size)
                self._recorder.tell(event)

    def _below(self, path: VirtualPath) -> ObjectAt:
        """Return the place of a path below the directory."""
        file = self._at.file
        if file is None:
            return self._recorder.elsewhere(path)
        host_path = file.path + path[len(self._path) :]
        return ObjectAt(host_path, file._replace(path=host_path))

    async def close(self) -> None:
        await self._inner.close()
        intent, self._intent = self._intent, None
        if intent is not None and self._event is not None:
            await self._recorder.judge(intent, self._event, self._gone)

    async def _gone(self) -> bool:
        found = await self._recorder.find(self._path)
        return found is None or found.file != self._at.file

    def _failed(self) -> None:
        intent, self._intent = self._intent, None
        if intent is not None:
            intent.failed()
