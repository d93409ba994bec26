"""Finds out at the start which intended changes of dead processes have happened, by looking at their files."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial

from ftpd_service.database.outbox_changes import (
    ForgottenIntent,
    OpenIntent,
    OutboxChange,
    ReadyEvent,
    UnprovedIntent,
)
from ftpd_service.hook_interfaces import ProofKind
from ftpd_service.interfaces import Blocking
from ftpd_service.runtime.process_identity import is_running

UNKNOWN = "the service died before it could note whether this has happened"
"""The reason of dead letters whose files are not on this host."""


async def settled_changes(intents: Sequence[OpenIntent], blocking: Blocking) -> Sequence[OutboxChange]:
    """Return what becomes of the open intents of processes that have died; those of processes that run are left.

    :param blocking: runs a look at a file, which may wait for a disk.
    """
    changes: list[OutboxChange] = []
    for intent in intents:
        if not is_running(intent.owner):
            changes.append(await _settled(intent, blocking))
    return changes


async def _settled(intent: OpenIntent, blocking: Blocking) -> OutboxChange:
    try:
        if intent.proof is None:
            return UnprovedIntent(intent.id, UNKNOWN)
        happened = await blocking(partial(_has_happened, intent.proof))
    except (OSError, ValueError, TypeError):
        return UnprovedIntent(intent.id, UNKNOWN)
    return ReadyEvent(intent.id, intent.event) if happened else ForgottenIntent(intent.id)


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
