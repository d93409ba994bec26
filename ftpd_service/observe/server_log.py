"""The log of a process that runs only this service: events and chatter as lines of one form, at one place.

The lines of events are made from the events themselves, without `twisted.logger`, which takes five times as long
(measured).  Each destination has a `LogWriter`, so nobody waits for a disk or a reader.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from twisted.logger import ILogObserver, LogEvent
from zope.interface import implementer

from ftpd_service.events import Event
from ftpd_service.observe.chatter import chatter_of, part_of
from ftpd_service.observe.event_table import Telling
from ftpd_service.observe.journal_fields import JournalFields
from ftpd_service.observe.json_lines import JsonLines
from ftpd_service.observe.levels import Levels
from ftpd_service.observe.line_forms import LineForm
from ftpd_service.observe.text_lines import TextLines


def form_named(name: str) -> LineForm:
    """Return a form of lines by its name in the configuration."""
    return _FORMS[name]()


_FORMS: Mapping[str, Callable[[], LineForm]] = {"text": TextLines, "json": JsonLines, "journald": JournalFields}


@implementer(ILogObserver)
class ServerLog:
    """Makes lines, and queues them.

    :param put: takes finished lines, and must not block.
    """

    def __init__(
        self,
        form: LineForm,
        put: Callable[[bytes], object],
        levels: Levels,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._form = form
        self._put = put
        self._levels = levels
        self._now = now

    def use(self, form: LineForm, put: Callable[[bytes], object]) -> None:
        """Make lines of another form from now on, or put them elsewhere."""
        self._form, self._put = form, put

    def gap(self, number: int) -> bytes:
        """Return the line that stands in place of lines that are missing."""
        return self._form.gap(number, self._now())

    def __call__(self, event: LogEvent) -> None:
        """Queue a line of chatter."""
        level = event.get("log_level")
        if level is not None and not self._levels.logs(part_of(event), level.name):
            return
        chatter = chatter_of(event)
        if chatter is not None:
            self._put(self._form.chatter(chatter))

    def tell(self, telling: Telling, event: Event) -> None:
        """Queue the line of an event."""
        self._put(self._form.event(telling, event, self._now()))
