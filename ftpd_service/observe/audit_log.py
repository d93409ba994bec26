"""The audit: every login, refusal, change of a file and act of an operator, apart from the log and complete.

Lines of the audit are never dropped.  While more of them wait than may, nobody logs in; at twice as many, each session
that acts is ended.  The acts of clients without a login are only counted then, since a stranger could make any number
of them.  So the queue has a bound, and everything that it lacks is told afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from zope.interface import implementer

from ftpd_service.events import Event, LoginFailed, Refused, SessionEvent, SessionRefused, TransferFinished
from ftpd_service.interfaces import IObserver
from ftpd_service.observe.event_table import EVENT_TABLE
from ftpd_service.observe.line_forms import LineForm, error_chatter
from ftpd_service.values import Direction, SessionId

AUDITED = {kind: telling for kind, telling in EVENT_TABLE.items() if telling.audit}
"""The rows of the events that the audit has."""

REFUSAL = "the audit cannot be written as fast as it grows, so nobody logs in"
"""The beginning of the reason of a login that is refused because of the audit."""

_OF_STRANGERS = (LoginFailed, SessionRefused)


class LineQueue(Protocol):
    """The part of an `Output` that the audit needs."""

    @property
    def waiting(self) -> int:
        """The number of lines that wait."""

    @property
    def over(self) -> bool:
        """Whether more lines wait than may, and half of the queue is not free again yet."""

    def put(self, line: bytes, /) -> object:
        """Queue a line."""


@implementer(IObserver)
class AuditLog:
    """An observer that writes the audit, while it has a place.

    :param end_session: ends a session whose acts cannot be recorded any more.
    :param tell: is told, as chatter, that the audit falls behind, and that it is complete again.
    """

    def __init__(
        self,
        *,
        end_session: Callable[[SessionId], object],
        tell: Callable[[str], object],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._end_session = end_session
        self._tell = tell
        self._now = now
        self._form: LineForm | None = None
        self._output: LineQueue | None = None
        self._most = 0
        self._untold = 0
        self._behind = False

    def use(self, form: LineForm | None, output: LineQueue | None, *, lines: int) -> None:
        """Write another audit from now on, or none.

        :param lines: how many lines may wait before nobody logs in.
        """
        if self._output is not None and self._behind:
            self._caught_up(self._output)
        self._form, self._output, self._most = form, output, lines

    def refusal(self) -> str:
        """Return the reason why nobody can log in now, or an empty text."""
        if self._output is None:
            return ""
        self._look_at(self._output)
        return f"{REFUSAL}: {self._output.waiting} lines wait" if self._behind else ""

    def wants(self, kind: type[Event]) -> bool:
        """Return whether events of this class are in the audit."""
        return self._output is not None and kind in AUDITED

    def observe(self, event: Event) -> None:
        """Queue the line of an event; downloads are not in the audit."""
        telling, output, form = AUDITED.get(type(event)), self._output, self._form
        if telling is None or output is None or form is None:
            return
        if isinstance(event, TransferFinished) and event.direction is not Direction.UPLOAD:
            return
        self._look_at(output)
        if output.waiting >= 2 * self._most and self._too_late(event):
            return
        output.put(form.event(telling, event, self._now()))

    def _look_at(self, output: LineQueue) -> None:
        if output.over and not self._behind:
            self._behind = True
            self._tell(f"{REFUSAL}: {output.waiting} lines wait for its disk or reader (logging.audit)")
        elif self._behind and not output.over:
            self._caught_up(output)

    def _too_late(self, event: Event) -> bool:
        """Count the act of a stranger, and end the session of any other; return whether its line is left out."""
        if isinstance(event, _OF_STRANGERS) or (isinstance(event, Refused) and event.account is None):
            self._untold += 1
            return True
        if isinstance(event, SessionEvent):
            self._end_session(event.session)
        return False

    def _caught_up(self, output: LineQueue) -> None:
        """Say that the audit is complete again, and how many refusals of strangers it lacks."""
        self._behind = False
        untold, self._untold = self._untold, 0
        self._tell("the audit is written again, and logins are accepted")
        if untold and self._form is not None:
            text = f"{untold} refusals of clients without a login are missing here: the audit could not be written"
            self._tell(text)
            output.put(self._form.chatter(error_chatter(text, self._now())))
