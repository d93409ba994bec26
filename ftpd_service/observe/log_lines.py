"""The lines of a text log, in the form of Twisted's own observer, as bytes.

Lines are made on the thread that logs, so the queue holds text of bounded length and no objects that may still change.
"""

from __future__ import annotations

import syslog
from collections.abc import Callable

from twisted.logger import ILogObserver, LogEvent, eventAsText, formatTime
from zope.interface import implementer

from ftpd_service.observe.escapes import escaped

LONGEST_LINE = 16 * 1024
"""The most characters of an entry, including tracebacks; the middle of a longer entry is left out."""


@implementer(ILogObserver)
class LogLines:
    """An observer that passes on each log entry as bytes, with its time and its line end.

    :param put: takes the bytes; it is called on the thread that logs.
    :param encoding: the encoding of the file; other characters are escaped.
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
        """Return the entry of an event; further lines of its text are indented."""
        return self._encoded(f"{self._stamp(seconds)} [{system}] {text}")

    def _encoded(self, text: str) -> bytes:
        if not text.isprintable():
            text = escaped(text, kept="\n\t").replace("\n", "\n\t")
        return f"{text}\n".encode(self._encoding, "backslashreplace")

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


class SyslogLines(LogLines):
    """An observer for syslog, which has its own times: each line begins with its priority, a number."""

    def line(self, text: str, system: str, *, seconds: float | None, level: str) -> bytes:
        """Return the entry of an event, with the priorities of Twisted's own observer."""
        priority = syslog.LOG_ALERT if level in ("error", "critical") else syslog.LOG_INFO
        lines = text.rstrip("\n").split("\n")
        return b"".join(
            self._encoded(f"{priority} [{system}] {chr(9) * (number > 0)}{line}") for number, line in enumerate(lines)
        )

    @staticmethod
    def send(octets: bytes) -> None:
        """Pass lines to syslog; the call may block."""
        for line in octets.decode("utf-8").split("\n")[:-1]:
            priority, _, text = line.partition(" ")
            syslog.syslog(int(priority), text)


def text_of(event: LogEvent) -> str:
    """Return the text of an event with its traceback, of bounded length; empty if the event has no text."""
    text = event.get("log_format")
    # Most texts of this package are already formatted; Twisted's formatting takes ten times as long.
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
