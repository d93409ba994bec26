"""Makes the lines of a text log, as Twisted's own observer writes them, and hands them on as bytes.

They are made where they are logged, so that what waits in a queue is text of a bounded length and no object that may
still change.
"""

from __future__ import annotations

import syslog
from collections.abc import Callable

from twisted.logger import ILogObserver, LogEvent, eventAsText, formatTime
from zope.interface import implementer

from ftpd_service.observe.escapes import escaped

LONGEST_LINE = 16 * 1024
"""Characters of one entry, tracebacks included; of a longer one the middle is left out."""


@implementer(ILogObserver)
class LogLines:
    """An observer that hands on one entry of a log, with its time and its line end, as bytes.

    :param put: takes the bytes; is called on whatever thread logs.
    :param encoding: of the file; what it cannot write is escaped.
    """

    def __init__(self, put: Callable[[bytes], object], *, encoding: str = "utf-8") -> None:
        self._put = put
        self._encoding = encoding
        self._time = (-1, "")

    def __call__(self, event: LogEvent) -> None:
        text = text_of(event)
        if text:
            level = event.get("log_level")
            name = "-" if level is None else level.name
            self._put(self.line(text, _system(event, name), seconds=event.get("log_time"), level=name))

    def line(self, text: str, system: str, *, seconds: float | None, level: str) -> bytes:
        """One entry; further lines of its text are indented."""
        return self._encoded(f"{self._stamp(seconds)} [{system}] {text}")

    def _encoded(self, text: str) -> bytes:
        if not text.isprintable():
            text = escaped(text, kept="\n\t").replace("\n", "\n\t")
        return f"{text}\n".encode(self._encoding, "backslashreplace")

    def _stamp(self, seconds: float | None) -> str:
        """The time as Twisted writes it; it is made once a second."""
        if seconds is None:
            return "-"
        whole = int(seconds)
        known, text = self._time
        if known != whole:
            text = formatTime(whole)
            self._time = (whole, text)
        return text


class SyslogLines(LogLines):
    """The same for syslog, which has times of its own: each line begins with its priority, a number."""

    def line(self, text: str, system: str, *, seconds: float | None, level: str) -> bytes:
        """One entry, with the priorities that Twisted's own observer takes."""
        priority = syslog.LOG_ALERT if level in ("error", "critical") else syslog.LOG_INFO
        lines = text.rstrip("\n").split("\n")
        return b"".join(
            self._encoded(f"{priority} [{system}] {chr(9) * (number > 0)}{line}") for number, line in enumerate(lines)
        )

    @staticmethod
    def send(octets: bytes) -> None:
        """Hand lines to syslog; it may wait for it."""
        for line in octets.decode("utf-8").split("\n")[:-1]:
            priority, _, text = line.partition(" ")
            syslog.syslog(int(priority), text)


def text_of(event: LogEvent) -> str:
    """The text of an event with its traceback, of a bounded length; empty where it has none."""
    text = event.get("log_format")
    # Most texts of this package are filled in already; Twisted's own way to do it takes ten times as long.
    if not isinstance(text, str) or "{" in text or "}" in text or "log_failure" in event or "log_flattened" in event:
        text = eventAsText(event, includeTimestamp=False, includeSystem=False)
    if len(text) <= LONGEST_LINE:
        return text
    half = LONGEST_LINE // 2
    return f"{text[:half]} [{len(text) - 2 * half} characters are left out] {text[-half:]}"


def _system(event: LogEvent, level: str) -> str:
    system = event.get("log_system")
    if system is None:
        return f"{event.get('log_namespace', '-')}#{level}"
    try:
        return str(system)
    except Exception:  # a stranger's object; Twisted's observer takes the same care
        return "UNFORMATTABLE"
