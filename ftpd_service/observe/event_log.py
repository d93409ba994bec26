"""The event log: it gives each event that the levels let through to the place where lines are made.

`event_table` has the texts and fields of all events.  A process of our own makes its lines from the events themselves
(``server_log.py``).  In a process that embeds the service, events become log events of `twisted.logger`, whose keys are
the fields, so an observer of that process can write them as it likes.
"""

from __future__ import annotations

from collections.abc import Callable

from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service.events import Event, UnexpectedError
from ftpd_service.interfaces import IObserver
from ftpd_service.observe.escapes import escaped
from ftpd_service.observe.event_table import Telling
from ftpd_service.observe.levels import Levels

Tell = Callable[[Telling, Event], object]
"""Takes an event with its row of the table."""


@implementer(IObserver)
class EventLog:
    """An observer that passes on the events of the current levels.

    :ivar levels: may be changed at any time.
    :ivar tell: gets the events; it may be replaced at any time.
    """

    def __init__(self, tell: Tell | None = None, levels: Levels | None = None) -> None:
        self.levels = Levels() if levels is None else levels
        self.tell = LoggedEvents(Logger(namespace="ftpd")) if tell is None else tell

    def observe(self, event: Event) -> None:
        """Pass on an event; events of some classes have no line."""
        telling = self.levels.rows.get(type(event))
        if telling is not None and not (telling.sampled and getattr(event, "untold", 0) is None):
            self.tell(telling, event)

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class have a line at the current level."""
        return kind in self.levels.rows


class LoggedEvents:
    """Logs events by `twisted.logger`, with their fields."""

    def __init__(self, log: Logger) -> None:
        self._log = log

    def __call__(self, telling: Telling, event: Event) -> None:
        """Log an event."""
        fields = dict(zip(telling.names, map(_printable, telling.values(event)), strict=True))
        level = LogLevel.levelWithName(telling.level)
        if isinstance(event, UnexpectedError):
            # The failure has the traceback, which is further lines of the text.
            fields["log_failure"] = Failure(event.exception)
            text = telling.text(event).partition("\n")[0]
        else:
            text = telling.text(event)
        # Twisted would fill in braces, which takes ten times as long as this whole method (measured).
        if "{" in text or "}" in text:
            text = text.replace("{", "{{").replace("}", "}}")
        self._log.emit(level, text, event=telling.name, **fields)


def _printable(value: object) -> object:
    """Return a value that every observer can write; a lone surrogate cannot be encoded, and would lose the line."""
    return escaped(value) if isinstance(value, str) else value
