"""The log as a part of the service: its levels, form and place follow the configuration."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import partial

from twisted.logger import Logger
from zope.interface import implementer

from ftpd_service.interfaces import Blocking
from ftpd_service.observe.event_log import EventLog, LoggedEvents
from ftpd_service.observe.journal import JOURNAL, Journal
from ftpd_service.observe.levels import Levels
from ftpd_service.observe.line_forms import LineForm
from ftpd_service.observe.log_files import AppendedFile, reason_not_to_append
from ftpd_service.observe.log_writer import QueueBounds
from ftpd_service.observe.outputs import Destination, Output
from ftpd_service.observe.server_log import ServerLog, form_named
from ftpd_service.observe.settings import JOURNALD, LoggingSettings
from ftpd_service.observe.twistd_log import TwistdLog
from ftpd_service.running_service import CannotServe, IHasLogFile, IServicePart

_log = Logger(namespace="ftpd")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where lines go, and in which form."""

    form: LineForm
    output: Output
    own: bool
    """Whether the output was opened for this place alone; twistd's is kept."""


def opened(path: str, *, key: str, owner: tuple[int, int] | None = None) -> Destination:
    """Open a file of lines, or the journal; waits for the disk.

    :param path: the path, or `JOURNALD`.
    :param key: the key below ``logging`` that names the path.
    :param owner: as in `AppendedFile`.
    :raises CannotServe: the file cannot be opened, or there is no journal.
    """
    where = ("logging", key)
    if path == JOURNALD:
        if not os.path.exists(JOURNAL):
            raise CannotServe(f"this host has no journal: there is no {JOURNAL}", where)
        return Journal()
    file = AppendedFile(path, owner=owner, complain=lambda text: _log.error("{text}", text=text))
    try:
        file.open()
    except OSError as problem:
        raise CannotServe(f"{path} cannot be opened: {problem.strerror}", where) from problem
    return file


def attempted(path: str, *, key: str) -> None:
    """Try whether a file of lines could be opened, without an effect; waits for the disk.

    :raises CannotServe: it could not.
    """
    if path == JOURNALD:
        opened(path, key=key).close()
        return
    reason = reason_not_to_append(path)
    if reason:
        raise CannotServe(f"{path} cannot be opened: {reason}", ("logging", key))


@implementer(IServicePart, IHasLogFile)
class LogPart:
    """The log of the service.

    :param twistd: twistd's log, or None in a process that embeds the service: there only events have lines of ours, and
        only if the configuration names a place.
    :ivar events: the observer of the service's events.
    """

    def __init__(self, settings: LoggingSettings, twistd: TwistdLog | None = None) -> None:
        self._twistd = twistd
        self._lines = None if twistd is None else twistd.lines
        levels = Levels(settings.level, settings.levels) if twistd is None else twistd.levels
        self.events = EventLog(None if self._lines is None else self._lines.tell, levels)
        self._settings = settings
        self._place: _Place | None = None
        self._prepared: tuple[LoggingSettings, _Place | None] | None = None
        self._started = False

    @property
    def owner(self) -> tuple[int, int] | None:
        """The user and the group of new files, where the process gives up root's rights later."""
        return None if self._twistd is None else self._twistd.owner

    async def prepare(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Open the place of the log, if it is another place than now; see `IServicePart`.

        At the start the place is used at once: if another part fails, the log says why.
        """
        same = self._started and (settings.format, settings.file) == (self._settings.format, self._settings.file)
        self._prepared = settings, self._place if same else await blocking(partial(self._opened, settings))
        if not self._started:
            self._started = True
            self.commit()

    def commit(self) -> None:
        """Log by the settings that were prepared."""
        if self._prepared is None:
            return
        former = self._place
        (self._settings, self._place), self._prepared = self._prepared, None
        self.events.levels.change(self._settings.level, self._settings.levels)
        if self._place is not former:
            self._use(self._place)
            if former is not None and former.own:
                former.output.end()

    def undo(self) -> None:
        """Close what was prepared."""
        prepared, self._prepared = self._prepared, None
        if prepared is not None and prepared[1] is not None and prepared[1] is not self._place and prepared[1].own:
            prepared[1].output.end()

    async def attempt(self, settings: LoggingSettings, blocking: Blocking) -> None:
        """Try to open the place of the log, without an effect; see `IServicePart`."""
        if settings.elsewhere:
            await blocking(partial(attempted, settings.file or JOURNALD, key="file" if settings.file else "format"))

    async def stop(self) -> None:
        """Close the place in a process that embeds the service; a process of our own logs to its end."""
        if self._twistd is None and self._place is not None and self._place.own:
            self._place.output.end()
            self._place = None
            self.events.tell = LoggedEvents(Logger(namespace="ftpd"))

    def reopen(self) -> int:
        """Open the log file anew; return how many files that are."""
        if self._place is None or self._settings.file is None:
            return 0
        self._place.output.reopen()
        return 1

    def _opened(self, settings: LoggingSettings) -> _Place | None:
        if not settings.elsewhere:
            return self._twistds(settings)
        form = form_named(settings.format)
        key, path = ("format", JOURNALD) if settings.file is None else ("file", settings.file)
        destination = opened(path, key=key, owner=self.owner)
        bounds = QueueBounds(lines=settings.queue)
        output = Output(destination, dropped=lambda number: form.gap(number, time.time()), bounds=bounds)
        return _Place(form=form, output=output, own=True)

    def _twistds(self, settings: LoggingSettings) -> _Place | None:
        """Return twistd's place, or None where an observer of twistd or of another program gets the log."""
        if self._twistd is None or self._lines is None:
            return None
        try:
            output = self._twistd.output()
        except OSError as problem:
            raise CannotServe(f"twistd's log cannot be opened: {problem.strerror}", ("logging", "file")) from problem
        return None if output is None else _Place(form=self._twistd.form(settings.format), output=output, own=False)

    def _use(self, place: _Place | None) -> None:
        if place is None:
            self.events.tell = LoggedEvents(Logger(namespace="ftpd"))
            return
        if self._twistd is not None and self._lines is not None:
            self._twistd.use(place.form, place.output)
        else:
            self.events.tell = ServerLog(place.form, place.output.put, self.events.levels).tell
        place.output.start()
