"""The parts that start, change and stop with the service, and the order in which they do so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from twisted.internet.defer import DeferredLock
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger

from ftpd_service.admin_socket.admin_socket import AdminSocket
from ftpd_service.audit_part import AuditPart
from ftpd_service.config.schema import Config
from ftpd_service.graph.administered import administration_of
from ftpd_service.interfaces import Blocking, IObserver
from ftpd_service.log_part import LogPart
from ftpd_service.metrics_part import MetricsPart
from ftpd_service.running_service import IHasLogFile, IRunningService, IServicePart
from ftpd_service.succession.open_ports import OpenPorts
from ftpd_service.transfer_log_part import TransferLogPart

_log = Logger(namespace="ftpd")


@dataclass(frozen=True, slots=True)
class AttachedPart:
    """A part of the service."""

    part: IServicePart
    settings: Callable[[Config], object]
    """Returns the part's own settings."""


def attached_logs(log: LogPart, audit: AuditPart) -> tuple[AttachedPart, ...]:
    """Return the parts that record, the transfer log among them; they come before all others."""
    parts = (log, audit, TransferLogPart(log.owner))
    return tuple(AttachedPart(part, lambda config: config.logging) for part in parts)


def attached_parts(
    service: IRunningService, reactor: PosixReactorBase, ports: OpenPorts, *, config: Config, successor: bool = False
) -> tuple[AttachedPart, ...]:
    """Return all parts but the logs and the ports of FTP.

    :param service: is not complete yet, and can be asked only once it has started.
    :param ports: opens and closes ports.
    :param config: the configuration of the start.
    :param successor: whether the process replaces another process, which serves until all parts have prepared.
    """
    metrics = MetricsPart(service, ports, wanted=config.metrics is not None)
    admin_socket = AdminSocket(partial(administration_of, service, reactor), reactor, successor=successor)
    return (
        AttachedPart(metrics, lambda config: config.metrics),
        AttachedPart(admin_socket, lambda config: config.admin),
    )


class ServiceParts:
    """The parts of a service, which change together or not at all.

    :ivar changing: held by a reload, and by an upgrade, which hands the sockets over: one excludes the other.
    """

    def __init__(self, attached: Iterable[AttachedPart]) -> None:
        self._attached = tuple(attached)
        self._prepared: list[AttachedPart] = []
        self.changing = DeferredLock()

    @property
    def observers(self) -> tuple[IObserver, ...]:
        """The parts that get events."""
        return tuple(one.part for one in self._attached if IObserver.providedBy(one.part))

    def add_first(self, attached: AttachedPart) -> None:
        """Add a part that prepares before all others."""
        self._attached = (attached, *self._attached)

    def add_last(self, attached: AttachedPart) -> None:
        """Add a part that prepares after all others."""
        self._attached = (*self._attached, attached)

    async def prepare(self, config: Config, blocking: Blocking) -> None:
        """Prepare all parts for a configuration, or none.

        :raises CannotServe: a part cannot do what the configuration says.
        """
        try:
            for one in self._attached:
                await one.part.prepare(one.settings(config), blocking)
                self._prepared.append(one)
        # BaseException: a cancelled or broken reload leaves nothing open, either.
        except BaseException:
            self.undo()
            raise

    async def attempt(self, config: Config, blocking: Blocking) -> None:
        """Have all parts try a configuration without an effect.

        :raises CannotServe: a part cannot do what the configuration says.
        """
        for one in self._attached:
            await one.part.attempt(one.settings(config), blocking)

    def commit(self) -> None:
        """Have all parts use what they have prepared."""
        prepared, self._prepared = self._prepared, []
        for one in prepared:
            one.part.commit()

    def undo(self) -> None:
        """Have all parts close what they have prepared."""
        prepared, self._prepared = self._prepared, []
        for one in reversed(prepared):
            one.part.undo()

    def reopen_files(self) -> int:
        """Have all parts open their log files anew, and return the number of files."""
        return sum(one.part.reopen() for one in self._attached if IHasLogFile.providedBy(one.part))

    async def stop(self) -> None:
        """Stop all parts, in reverse order.  A failure of one part is logged, and the others stop all the same."""
        for one in reversed(self._attached):
            try:
                await one.part.stop()
            except Exception:
                _log.failure("a part of the service could not be stopped")
