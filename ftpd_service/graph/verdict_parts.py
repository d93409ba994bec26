"""Makes the stages that judge uploads, at the start of the service."""

from __future__ import annotations

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.config.schema import Config
from ftpd_service.hooks.stage_parts import StageParts
from ftpd_service.hooks.stages_in_force import StagesInForce
from ftpd_service.hooks.verdicts import Verdicts
from ftpd_service.runtime.bounded_runs import BoundedRuns
from ftpd_service.runtime.pool import BlockingPool


def stages_of(config: Config, reactor: PosixReactorBase, pool: BlockingPool) -> StagesInForce:
    """Return the object that holds the stages; it has none before `StagesInForce.use`."""
    parts = StageParts(reactor=reactor, blocking=pool.service, runs=BoundedRuns(config.hooks.concurrency))
    return StagesInForce(Verdicts(reactor), parts)
