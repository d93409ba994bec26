"""The audit as a part of the service: its place follows the configuration."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.events import Event
from ftpd_service.interfaces import IObserver
from ftpd_service.log_part import opened
from ftpd_service.log_place import LogPlace
from ftpd_service.observe.audit_log import AuditLog
from ftpd_service.observe.line_forms import LineForm
from ftpd_service.observe.log_writer import QueueBounds
from ftpd_service.observe.outputs import Output
from ftpd_service.observe.server_log import form_named
from ftpd_service.observe.settings import JOURNALD, LoggingSettings
from ftpd_service.session.registry import Sessions
from ftpd_service.values import SessionId
from ftpd_service.wire import replies

_log = Logger(namespace="ftpd")


@implementer(IObserver)
class AuditPart(LogPlace):
    """The audit of the service.

    :param sessions: returns the live sessions; a session whose acts cannot be recorded any more is ended.
    :param owner: the user and the group of a new file, or None for those of the process.
    """

    key = "audit"

    def __init__(
        self,
        sessions: Callable[[], Sessions],
        reactor: IReactorTime,
        *,
        owner: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self._sessions = sessions
        self._reactor = reactor
        self._audit = AuditLog(end_session=self._end_session, tell=lambda text: _log.error("{text}", text=text))
        self._owner = owner

    def refusal(self) -> str:
        """Return the reason why nobody can log in now, or an empty text."""
        return self._audit.refusal()

    def observe(self, event: Event) -> None:
        """Write an event into the audit."""
        self._audit.observe(event)

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class are in the audit."""
        return self._audit.wants(kind)

    def named(self, settings: LoggingSettings) -> str | None:
        """Return ``logging.audit``."""
        return settings.audit

    def opened(self, path: str, settings: LoggingSettings) -> Output:
        """Open a place; the call waits for a disk.

        :raises CannotServe: it cannot be opened.
        """
        destination = opened(path, key=self.key, owner=self._owner)
        return Output(destination, dropped=_none_dropped, bounds=QueueBounds(lines=settings.queue), keep=True)

    def use(self, output: Output | None, settings: LoggingSettings) -> None:
        """Write the audit to another output from now on, or have none."""
        self._audit.use(None if output is None else _form(settings), output, lines=settings.queue)

    def _end_session(self, session: SessionId) -> None:
        """End a session, once it is not within one of its acts."""
        live = self._sessions().get(session)
        if live is not None:
            self._reactor.callLater(0, live.end, replies.audit_behind())


def _form(settings: LoggingSettings) -> LineForm:
    return form_named(JOURNALD if settings.audit == JOURNALD else "json")


def _none_dropped(number: int) -> bytes:
    raise AssertionError("the audit drops no line")
