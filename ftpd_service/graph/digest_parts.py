"""The parts that keep, take and compute digests, made at the start of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.config.schema import Config
from ftpd_service.data.placement import Load
from ftpd_service.digests.digest_file import open_digest_file
from ftpd_service.digests.digest_store import DigestStore
from ftpd_service.digests.idle_digests import IdleDigests
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.proofs import KernelFiles
from ftpd_service.digests.service_digests import ServiceDigests
from ftpd_service.digests.watched_uploads import WatchedUploads
from ftpd_service.kernel import change_times, file_watches
from ftpd_service.runtime.imported import built_in
from ftpd_service.runtime.lane import Lane
from ftpd_service.runtime.pool import HUNG_SECONDS, BlockingPool, Unshared, processors

if TYPE_CHECKING:
    from ftpd_service.database.queries import Database

IDLE_NICE = 19
"""Digests that nobody has asked for leave the processors to all others."""


def digests_of(
    config: Config, reactor: PosixReactorBase, *, database: Database | None, pool: BlockingPool, load: Load
) -> ServiceDigests:
    """Make the parts for the configuration of the start.

    :raises PluginProblem: a library of the database is missing.
    """
    files = KernelFiles()
    kept = KeptDigests(reactor, _store(config, reactor, database))
    most = processors()

    def busy() -> bool:
        return load.running >= most or bool(pool.busy.lane.waiting or pool.waiting)

    idle = Unshared(Lane("ftpd-idle", 1, hung_seconds=HUNG_SECONDS, nice=IDLE_NICE), reactor)
    return ServiceDigests(
        config.digests,
        preferred(config),
        kept=kept,
        files=files,
        watched=WatchedUploads(kept, files, reactor) if file_watches.available() else None,
        idle=IdleDigests(kept, files, blocking=idle, clock=reactor, busy=busy),
        clock=reactor,
    )


def preferred(config: Config) -> str | None:
    """Return the algorithm that is used before anybody asks for a digest, or None if clients cannot ask."""
    return next(iter(config.session.digests), None)


def _store(config: Config, reactor: PosixReactorBase, database: Database | None) -> DigestStore | None:
    boot = change_times.boot_name()
    if boot is None:
        return None
    if config.digests.file is not None:
        return open_digest_file(config.digests.file, boot, reactor)
    if database is None:
        return None
    store: DigestStore = built_in("ftpd_service.database.digest_rows:SqlDigests", needs="", told="database")(
        database, boot
    )
    return store
