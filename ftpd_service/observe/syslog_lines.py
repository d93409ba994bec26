"""The lines of syslog, which has times of its own: each line begins with its priority, a number."""

from __future__ import annotations

import syslog
from collections.abc import Sequence

from ftpd_service.events import Event
from ftpd_service.observe.chatter import Chatter
from ftpd_service.observe.event_table import Telling
from ftpd_service.observe.line_forms import LineForm


class SyslogLines:
    """Puts priorities before the lines of another form; see `LineForm`."""

    def __init__(self, form: LineForm) -> None:
        self._form = form

    def event(self, telling: Telling, event: Event, seconds: float) -> bytes:
        return _with_priority(self._form.event(telling, event, seconds), telling.level)

    def chatter(self, chatter: Chatter) -> bytes:
        return _with_priority(self._form.chatter(chatter), chatter.level)

    def gap(self, number: int, seconds: float) -> bytes:
        return _with_priority(self._form.gap(number, seconds), "error")


def send(lines: Sequence[bytes]) -> None:
    """Pass lines to syslog; the call may block."""
    for line in b"".join(lines).decode("utf-8").split("\n")[:-1]:
        priority, _, text = line.partition(" ")
        syslog.syslog(int(priority), text)


def _with_priority(entry: bytes, level: str) -> bytes:
    """Put the priorities of Twisted's own observer before each line of an entry, and its origin before each tab."""
    priority = syslog.LOG_ALERT if level in ("error", "critical") else syslog.LOG_INFO
    origin = entry.partition(b"] ")[0] + b"] "
    lines = (origin + line if line.startswith(b"\t") else line for line in entry.split(b"\n")[:-1])
    return b"".join(b"%d %s\n" % (priority, line) for line in lines)
