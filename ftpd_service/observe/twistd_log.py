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
import select
import signal
import sys
import syslog
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from twisted.logger import ILogObserver, Logger
from twisted.python.components import Componentized
from twisted.python.logfile import LogFile

from ftpd_service.observe.log_lines import LogLines, SyslogLines
from ftpd_service.observe.log_writer import LogWriter
from ftpd_service.observe.shared_log_file import SharedLogFile

_log = Logger(namespace="ftpd")

CLOSING_SECONDS = 2.0
"""The time for which the end of the process waits for a reader that has stopped."""

Options = Mapping[str, Any]  # Any: twistd's options are of all types


class TwistdLog:
    """The log that twistd writes to.

    :param lines: the most lines that may wait for their reader.
    :param on_reactor: schedules a call on the reactor; a signal's handler may call it.
    """

    def __init__(self, options: Options, *, lines: int, on_reactor: Callable[[Callable[[], object]], object]) -> None:
        self._options = options
        self._lines = lines
        self._on_reactor = on_reactor
        self._writer: LogWriter | None = None
        self._descriptor: int | None = None

    def install(self, application: Componentized) -> None:
        """Give the application its observer, before twistd begins to log."""
        observer = self._observer()
        if observer is None:
            return
        application.setComponent(ILogObserver, observer)
        if self._options.get("nodaemon"):
            self.start()

    def start(self) -> None:
        """Start to write the lines that were logged so far; call this after the last fork."""
        if self._writer is not None:
            self._writer.start()

    def shown_on(self, descriptor: int) -> bool:
        """Whether the log goes where a descriptor goes: to the same terminal, pipe or file."""
        return self._descriptor is not None and os.path.sameopenfile(self._descriptor, descriptor)

    def _observer(self) -> ILogObserver | None:
        options = self._options
        if options.get("logger") or options.get("debug"):
            return None
        if options.get("syslog"):
            return self._to_syslog()
        name, stays = options.get("logfile"), options.get("nodaemon")
        if name == "-" and not stays:
            # twistd refuses this, with its own text.
            return None
        if name == "-" or (stays and not name):
            return self._to_standard_output()
        return self._to_file(name or "twistd.log")

    def _to_standard_output(self) -> ILogObserver | None:
        try:
            descriptor = sys.stdout.fileno()
        except (AttributeError, OSError, ValueError):
            return None
        sys.stdout.flush()
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        self._descriptor = descriptor
        self._at_sigusr1(_no_file)
        # Do not use the object: a thread that hangs in its lock would make the interpreter abort at its end.
        return self._text(partial(write_all, descriptor), encoding=encoding)

    def _to_file(self, name: str) -> ILogObserver:
        file = SharedLogFile.fromFullPath(name)  # type: ignore[no-untyped-call]  # Twisted has no types here
        observer = self._text(file.write)
        writer = self._writer
        assert writer is not None, "the observer has one"
        self._at_sigusr1(partial(writer.call, partial(open_anew, file)))
        return observer

    def _at_sigusr1(self, action: Callable[[], object]) -> None:
        """Have SIGUSR1 do something, unless it is in use already; its default ends the process."""
        if not signal.getsignal(signal.SIGUSR1):
            signal.signal(signal.SIGUSR1, lambda number, frame: self._on_reactor(action))

    def _to_syslog(self) -> ILogObserver:
        self._at_sigusr1(_no_file)
        syslog.openlog(self._options.get("prefix", ""), 0, syslog.LOG_USER)
        return self._through(SyslogLines(self._put), SyslogLines.send)

    def _text(self, write: Callable[[bytes], object], *, encoding: str = "utf-8") -> ILogObserver:
        return self._through(LogLines(self._put, encoding=encoding), write)

    def _through(self, lines: LogLines, write: Callable[[bytes], object]) -> ILogObserver:
        self._writer = LogWriter(write, dropped=partial(_gap, lines), lines=self._lines)
        atexit.register(self._writer.close, CLOSING_SECONDS)
        return lines

    def _put(self, line: bytes) -> None:
        assert self._writer is not None, "whoever puts lines has been made with it"
        self._writer.put(line)


def _gap(lines: LogLines, number: int) -> bytes:
    text = (
        f"{number} lines are missing here: the log could not be written as fast as they came (its reader stopped, or "
        "its disk hung or was full); logging.queue says how many lines may wait"
    )
    return lines.line(text, "ftpd#error", seconds=time.time(), level="error")


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


def write_all(descriptor: int, octets: bytes) -> None:
    """Write all bytes, however long the reader takes, also to a descriptor that is non-blocking.

    :raises OSError: the reader is gone, or the disk is full.
    """
    rest = memoryview(octets)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            waiting = select.poll()
            waiting.register(descriptor, select.POLLOUT)
            waiting.poll()
