"""The seams of hooks: the outbox that keeps events, and the actions that are carried out for them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from zope.interface import Interface

from ftpd_service.hook_events import HookEvent, HookOrigin, HookTrigger
from ftpd_service.interfaces import IStorage, IWriteHandle
from ftpd_service.reasons import UploadGrade
from ftpd_service.values import SettledFile, VirtualPath


class HostFile(NamedTuple):
    """A file or directory of this host, as it can be found again after a crash."""

    path: str
    """The absolute path on the host (surrogateescape)."""
    device: int
    inode: int
    durable: bool = False
    """Whether changes of this file are on the disk before their reply, so that their events have to be, too."""


class HostUpload(NamedTuple):
    """A settled upload whose file will have a path on this host."""

    settled: SettledFile
    file: HostFile
    """The path that the file has after the commit, and its device and inode."""


class ProofKind(Enum):
    """The proof, after a crash, that an intended change has happened."""

    PRESENT = "present"
    """The path leads to the object with this device and inode."""
    ABSENT = "absent"
    """The path does not lead to that object any more."""
    EXISTS = "exists"
    """Something is at the path, as its inode was not known before."""


class IntentProof(NamedTuple):
    """The proof by which a start after a crash finds out whether an intended change has happened."""

    kind: ProofKind
    file: HostFile


class IOnHost(IWriteHandle):
    """An optional interface of a write handle whose file will have a path on this host."""

    async def settle_on_host() -> HostUpload:
        """Settle the upload, as `IInspectable.settle` does, and return its place on the host too, in a single call.

        A second call is allowed.

        :raises StorageFull: and QuotaExceeded, StorageFailed.
        """


class IHostPaths(Interface):
    """An optional interface of a storage whose paths are paths on this host.

    Both methods raise Unsupported for a path that has no place on this host.
    """

    async def host_file(path: VirtualPath) -> HostFile | None:
        """Return the object at a path, without following a link at its end, or None if there is none.

        :raises StorageError:
        """

    async def host_place(path: VirtualPath) -> HostFile:
        """Return the place on the host at which a path stands or would be made, without device and inode (0).

        The directory above must exist.

        :raises StorageError:
        """


class IRecordsOrigin(Interface):
    """An optional interface of a storage that records its changes as events, and has to know their session."""

    def regard_origin(origin: Callable[[], HookOrigin]) -> None:
        """Take the function that describes the session of later changes."""


class IRecordsMoves(Interface):
    """An optional interface of a storage that records its changes, for moves that are made by a copy."""

    def moving(source: VirtualPath, target: VirtualPath) -> AbstractAsyncContextManager[IStorage]:
        """Return the storage to which a single file is moved: its commit, and the removal of the source, are one event.

        The move ends with the context.
        """


class IRecordedWrite(IWriteHandle):
    """An optional interface of a write handle whose commit is recorded as an event."""

    def describe(*, grade: UploadGrade, digest: str | None) -> None:
        """Take the facts of the upload that only the verb knows: they are those of `HookEvent`."""


class IIntent(Interface):
    """An event that was kept before its change became visible."""

    def happened(event: HookEvent) -> None:
        """Make the event ready for delivery, with its final facts, without waiting; an older intent goes first."""

    def failed() -> None:
        """Forget the event, because the change did not happen."""


class IOutbox(Interface):
    """Keeps events until they are delivered.  What it is told is written in order."""

    def wants(*triggers: HookTrigger) -> bool:
        """Return whether any rule is about any of these kinds of events; otherwise they need not be made."""

    async def intend(event: HookEvent, proof: IntentProof | None) -> IIntent | None:
        """Keep an event before its change becomes visible; return None if no rule matches it or it is dropped.

        Everything that was told before is kept, too, when this returns an intent.  Cancelling it forgets the event.

        :param proof: what proves the change after a crash, or None if the storage is not of this host.
        :raises TemporarilyUnavailable: the outbox is full or cannot be written, and `hooks.when_full` says refuse.
        :raises StorageFull: the disk of the database is full, and `hooks.when_full` says refuse.
        """

    async def flush() -> None:
        """Return once everything that was told before is kept: at once if nothing waits.

        A change that is itself no event, but takes away the proof of an earlier event, waits for this.

        :raises TemporarilyUnavailable: and StorageFull, as `intend` does.
        """

    def happened(event: HookEvent) -> None:
        """Keep an event of something that has happened, and that no reply waits for; it may be dropped and counted."""


class ActionFailed(Exception):
    """An action could not be carried out; the text says why, for the log and for `events show`.

    :ivar retry_after: the least time until the next try in seconds, as the receiver has asked for, or None.
    :ivar final: whether no further try can succeed.
    """

    def __init__(self, text: str, *, retry_after: float | None = None, final: bool = False) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.final = final


class IAction(Interface):
    """An action that a rule carries out for an event."""

    async def run(event: HookEvent, attempt: int) -> None:
        """Carry the action out, within its own time limit.  Cancelling ends it.

        :param attempt: the number of this try, from 1 on: the value of ``try``.
        :raises ActionFailed:
        """

    async def close() -> None:
        """End what the action keeps open, such as connections and programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """An event that waits for delivery, for one rule."""

    sequence: int
    """Its place in the order of all rows."""
    rule: str
    """The id of the rule."""
    event: HookEvent
    step: int = 0
    """The position of the action that is due, in the rule's list."""
    tries: int = 0
    """How often this action has failed."""
    due: float = 0.0
    """When it is tried next, in seconds since 1970."""
    failing_since: float | None = None
    """When this action failed first for the row, in seconds since 1970, or None; its `retry_for` counts from there."""


class IOutboxRows(Interface):
    """The rows of the outbox as the delivery sees them.

    Changes are written in batches.  When a change returns, it is kept, and `ready` shows it; every method raises
    DatabaseUnavailable, after which a change may or may not be kept, and can be asked for again.
    """

    async def ready(rule: str, after: int, most: int) -> tuple[OutboxRow, ...]:
        """Return the oldest rows of a rule that wait for delivery, behind a place in the order.

        Rows that are due later are among them, as newer rows for their paths wait for them.
        """

    async def rules_with_rows() -> frozenset[str]:
        """Return the ids of all rules that have rows which wait for delivery."""

    async def delivered(row: OutboxRow) -> None:
        """Forget a row, all of whose actions have been carried out."""

    async def postponed(row: OutboxRow, reason: str) -> None:
        """Keep a row with its new `step`, `tries`, `due` and `failing_since`.

        :param reason: the text of the last failure, or an empty text.
        """

    async def dead(row: OutboxRow, reason: str) -> None:
        """Make a row a dead letter, which waits for an operator."""
