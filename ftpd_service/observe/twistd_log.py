"""twistd's log through a `LogWriter`: the same lines at the same place, without waiting for their reader.

twistd uses the observer that is a component of its Application, and makes its own observer only if there is no such
component.  So this module reads the options as twistd does: ``--logfile`` with its rotation by size and by SIGUSR1,
``--syslog``, and standard output.  It leaves the operator's observer (``--logger``) and the debugger (``--debug``)
alone.

SIGUSR1 does more than twistd's: if logrotate has moved the log file away, the server opens its path again.

twistd forks after the log has begun, and threads do not survive a fork.  So the service calls `TwistdLog.start` when it
starts.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import syslog
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized
from twisted.python.logfile import LogFile

from ftpd_service.observe.event_log import EventLog
from ftpd_service.observe.levels import Levels
from ftpd_service.observe.line_forms import LineForm
from ftpd_service.observe.log_files import append
from ftpd_service.observe.log_writer import LogWriter, QueueBounds, Write
from ftpd_service.observe.server_log import ServerLog
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.observe.shared_log_file import SharedLogFile
from ftpd_service.observe.syslog_lines import SyslogLines, send
from ftpd_service.observe.text_lines import TextLines

_log = Logger(namespace="ftpd")

CLOSING_SECONDS = 2.0
"""The time for which the end of the process waits for a reader that has stopped."""

Options = Mapping[str, Any]  # Any: twistd's options are of all types


class TwistdLog:
    """The log that twistd writes to.

    :param on_reactor: schedules a call on the reactor; a signal's handler may call it.
    :ivar events: the observer of the service's events, for the service.
    """

    def __init__(
        self, options: Options, settings: LoggingSettings, *, on_reactor: Callable[[Callable[[], object]], object]
    ) -> None:
        self._options = options
        self._settings = settings
        self._on_reactor = on_reactor
        self._writer: LogWriter | None = None
        self._descriptor: int | None = None
        levels = Levels(settings.level)
        if options.get("logger") or options.get("debug"):
            self._log: ServerLog | None = None
            self.events = EventLog(levels=levels)
        else:
            self._log = ServerLog(TextLines(), self._put, levels)
            self.events = self._log.events

    def install(self, application: Componentized) -> None:
        """Give the application its observer, before twistd begins to log."""
        if self._log is None or not self._opened(self._log):
            return
        application.setComponent(ILogObserver, self._log)
        if self._options.get("nodaemon"):
            self.start()

    def start(self) -> None:
        """Start to write the lines that were logged so far; call this after the last fork."""
        if self._writer is not None:
            self._writer.start()

    def shown_on(self, descriptor: int) -> bool:
        """Whether the log goes where a descriptor goes: to the same terminal, pipe or file."""
        return self._descriptor is not None and os.path.sameopenfile(self._descriptor, descriptor)

    def _opened(self, log: ServerLog) -> bool:
        """Open the place of the log; return False where twistd has to refuse its options with its own text."""
        options = self._options
        if options.get("syslog"):
            self._to_syslog(log)
            return True
        name, stays = options.get("logfile"), options.get("nodaemon")
        if name == "-" and not stays:
            return False
        if name == "-" or (stays and not name):
            return self._to_standard_output(log)
        self._to_file(log, name or "twistd.log")
        return True

    def _to_standard_output(self, log: ServerLog) -> bool:
        try:
            descriptor = sys.stdout.fileno()
        except (AttributeError, OSError, ValueError):
            return False
        sys.stdout.flush()
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        self._descriptor = descriptor
        self._at_sigusr1(_no_file)
        # Do not use the object: a thread that hangs in its lock would make the interpreter abort at its end.
        self._through(log, TextLines(encoding=encoding), partial(_write_all, descriptor))
        return True

    def _to_file(self, log: ServerLog, name: str) -> None:
        file = SharedLogFile.fromFullPath(name)  # type: ignore[no-untyped-call]  # Twisted has no types here
        writer = self._through(log, TextLines(), lambda lines: file.write(b"".join(lines)))
        self._at_sigusr1(partial(writer.call, partial(open_anew, file)))

    def _to_syslog(self, log: ServerLog) -> None:
        self._at_sigusr1(_no_file)
        syslog.openlog(self._options.get("prefix", ""), 0, syslog.LOG_USER)
        self._through(log, SyslogLines(TextLines(stamped=False)), send)

    def _at_sigusr1(self, action: Callable[[], object]) -> None:
        """Have SIGUSR1 do something, unless it is in use already; its default ends the process."""
        if not signal.getsignal(signal.SIGUSR1):
            signal.signal(signal.SIGUSR1, lambda number, frame: self._on_reactor(action))

    def _through(self, log: ServerLog, form: LineForm, write: Write) -> LogWriter:
        self._writer = LogWriter(write, dropped=log.gap, bounds=QueueBounds(lines=self._settings.queue))
        log.use(form, self._writer.put)
        atexit.register(self._writer.close, CLOSING_SECONDS)
        return self._writer

    def _put(self, line: bytes) -> None:
        raise AssertionError("no line is made before the log is open")


def _no_file() -> None:
    _log.info("SIGUSR1: the log goes to no file of twistd's, so there is nothing to open again")


def open_anew(file: LogFile) -> None:
    """Begin a new log file: at the same path where the old file was moved away, else by twistd's own rotation.

    Where the path cannot be opened, lines go on into the old file.
    """
    if not _moved_away(file):
        file.rotate()
        return
    try:
        # Tried before the old file is closed.
        os.close(os.open(file.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, file.defaultMode or 0o666))
        file.reopen()
    except OSError as problem:
        _log.error("SIGUSR1: {path} cannot be opened: {reason}", path=file.path, reason=problem.strerror)


def _moved_away(file: LogFile) -> bool:
    try:
        there = os.stat(file.path)
    except OSError:
        return True
    # Twisted has no public name for the open file.
    return not os.path.samestat(there, os.fstat(file._file.fileno()))


def _write_all(descriptor: int, lines: Sequence[bytes]) -> None:
    """Write lines, however long the reader takes.

    :raises OSError: the reader is gone, or the disk is full.
    """
    problem = append(descriptor, b"".join(lines))[1]
    if problem is not None:
        raise problem
