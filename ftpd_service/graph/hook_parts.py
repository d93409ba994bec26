"""The hooks of a service, made at the start."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.graph.databases import open_outbox
from ftpd_service.hook_log_events import HookEventsDropped, HookFailed, HookFinished
from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.action_runs import ActionRun, RunOutcome
from ftpd_service.hooks.service_hooks import ServiceHooks
from ftpd_service.hooks.settings import HooksSettings
from ftpd_service.interfaces import Emit
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.runtime.pool import BlockingPool

if TYPE_CHECKING:
    from ftpd_service.database.queries import Database


def hooks_of(
    settings: HooksSettings, reactor: PosixReactorBase, *, database: Database | None, pool: BlockingPool, emit: Emit
) -> ServiceHooks:
    """Make the hooks for the configuration of the start; no rule is in force yet."""
    node, blocking = socket.gethostname(), pool.service
    parts = HookParts(reactor=reactor, blocking=blocking, runs=BoundedRuns(settings.concurrency), now=time.time)

    def dropped(count: int, reason: str) -> None:
        emit(HookEventsDropped(count=count, reason=reason))

    opened = None
    if database is not None:
        opened = partial(open_outbox, database, reactor, node=node, blocking=blocking, dropped=dropped)
    return ServiceHooks(
        parts,
        node,
        opened,
        chance=random.random,
        finished=lambda run: emit(_event_of(run)),
    )


def _event_of(run: ActionRun) -> HookFinished | HookFailed:
    """Return the event for the log, the audit and the metrics."""
    row, event = run.row, run.row.event
    kind: Callable[..., HookFinished | HookFailed] = HookFinished
    if run.outcome is not RunOutcome.DONE:
        dead = run.outcome is RunOutcome.DEAD
        kind = partial(HookFailed, dead=dead, reason=run.reason, retry_seconds=run.retry_seconds)
    return kind(
        rule=row.rule,
        action=run.action.settings.kind,
        trigger=event.trigger,
        id=event.id,
        attempt=run.attempt,
        seconds=run.seconds,
        session=event.origin.session,
        account=event.origin.account,
        path=event.path,
    )
