"""Finds out which intended changes of dead processes have happened, by looking at their files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from functools import partial

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from ftpd_service.database.outbox_changes import (
    ForgottenIntent,
    OpenIntent,
    OutboxChange,
    OutboxStore,
    ReadyEvent,
    UnprovedIntent,
)
from ftpd_service.errors import DatabaseUnavailable, FtpdError, TemporarilyUnavailable
from ftpd_service.hook_interfaces import ProofKind
from ftpd_service.hooks.outbox_writer import LARGEST_BATCH
from ftpd_service.interfaces import Blocking
from ftpd_service.runtime.process_identity import is_running
from ftpd_service.runtime.stepping import deferred, started

_log = Logger(namespace="ftpd.hooks")

UNKNOWN = "the service died before it could note whether this has happened"
"""The reason of dead letters whose files are not on this host."""

FILE_LOOK_SECONDS = 10.0
"""The time for the looks at the files; a folder whose server is gone does not answer at all."""


SETTLE_SECONDS = 20.0
"""How long a change waits for the end of the first look."""

SETTLE_AGAIN_SECONDS = 60.0
"""The pause between two looks: an older process, which serves its last sessions, may die later."""


class Settling:
    """Settles the intents of dead processes, at the start and then from time to time.

    :param counted: gets the number of all rows, also from time to time.
    :param ready: is called when rows have become ready.
    """

    def __init__(
        self,
        store: OutboxStore,
        clock: IReactorTime,
        blocking: Blocking,
        *,
        counted: Callable[[int], object],
        ready: Callable[[], object],
    ) -> None:
        self._store = store
        self._clock = clock
        self._blocking = blocking
        self._counted = counted
        self._ready = ready
        self._running: Deferred[None] | None = None
        self._timer: IDelayedCall | None = None
        self._settled = self._failing = self._stopped = False

    def start(self) -> None:
        """Begin a look now, unless one runs."""
        if self._running is None:
            self._cancel_timer()
            self._running = started(self._settle())

    def stop(self) -> None:
        """Begin no more looks."""
        self._stopped = True
        self._cancel_timer()

    async def demand(self) -> None:
        """Wait for the end of the first look: a new change would hide whether that of a dead process has happened.

        :raises TemporarilyUnavailable: that took too long, or was not possible.
        """
        if self._settled:
            return
        self.start()
        if self._running is not None:
            await self._end_of(self._running)
        if not self._settled:
            raise TemporarilyUnavailable("the events of a former process are not settled yet")

    async def _end_of(self, running: Deferred[None]) -> None:
        waiting: Deferred[None] = Deferred()
        running.addCallback(waiting.callback)
        await waiting.addTimeout(SETTLE_SECONDS, self._clock, onTimeoutCancel=lambda result, seconds: None)

    def _cancel_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    async def _settle(self) -> None:
        try:
            await self._look()
            self._settled, self._failing = True, False
        except DatabaseUnavailable as problem:
            if not self._failing:
                _log.error("the outbox cannot be read: {reason}", reason=str(problem))
            self._failing = True
        except Exception:
            _log.failure("the events that a process left open cannot be settled")
        self._running = None
        if not self._stopped:
            self._timer = self._clock.callLater(SETTLE_AGAIN_SECONDS, self.start)

    async def _look(self) -> None:
        changes = await settled_changes(await self._store.open_intents(), self._blocking, self._clock)
        for start in range(0, len(changes), LARGEST_BATCH):
            await self._store.write(changes[start : start + LARGEST_BATCH], durable=True)
        self._counted(await self._store.count())
        if changes:
            _log.info("{count} events that a process left open are settled", count=len(changes))
            self._ready()


async def settled_changes(
    intents: Sequence[OpenIntent], blocking: Blocking, clock: IReactorTime
) -> Sequence[OutboxChange]:
    """Return what becomes of the open intents of processes that have died; those of processes that run are left.

    :param blocking: runs a look at a file, which may wait for a disk.
    """
    running = {owner for owner in {intent.owner for intent in intents} if is_running(owner)}
    looks = [deferred(_settled(intent, blocking)) for intent in intents if intent.owner not in running]

    def give_up() -> None:
        for look in looks:
            look.cancel()

    timer = clock.callLater(FILE_LOOK_SECONDS, give_up)
    try:
        return [await look for look in looks]
    finally:
        if timer.active():
            timer.cancel()


async def _settled(intent: OpenIntent, blocking: Blocking) -> OutboxChange:
    if intent.proof is None:
        return UnprovedIntent(intent.id, UNKNOWN)
    try:
        happened = await blocking(partial(_has_happened, intent.proof), discard=bool)
    except (CancelledError, FtpdError, OSError, ValueError, TypeError):
        return UnprovedIntent(intent.id, UNKNOWN)
    return ReadyEvent(intent.id) if happened else ForgottenIntent(intent.id)


def _has_happened(proof: str) -> bool:
    """Look at the file of a proof; waits for its disk.

    :raises OSError:
    :raises ValueError: the text is no proof; so do wrong types raise TypeError.
    """
    word, path, device, inode = json.loads(proof)
    kind = ProofKind(word)
    try:
        facts = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return kind is ProofKind.ABSENT
    same = (facts.st_dev, facts.st_ino) == (device, inode)
    return {ProofKind.PRESENT: same, ProofKind.ABSENT: not same, ProofKind.EXISTS: True}[kind]
