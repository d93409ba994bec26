"""Reloads of the configuration, one at a time: the configuration that was read last is in force.

Reading the file, certificates and checkers' modules waits for disks, so it runs on the pool, as does the comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ftpd_service.config.differences import changed
from ftpd_service.config.problems import ConfigError
from ftpd_service.config.schema import Config
from ftpd_service.graph.prepared import Prepared, prepare
from ftpd_service.interfaces import Blocking
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.tls.loading import CertificateProblem

_log = Logger(namespace="ftpd")

MISTAKES = (ConfigError, CertificateProblem, PluginProblem)
"""The mistakes that an operator can correct; any other exception is a fault of the program."""


def lines_of(mistake: Exception) -> list[str]:
    """Return the lines about a mistake for the operator."""
    return mistake.lines() if isinstance(mistake, ConfigError) else [str(mistake)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """A configuration that was read again."""

    prepared: Prepared
    differences: tuple[str, ...]
    """The differences from the configuration in force, a line for each."""


class Reloading:
    """Reads the configuration again on request.

    :param read: reads the file; raises ConfigError.
    :param apply: puts a configuration into force, on the reactor's thread; if it raises a mistake, nothing has changed.
    :param hint: returns a reason why a file may be unreadable, or an empty text.
    """

    def __init__(
        self,
        read: Callable[[], Config],
        *,
        in_force: Callable[[], Config],
        apply: Callable[[Anew], None],
        blocking: Blocking,
        hint: Callable[[], str] = str,
    ) -> None:
        self._read = read
        self._in_force = in_force
        self._apply = apply
        self._blocking = blocking
        self._hint = hint
        self._running = False
        self._waiting: list[Deferred[None]] = []

    def ask(self) -> Deferred[None]:
        """Request a reload; the Deferred fires, never with a failure, after a reload that began after this call.

        All requests during a reload share the next reload.
        """
        waiter: Deferred[None] = Deferred()
        self._waiting.append(waiter)
        if not self._running:
            self._running = True
            Deferred.fromCoroutine(self._run())
        return waiter

    async def _run(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            await Deferred.fromCoroutine(self._once()).addErrback(_broken)
            for waiter in waiting:
                waiter.callback(None)
        self._running = False

    async def _once(self) -> None:
        try:
            self._apply(await self._blocking(partial(_anew, self._read, self._in_force())))
        except MISTAKES as mistake:
            for line in (*lines_of(mistake), self._hint()):
                if line:
                    _log.error("{line}", line=line)
            _log.error("the old configuration stays in force")
        else:
            _log.info("the configuration was read again")


def _broken(failure: Failure) -> None:
    """Log a fault of the program with its traceback."""
    _log.failure("the configuration could not be applied", failure=failure)


def _anew(read: Callable[[], Config], in_force: Config) -> Anew:
    """Read the file and all files that it names, on the pool."""
    prepared = prepare(read())
    return Anew(prepared=prepared, differences=changed(in_force, prepared.config))
