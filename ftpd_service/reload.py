"""Reloads of the configuration, one at a time, of which each applies everything or nothing.

Reading the file, certificates and checkers' modules waits for disks, so it runs on the pool, as does the comparison.
Then all parts of the service prepare, and everything is put into force in a single turn of the reactor.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ftpd_service.config.differences import changed
from ftpd_service.config.load import line_of
from ftpd_service.config.problems import ConfigError, Problem, dotted
from ftpd_service.config.schema import Config
from ftpd_service.events import ConfigurationReloaded, ReloadFailed
from ftpd_service.graph.in_force import InForce
from ftpd_service.graph.prepared import Prepared, prepare
from ftpd_service.running_service import CannotServe, IServiceWatcher, ReloadResult
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.service_parts import ServiceParts
from ftpd_service.tls.loading import CertificateProblem

_log = Logger(namespace="ftpd")

MISTAKES = (ConfigError, CertificateProblem, PluginProblem, CannotServe)
"""The mistakes that an operator can correct; any other exception is a fault of the program."""


def lines_of(mistake: Exception, source: str | None = None) -> list[str]:
    """Return the lines about a mistake for the operator.

    :param source: the file, in which a key may be to blame; the look for its line waits for the disk.
    """
    if isinstance(mistake, ConfigError):
        return mistake.lines()
    if isinstance(mistake, CannotServe) and mistake.where and source is not None:
        where = mistake.where
        return [Problem(line_of(source, where), dotted(where), str(mistake)).describe(source)]
    return [str(mistake)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """A configuration that was read again."""

    prepared: Prepared
    differences: tuple[str, ...]
    """The differences from the configuration in force, a line for each."""


class Reloading:
    """Reads the configuration again on request, and puts it into force.

    :param read: reads the file; raises ConfigError.
    :param applied: is called when another configuration is in force.
    :param stopping: returns whether the service stops, so that nothing may change any more.
    :param hint: returns a reason why a file may be unreadable, or an empty text.
    """

    def __init__(
        self,
        read: Callable[[], Config],
        in_force: InForce,
        parts: ServiceParts,
        *,
        applied: Callable[[], None],
        stopping: Callable[[], bool],
        hint: Callable[[], str] = str,
        watcher: IServiceWatcher,
    ) -> None:
        self._read = read
        self._in_force = in_force
        self._parts = parts
        self._applied = applied
        self._stopping = stopping
        self._hint = hint
        self._watcher = watcher
        self._waiting: list[Deferred[ReloadResult]] = []

    def ask(self) -> Deferred[ReloadResult]:
        """Request a reload; the Deferred fires, never with a failure, after a reload that began after this call.

        All requests during a reload share the next reload.
        """
        waiter: Deferred[ReloadResult] = Deferred()
        self._waiting.append(waiter)
        if len(self._waiting) == 1:
            Deferred.fromCoroutine(self._run())
        return waiter

    def attempt(self) -> Deferred[ReloadResult]:
        """Request a dry run, which tries everything that has no effect; the Deferred never fires with a failure."""
        return Deferred.fromCoroutine(self._attempt())

    async def _attempt(self) -> ReloadResult:
        async with self._parts.changing:
            return await self._outcome(self._attempted)

    async def _run(self) -> None:
        async with self._parts.changing:
            waiting, self._waiting = self._waiting, []
            self._watcher.reload_began()
            result = await self._outcome(self._tried)
            self._tell(result)
            self._watcher.reload_ended(result)
        for waiter in waiting:
            waiter.callback(result)

    async def _outcome(self, work: Callable[[], Coroutine[Deferred[Any], Any, ReloadResult]]) -> ReloadResult:
        """Return the result of a coroutine, or its mistakes."""
        try:
            return await work()
        except MISTAKES as mistake:
            lines = await self._in_force.kept.pool.service(partial(lines_of, mistake, self._in_force.config.source))
            hint = "" if isinstance(mistake, CannotServe) else self._hint()
            return ReloadResult(mistakes=tuple(line for line in (*lines, hint) if line))
        except Exception:
            _log.failure("the configuration could not be applied")
            return ReloadResult(mistakes=("a fault of this program: its log has a traceback, which is worth a report",))

    async def _tried(self) -> ReloadResult:
        """Put the configuration of the file into force, or change nothing."""
        blocking = self._in_force.kept.pool.service
        anew = await blocking(partial(_anew, self._read, self._in_force.config))
        config = anew.prepared.config
        await self._parts.prepare(config, blocking)
        # From here to the end in a single turn of the reactor: no client comes in between.
        try:
            self._refuse_late()
            graph = self._in_force.made(anew.prepared)
        except BaseException:
            self._parts.undo()
            raise
        self._parts.commit()
        self._in_force.use(graph, config, watching=True)
        self._applied()
        return ReloadResult(differences=anew.differences, applied=True)

    async def _attempted(self) -> ReloadResult:
        blocking = self._in_force.kept.pool.service
        anew = await blocking(partial(_anew, self._read, self._in_force.config))
        await self._parts.attempt(anew.prepared.config, blocking)
        return ReloadResult(differences=anew.differences)

    def _refuse_late(self) -> None:
        if self._stopping():
            raise CannotServe("the service is draining, and takes no other configuration")

    def _tell(self, result: ReloadResult) -> None:
        if result.applied:
            self._in_force.emit(ConfigurationReloaded(differences=result.differences))
        else:
            self._in_force.emit(ReloadFailed(mistakes=result.mistakes))


def _anew(read: Callable[[], Config], in_force: Config) -> Anew:
    """Read the file and all files that it names, on the pool."""
    prepared = prepare(read())
    return Anew(prepared=prepared, differences=changed(in_force, prepared.config))
