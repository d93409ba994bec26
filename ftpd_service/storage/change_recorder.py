"""The order in which a change and its event are made: an intent is kept, the change is made, its mark is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import NamedTuple

from twisted.internet.defer import CancelledError

from ftpd_service.errors import (
    AcrossFolders,
    FtpdError,
    NotAPlainFile,
    NotFound,
    StorageFull,
    TemporarilyUnavailable,
    Unsupported,
)
from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger, new_event_id
from ftpd_service.hook_interfaces import HostFile, IHostPaths, IIntent, IntentProof, IOutbox
from ftpd_service.interfaces import IStorage, Now
from ftpd_service.storage.ledger import REFUSALS
from ftpd_service.storage.path_turns import PathTurns
from ftpd_service.values import Entry, EntryKind, VirtualPath

CHANGES = (
    HookTrigger.UPLOADED,
    HookTrigger.RENAMED,
    HookTrigger.DELETED,
    HookTrigger.MADE_DIRECTORY,
    HookTrigger.REMOVED_DIRECTORY,
)
"""The kinds of events that storages record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The parts by which the sessions of a service record their changes; an object outlives reloads."""

    outbox: IOutbox
    now: Now
    new_id: Callable[[], str] = new_event_id
    """Returns an idempotency key."""
    turns: PathTurns = field(default_factory=PathTurns)


class _FullDisk:
    """Turns a full disk of the database into 450: 552 would tell the client that its own file has no room."""

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(problem, StorageFull):
            raise TemporarilyUnavailable(str(problem)) from problem


_full_disk = _FullDisk()


class ObjectAt(NamedTuple):
    """An object at a path, or the place of a new object."""

    place: str
    """The path on the host, or else a text that names the path for all sessions of the account."""
    file: HostFile | None
    """The object on the host, or None for a storage that is not of this host."""
    entry: Entry | None = None
    """The entry of the object, or None if the storage tells none."""

    @property
    def host_path(self) -> str | None:
        """Return the path on the host, if there is any."""
        return None if self.file is None else self.file.path

    @property
    def size(self) -> int | None:
        """Return the size of a file, but not of a link."""
        entry = self.entry
        return entry.size if entry is not None and entry.kind is EntryKind.FILE and entry.link is None else None

    @property
    def is_file(self) -> bool:
        """Return whether no path leads through the object."""
        return self.entry is not None and self.entry.kind is EntryKind.FILE


class ChangeRecorder:
    """Records the changes that a session makes in a storage.

    :ivar origin: describes the session.
    """

    def __init__(self, recording: Recording, storage: IStorage, origin: Callable[[], HookOrigin]) -> None:
        self.origin = origin
        self.turns = recording.turns
        self._outbox = recording.outbox
        self._now = recording.now
        self._new_id = recording.new_id
        self._storage = storage

    def active(self) -> bool:
        """Return whether any rule is about changes, so that even a change without an event has to keep its turn."""
        return self._outbox.wants(*CHANGES)

    def wants(self, trigger: HookTrigger) -> bool:
        """Return whether any rule is about such events."""
        return self._outbox.wants(trigger)

    def event(self, trigger: HookTrigger, path: VirtualPath, at: ObjectAt, *, size: int | None = None) -> HookEvent:
        """Return a new event about a path."""
        return HookEvent(
            id=self._new_id(),
            trigger=trigger,
            time=self._now(),
            origin=self.origin(),
            path=path,
            host_path=at.host_path,
            size=size,
        )

    def tell_uploaded(self, event: HookEvent) -> None:
        """Record that the file of an event has arrived, although the event itself has not happened."""
        self.tell(replace(event, id=self._new_id(), trigger=HookTrigger.UPLOADED, from_path=None))

    def tell(self, event: HookEvent) -> None:
        """Record an event that has happened, without an intent."""
        self._outbox.happened(event)

    async def flush(self) -> None:
        """Wait until the marks of earlier changes are kept.

        :raises TemporarilyUnavailable:
        """
        with _full_disk:
            await self._outbox.flush()

    async def intend(self, event: HookEvent, proof: IntentProof | None) -> IIntent | None:
        """Keep the intent of a change, or at least the marks of all earlier changes.

        :raises TemporarilyUnavailable:
        """
        with _full_disk:
            intent = await self._outbox.intend(event, proof) if self.wants(event.trigger) else None
            if intent is None:
                await self._outbox.flush()
        return intent

    async def carry_out(
        self,
        event: HookEvent,
        proof: IntentProof | None,
        change: Callable[[], Awaitable[None]],
        happened: Callable[[], Awaitable[bool]],
    ) -> None:
        """Make a change whose turn has come, between its intent and its mark.

        :param happened: looks whether the change has happened although it has failed, as when its client left.
        :raises TemporarilyUnavailable: the change was not made.
        """
        intent = await self.intend(event, proof)
        try:
            await change()
        except (*REFUSALS, AcrossFolders):
            if intent is not None:
                intent.failed()
            raise
        except Exception:
            if intent is not None:
                await self.judge(intent, event, happened)
            raise
        if intent is not None:
            intent.happened(event)

    async def judge(self, intent: IIntent, event: HookEvent, happened: Callable[[], Awaitable[bool]]) -> None:
        """Look whether a change that has failed has happened, or leave its intent to the next start."""
        found = await self.answer(happened)
        if found:
            intent.happened(event)
        elif found is not None:
            intent.failed()

    async def answer(self, look: Callable[[], Awaitable[bool]]) -> bool | None:
        """Return the result of a look behind a failure, or None if nobody can tell: the first failure counts."""
        try:
            return await look()
        except (FtpdError, CancelledError):
            return None

    async def find(self, path: VirtualPath) -> ObjectAt | None:
        """Return the object at a path, which may be a link, or None.

        :raises StorageError:
        """
        if IHostPaths.providedBy(self._storage):
            with suppress(Unsupported):
                file = await IHostPaths(self._storage).host_file(path)
                return None if file is None else ObjectAt(file.path, file, await self._entry(path))
        return await self._find_elsewhere(path)

    async def place(self, path: VirtualPath) -> ObjectAt:
        """Return the place of a new object.

        :raises StorageError:
        """
        if IHostPaths.providedBy(self._storage):
            with suppress(Unsupported):
                place = await IHostPaths(self._storage).host_place(path)
                return ObjectAt(place.path, place)
        return self.elsewhere(path)

    def elsewhere(self, path: VirtualPath, entry: Entry | None = None) -> ObjectAt:
        """Return what stands at a path that has no place on this host."""
        return ObjectAt(f"{self.origin().account}:{path}", None, entry)

    async def _find_elsewhere(self, path: VirtualPath) -> ObjectAt | None:
        try:
            return self.elsewhere(path, await self._storage.stat(path))
        except NotFound:
            return None
        except NotAPlainFile:
            return self.elsewhere(path)

    async def _entry(self, path: VirtualPath) -> Entry | None:
        try:
            return await self._storage.stat(path)
        except FtpdError:
            return None
