"""Makes the stages that judge uploads, at the start of the service."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.config.schema import Config
from ftpd_service.hook_log_events import VerdictFailed, VerdictGiven
from ftpd_service.hooks.action_parts import HookParts
from ftpd_service.hooks.stages_in_force import StagesInForce
from ftpd_service.hooks.verdicts import StageRun, Verdicts
from ftpd_service.interfaces import Emit
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.runtime.pool import BlockingPool

LONGEST_STAGE_FAILURE = 1024
"""The most characters of a stage's failure in the log; its text may be another package's."""


def stages_of(config: Config, reactor: PosixReactorBase, pool: BlockingPool, emit: Emit) -> StagesInForce:
    """Return the object that holds the stages; it has none before `StagesInForce.use`."""
    runs = BoundedRuns(config.hooks.concurrency)
    parts = HookParts(reactor=reactor, blocking=pool.service, runs=runs, now=time.time)
    return StagesInForce(Verdicts(reactor, lambda run: emit(told_verdict(run))), parts)


def told_verdict(run: StageRun) -> VerdictGiven | VerdictFailed:
    """Return the event for the log, the audit and the metrics."""
    event, judgment = run.upload.event, run.judgment
    kind: Callable[..., VerdictGiven | VerdictFailed]
    if run.failure is None:
        kind = partial(VerdictGiven, text=judgment.text if judgment.path is None else judgment.path)
    else:
        kind = partial(VerdictFailed, timed_out=run.timed_out, reason=run.failure[:LONGEST_STAGE_FAILURE])
    return kind(
        stage=judgment.stage,
        ruling=judgment.ruling,
        seconds=run.seconds,
        id=event.id,
        session=event.origin.session,
        account=event.origin.account,
        address=event.origin.address,
        path=event.path,
    )
