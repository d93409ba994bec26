"""The metrics as a part of the service: the endpoint opens, moves and closes with the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.events import CommandFinished, Event
from ftpd_service.graph.kept import Kept
from ftpd_service.graph.measured import make_metrics
from ftpd_service.interfaces import Blocking, IObserver
from ftpd_service.observe.settings import MetricsSettings
from ftpd_service.running_service import CannotServe, IRunningService, IServicePart, ServiceState
from ftpd_service.shared_places import overlap, same_place
from ftpd_service.succession.open_ports import OpenPorts

if TYPE_CHECKING:
    from ftpd_service.observe.metrics.metrics import Metrics
    from ftpd_service.observe.metrics.web import PageFactory

_log = Logger(namespace="ftpd")

_NOT_READY = {
    ServiceState.STARTING: "the service is starting",
    ServiceState.DRAINING: "the service is draining",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Endpoint:
    """An open endpoint."""

    description: str
    factory: PageFactory
    port: IListeningPort


@implementer(IServicePart, IObserver)
class MetricsPart:
    """The metrics of a service.  The counts stay when a reload moves or removes the endpoint.

    :param ports: opens and closes the port.
    :param wanted: whether the configuration of the start has metrics; sessions are made for its answer to `wants`.
    """

    def __init__(
        self,
        service: IRunningService,
        ports: OpenPorts,
        *,
        wanted: bool,
    ) -> None:
        self._service = service
        self._ports = ports
        self._wanted = wanted
        self._metrics: Metrics | None = None
        self._open: _Endpoint | None = None
        self._prepared: _Endpoint | None = None

    def observe(self, event: Event) -> None:
        """Count an event, once the configuration has had metrics."""
        if self._metrics is not None:
            self._metrics.counts.observe(event)

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class would be counted.

        Commands are, if the configuration has metrics, or prepares for them: they come so often that they are made only
        then.  All others are wanted by sessions that began before a reload adds the metrics, too.
        """
        return self._wanted or kind is not CommandFinished

    async def prepare(self, settings: MetricsSettings | None, blocking: Blocking) -> None:
        """Open the endpoint, unless it is open already.

        :raises CannotServe: it cannot be opened.
        """
        self._prepared = None if settings is None else self._opened(settings.endpoint)
        self._wanted = settings is not None

    def _opened(self, description: str) -> _Endpoint:
        open_now = self._open
        if open_now is not None and _same(open_now.description, description):
            return open_now
        service = self._service
        if self._metrics is None:
            # The service always has this `Kept`; its interface stands below the graph.
            kept = cast(Kept, service.kept)  # see the line above
            self._metrics = make_metrics(kept, lambda: service.certificates, self._unready)
        factory = self._metrics.pages()
        try:
            port = self._ports.open(description, factory, beside=self._overlapping(description))
        except CannotServe as problem:
            raise _named(description, str(problem)) from problem
        return _Endpoint(description=description, factory=factory, port=port)

    def _overlapping(self, description: str) -> tuple[IListeningPort, ...]:
        """Return the open port if the new endpoint's address overlaps with it, such as ``0.0.0.0`` with 127.0.0.1."""
        open_now = self._open
        if open_now is None or not _both_plain(open_now.description, description):
            return ()
        return (open_now.port,) if overlap(open_now.description, description) else ()

    def undo(self) -> None:
        """Close the endpoint that was opened for a configuration."""
        prepared, self._prepared = self._prepared, None
        self._wanted = self._open is not None
        if prepared is not self._open:
            self._close(prepared)

    def commit(self) -> None:
        """Use the endpoint that was opened, and close the endpoint that was open before."""
        former, self._open, self._prepared = self._open, self._prepared, None
        if former is not self._open:
            self._close(former)
            if self._open is not None:
                _log.info("metrics at {endpoint}", endpoint=self._open.description)

    async def attempt(self, settings: MetricsSettings | None, blocking: Blocking) -> None:
        """Try whether the endpoint could be opened.

        :raises CannotServe: it could not.
        """
        if settings is None or (self._open is not None and _same(self._open.description, settings.endpoint)):
            return
        try:
            await self._ports.attempt(settings.endpoint, blocking, beside=self._overlapping(settings.endpoint))
        except CannotServe as problem:
            raise _named(settings.endpoint, str(problem)) from problem

    async def stop(self) -> None:
        """Close the endpoint."""
        former, self._open = self._open, None
        if former is not None:
            former.factory.drop_all()
            await self._ports.close(former.port)

    def _close(self, endpoint: _Endpoint | None) -> None:
        if endpoint is not None:
            endpoint.factory.drop_all()
            closed = self._ports.close(endpoint.port)
            closed.addErrback(lambda failure: _log.failure("the metrics' port could not be closed", failure=failure))

    def _unready(self) -> Sequence[str]:
        """Return the reasons why no new session should come."""
        state = _NOT_READY.get(self._service.state)
        problems = cast(Kept, self._service.kept).health.problems()  # as in `_opened`
        return problems if state is None else (state, *problems)


def _both_plain(one: str, other: str) -> bool:
    return one.startswith("tcp") and other.startswith("tcp")


def _same(one: str, other: str) -> bool:
    """Return whether two endpoints are the same, also in different words."""
    return one == other or (_both_plain(one, other) and same_place(one, other))


def _named(description: str, reason: str) -> CannotServe:
    return CannotServe(f"cannot listen on {description}: {reason}", ("metrics", "endpoint"))
