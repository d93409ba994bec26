"""Finds out at the start which intended changes of dead processes have happened, by looking at their files."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial

from twisted.internet.defer import CancelledError
from twisted.internet.interfaces import IReactorTime

from ftpd_service.database.outbox_changes import (
    ForgottenIntent,
    OpenIntent,
    OutboxChange,
    ReadyEvent,
    UnprovedIntent,
)
from ftpd_service.errors import FtpdError
from ftpd_service.hook_interfaces import ProofKind
from ftpd_service.interfaces import Blocking
from ftpd_service.runtime.process_identity import is_running
from ftpd_service.runtime.stepping import deferred

UNKNOWN = "the service died before it could note whether this has happened"
"""The reason of dead letters whose files are not on this host."""

FILE_LOOK_SECONDS = 10.0
"""The time for the looks at the files; a folder whose server is gone does not answer at all."""


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
