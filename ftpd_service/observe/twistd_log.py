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

import os
import signal
import sys
import syslog
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized
from twisted.python.logfile import LogFile

from ftpd_service.observe.levels import Levels
from ftpd_service.observe.line_forms import LineForm
from ftpd_service.observe.log_files import append, moved_away
from ftpd_service.observe.log_writer import LogWriter, QueueBounds
from ftpd_service.observe.outputs import Destination, Output
from ftpd_service.observe.server_log import ServerLog, form_named
from ftpd_service.observe.settings import LoggingSettings
from ftpd_service.observe.shared_log_file import SharedLogFile
from ftpd_service.observe.syslog_lines import SyslogLines, send
from ftpd_service.observe.text_lines import TextLines

_log = Logger(namespace="ftpd")

Options = Mapping[str, Any]  # Any: twistd's options are of all types


class TwistdLog:
    """The log that twistd writes to, and the log of a service whose configuration names no other place.

    :param on_reactor: schedules a call on the reactor; a signal's handler may call it.
    :ivar lines: makes the lines, or None if the operator's observer gets the log.
    :ivar reopened: is called on the reactor at SIGUSR1, for files that are not twistd's; returns their number.
    """

    def __init__(
        self, options: Options, settings: LoggingSettings, *, on_reactor: Callable[[Callable[[], object]], object]
    ) -> None:
        self._options = options
        self._settings = settings
        self._on_reactor = on_reactor
        self._output: Output | None = None
        self._descriptor: int | None = None
        self._file: LogFile | None = None
        self.levels = Levels(settings.level, settings.levels)
        self.reopened: Callable[[], int] = int
        # Nothing starts this writer: it keeps the first lines until the place of the log is open.
        self._early = LogWriter(list, dropped=_no_gap, bounds=QueueBounds(lines=settings.queue))
        self.lines: ServerLog | None = None
        if not (options.get("logger") or options.get("debug")):
            self.lines = ServerLog(form_named(settings.format), self._early.put, self.levels)

    def install(self, application: Componentized) -> None:
        """Give the application its observer, before twistd begins to log."""
        if self.lines is None or (self._options.get("logfile") == "-" and not self._options.get("nodaemon")):
            # twistd refuses the latter, with its own text.
            return
        if not signal.getsignal(signal.SIGUSR1):
            # The default would end the process.
            signal.signal(signal.SIGUSR1, lambda number, frame: self._on_reactor(self._reopen))
        if not self._settings.elsewhere and self.output() is None:
            return
        application.setComponent(ILogObserver, self.lines)
        if self._options.get("nodaemon"):
            self.start()

    def start(self) -> None:
        """Start to write the lines that were logged so far; call this after the last fork."""
        if self._output is not None:
            self._output.start()

    @property
    def owner(self) -> tuple[int, int] | None:
        """The user and the group that twistd changes to, for files that are opened before that; None for no change."""
        user, group = self._options.get("uid"), self._options.get("gid")
        if os.geteuid() != 0 or (user is None and group is None):
            return None
        return -1 if user is None else int(user), -1 if group is None else int(group)

    def shown_on(self, descriptor: int) -> bool:
        """Whether the log goes where a descriptor goes: to the same terminal, pipe or file."""
        return self._descriptor is not None and os.path.sameopenfile(self._descriptor, descriptor)

    def output(self) -> Output | None:
        """Open twistd's place of the log, and have it get all lines so far; None if there is no such place.

        :raises OSError: twistd's file cannot be opened.
        """
        lines = self.lines
        assert lines is not None, "only a log of ours has a place"
        if self._output is None:
            destination = self._destination()
            if destination is None:
                return None
            bounds = QueueBounds(lines=self._settings.queue)
            self._output = Output(destination, dropped=lines.gap, bounds=bounds)
            self.use(self.form(self._settings.format), self._output)
        return self._output

    def use(self, form: LineForm, output: Output) -> None:
        """Have an output get all lines from now on, and those that were kept until now."""
        assert self.lines is not None, "only a log of ours has a place"
        output.take(self._early.taken())
        self.lines.use(form, output.put)
        output.take(self._early.taken())

    def form(self, name: str) -> LineForm:
        """Return a form of lines as twistd's place of the log needs it."""
        if self._options.get("syslog"):
            return SyslogLines(TextLines(stamped=False) if name == "text" else form_named(name))
        if name == "text" and self._descriptor is not None:
            return TextLines(encoding=getattr(sys.stdout, "encoding", None) or "utf-8")
        return form_named(name)

    def _destination(self) -> Destination | None:
        options = self._options
        if options.get("syslog"):
            syslog.openlog(options.get("prefix", ""), 0, syslog.LOG_USER)
            return _Syslog()
        name = options.get("logfile")
        if name == "-" or (options.get("nodaemon") and not name):
            return self._standard_output()
        path = os.path.abspath(name or "twistd.log")
        self._file = SharedLogFile.fromFullPath(path)  # type: ignore[no-untyped-call]  # Twisted has no types here
        return _TwistdFile(self._file)

    def _standard_output(self) -> Destination | None:
        try:
            descriptor = sys.stdout.fileno()
        except (AttributeError, OSError, ValueError):
            return None
        sys.stdout.flush()
        self._descriptor = descriptor
        # Do not use the object: a thread that hangs in its lock would make the interpreter abort at its end.
        return _StandardOutput(descriptor)

    def _reopen(self) -> None:
        files = self.reopened()
        if self._file is not None and self._output is not None:
            self._output.reopen()
        elif not files:
            _log.info("SIGUSR1: the log goes to no file of twistd's, so there is nothing to open again")


def _no_gap(number: int) -> bytes:
    return b""


class _StandardOutput:
    """Standard output as a destination; its descriptor is never closed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, lines: Sequence[bytes]) -> None:
        problem = append(self._descriptor, b"".join(lines))[1]
        if problem is not None:
            raise problem

    def reopen(self) -> None:
        """Do nothing: there is no path."""

    def close(self) -> None:
        """Do nothing: the process needs the descriptor."""


class _TwistdFile:
    """twistd's log file, with its rotation by size."""

    def __init__(self, file: LogFile) -> None:
        self._file = file

    def write(self, lines: Sequence[bytes]) -> None:
        self._file.write(b"".join(lines))

    def reopen(self) -> None:
        open_anew(self._file)

    def close(self) -> None:
        self._file.close()


class _Syslog:
    """syslog as a destination."""

    def write(self, lines: Sequence[bytes]) -> None:
        send(lines)

    def reopen(self) -> None:
        """Do nothing: syslog has its own files."""

    def close(self) -> None:
        """Do nothing: the process may log again."""


def open_anew(file: LogFile) -> None:
    """Begin a new log file: at the same path where the old file was moved away, else by twistd's own rotation.

    Where the path cannot be opened, lines go on into the old file.
    """
    # Twisted has no public name for the open file.
    if not moved_away(file.path, file._file.fileno()):
        file.rotate()
        return
    try:
        # Tried before the old file is closed.
        os.close(os.open(file.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, file.defaultMode or 0o666))
        file.reopen()
    except OSError as problem:
        _log.error("SIGUSR1: {path} cannot be opened: {reason}", path=file.path, reason=problem.strerror)
