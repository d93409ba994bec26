"""A configuration with the objects that it names on disks, read and imported before a graph is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.auth.checker_parts import FoundChecker
from ftpd_service.auth.plugins import find_checkers
from ftpd_service.config.schema import Config
from ftpd_service.graph.databases import database_problem
from ftpd_service.graph.measured import metrics_problem
from ftpd_service.hooks.found_hooks import FoundHooks, find_hooks
from ftpd_service.hooks.stage_parts import FoundStage, find_stage
from ftpd_service.login_storages import NamedStorages, find_storages
from ftpd_service.tls.certificates import Proved, proved


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A configuration, and the objects that it names on disks."""

    config: Config
    certificates: Proved | None
    checkers: tuple[FoundChecker, ...]
    storages: NamedStorages
    hooks: FoundHooks
    stages: tuple[FoundStage, ...] = ()
    warnings: tuple[str, ...] = ()
    """Warnings about what the configuration names, for the log of a start."""


def prepare(config: Config) -> Prepared:
    """Read the certificates and import the checkers, storages, stages and actions of a configuration; waits for disks.

    :raises CertificateProblem: a certificate cannot be used.
    :raises PluginProblem: something of it cannot be used: the text names it.
    """
    warning = database_problem(config)
    metrics_problem(config)
    certificates = None if config.tls is None else proved(config.tls)
    return Prepared(
        config=config,
        certificates=certificates,
        checkers=find_checkers(config.auth),
        storages=find_storages(config.accounts),
        stages=tuple(find_stage(one) for one in config.hooks.stages),
        hooks=find_hooks(config.hooks),
        warnings=() if warning is None else (warning,),
    )
