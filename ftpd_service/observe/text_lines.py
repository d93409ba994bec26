"""The lines of a text log, in the form of Twisted's own observer, as bytes.

Lines are made on the thread that logs, so the queue holds text of bounded length and no objects that may still change.
"""

from __future__ import annotations

import re

from twisted.logger import formatTime

from ftpd_service.events import Event
from ftpd_service.observe.chatter import Chatter, shortened
from ftpd_service.observe.escapes import escaped
from ftpd_service.observe.event_table import LEVELS, Telling
from ftpd_service.observe.line_forms import gap_chatter

_SYSTEMS = {level: f"ftpd#{level}" for level in LEVELS}
_LINE_OF_ITS_OWN = re.compile(r"\n(?!\t)")


class TextLines:
    """Makes the entries of a text log; see `LineForm`.

    :param encoding: the encoding of the file; other characters are escaped.
    :param stamped: whether entries begin with their time.
    """

    def __init__(self, *, encoding: str = "utf-8", stamped: bool = True) -> None:
        self._encoding = encoding
        self._stamped = stamped
        self._time = (-1, "")

    def event(self, telling: Telling, event: Event, seconds: float) -> bytes:
        """Return the entries of an event: each line of its text is an entry, unless a tab begins the line."""
        text, system = shortened(telling.text(event)), _SYSTEMS[telling.level]
        if "\n" not in text:
            return self._entry(text, system, seconds)
        entries = _LINE_OF_ITS_OWN.split(text)
        return b"".join(self._entry(entry.replace("\n\t", "\n"), system, seconds) for entry in entries)

    def chatter(self, chatter: Chatter) -> bytes:
        """Return an entry; further lines of its text are indented."""
        return self._entry(chatter.text, chatter.system, chatter.seconds)

    def gap(self, number: int, seconds: float) -> bytes:
        """Return the line that stands in place of lines that are missing."""
        return self.chatter(gap_chatter(number, seconds))

    def _entry(self, text: str, system: str, seconds: float | None) -> bytes:
        if not text.isprintable():
            text = escaped(text, kept="\n\t").replace("\n", "\n\t")
        stamp = f"{self._stamp(seconds)} " if self._stamped else ""
        return f"{stamp}[{system}] {text}\n".encode(self._encoding, "backslashreplace")

    def _stamp(self, seconds: float | None) -> str:
        """Return the time in Twisted's form; the text is made once a second."""
        if seconds is None:
            return "-"
        whole = int(seconds)
        known, text = self._time
        if known != whole:
            text = formatTime(whole)
            self._time = (whole, text)
        return text
