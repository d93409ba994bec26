"""twistd's log file, to which both processes of an upgrade append."""

from __future__ import annotations

import fcntl
import os

from twisted.python.logfile import LogFile


class SharedLogFile(LogFile):
    """A `LogFile` whose lines go to the end of the file, wherever another process has written meanwhile.

    Twisted writes at the place where it has written last, and so two processes would overwrite each other's lines.
    """

    def _openFile(self) -> None:
        super()._openFile()  # type: ignore[no-untyped-call]  # Twisted has no types here
        descriptor = self._file.fileno()
        fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
