"""The audit as a part of the service: its place follows the configuration."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.events import Event
from ftpd_service.interfaces import Blocking, IObserver
from ftpd_service.log_part import attempted, opened
from ftpd_service.observe.audit_log import AuditLog
from ftpd_service.observe.line_forms import LineForm
from ftpd_service.observe.log_writer import QueueBounds
from ftpd_service.observe.outputs import Output
from ftpd_service.observe.server_log import form_named
from ftpd_service.observe.settings import JOURNALD, LoggingSettings
from ftpd_service.running_service import IHasLogFile, IServicePart
from ftpd_service.session.registry import Sessions
from ftpd_service.values import SessionId
from ftpd_service.wire import replies

_log = Logger(namespace="ftpd")


@implementer(IServicePart, IHasLogFile, IObserver)
class AuditPart:
    """The audit of the service.

    :param sessions: returns the live sessions; a session whose acts cannot be recorded any more is ended.
    :param owner: the user and the group of a new file, or None for those of the process.
    """

    def __init__(
        self,
        sessions: Callable[[], Sessions],
        reactor: IReactorTime,
        *,
        owner: tuple[int, int] | None = None,
    ) -> None:
        self._sessions = sessions
        self._reactor = reactor
        self._audit = AuditLog(end_session=self._end_session, tell=lambda text: _log.error("{text}", text=text))
        self._owner = owner
        self._place: str | None = None
        self._output: Output | None = None
        self._prepared: tuple[LoggingSettings, Output | None] | None = None

    def refusal(self) -> str:
        """Return the reason why nobody can log in now, or an empty text."""
        return self._audit.refusal()

    def observe(self, event: Event) -> None:
        """Write an event into the audit."""
        self._audit.observe(event)

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class are in the audit."""
        return self._audit.wants(kind)

    async def prepare(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Open the place of the audit, if it is another place than now; see `IServicePart`."""
        if settings.audit == self._place:
            output = self._output
        else:
            output = None if settings.audit is None else await blocking(partial(self._opened, settings, settings.audit))
        self._prepared = settings, output

    def commit(self) -> None:
        """Write the audit that was prepared; the former gets the lines that wait for it."""
        if self._prepared is None:
            return
        (settings, output), self._prepared = self._prepared, None
        former, self._output, self._place = self._output, output, settings.audit
        if output is former:
            return
        self._audit.use(_form(settings), output, lines=settings.queue)
        if output is not None:
            output.start()
        if former is not None:
            former.end()

    def undo(self) -> None:
        """Close what was prepared."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared[1] is not None and prepared[1] is not self._output:
            prepared[1].end()

    async def attempt(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Try to open the place of the audit, without an effect; see `IServicePart`."""
        if settings.audit is not None:
            await blocking(partial(attempted, settings.audit, key="audit"))

    async def stop(self) -> None:
        """Close the audit when its lines are written; the end of the process waits for them."""
        output, self._output, self._place = self._output, None, None
        self._audit.use(None, None, lines=0)
        if output is not None:
            output.end()

    def reopen(self) -> int:
        """Open the file of the audit anew; return how many files that are."""
        if self._output is None or self._place == JOURNALD:
            return 0
        self._output.reopen()
        return 1

    def _end_session(self, session: SessionId) -> None:
        """End a session, once it is not within one of its acts."""
        live = self._sessions().get(session)
        if live is not None:
            self._reactor.callLater(0, live.end, replies.audit_behind())

    def _opened(self, settings: LoggingSettings, path: str) -> Output:
        destination = opened(path, key="audit", owner=self._owner)
        return Output(destination, dropped=_none_dropped, bounds=QueueBounds(lines=settings.queue), keep=True)


def _form(settings: LoggingSettings) -> LineForm:
    return form_named(JOURNALD if settings.audit == JOURNALD else "json")


def _none_dropped(number: int) -> bytes:
    raise AssertionError("the audit drops no line")
