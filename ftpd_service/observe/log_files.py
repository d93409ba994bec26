"""Files that lines are appended to: opened, opened anew where they were moved away, and kept free of broken lines.

All methods but the constructor wait for the disk.  A `LogWriter` calls them on its thread.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import accumulate

from ftpd_service.observe.log_writer import NotWritten

MOVED_LOOK_SECONDS = 1.0
"""The pause between two looks at whether a file has been moved away."""

LOG_FILE_MODE = 0o640
"""The permission bits of a new file."""

_FLAGS = os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY


class AppendedFile:
    """A file that lines are appended to.

    :param owner: the user and the group of a file that this object creates, or None for the process's own.
    :param complain: is told, once, why the file cannot be opened again.
    """

    def __init__(
        self, path: str, *, owner: tuple[int, int] | None = None, complain: Callable[[str], object] = str
    ) -> None:
        self.path = path
        self._owner = owner
        self._complain = complain
        self._descriptor = -1
        self._looked = 0.0
        self._complained = False
        self._broken = False
        """Whether the last line of the file has no end."""

    def open(self) -> None:
        """Open the file, and create it if there is none.

        :raises OSError: the file cannot be opened.
        """
        self._descriptor = self._opened()

    def write(self, lines: Sequence[bytes]) -> None:
        """Append lines, to a new file if the old file was moved away.

        :raises NotWritten: the disk is full, or fails; no part of a line that is not counted remains.
        """
        now = time.monotonic()
        if now - self._looked >= MOVED_LOOK_SECONDS:
            self._looked = now
            if moved_away(self.path, self._descriptor):
                self.reopen()
        if self._broken:
            lines = [b"\n" + lines[0], *lines[1:]]
        written, problem = append(self._descriptor, b"".join(lines))
        if problem is None:
            self._broken = False
            return
        ends = [0, *accumulate(map(len, lines))]
        whole = max(number for number, end in enumerate(ends) if end <= written)
        if written > ends[whole]:
            self._broken = not self._cut(written - ends[whole])
        raise NotWritten(whole, problem.strerror or "the file cannot be written")

    def reopen(self) -> None:
        """Open the path anew, and close the file that is open; if that fails, lines go on into the open file."""
        try:
            opened = self._opened()
        except OSError as problem:
            if not self._complained:
                self._complained = True
                self._complain(
                    f"{self.path} cannot be opened again, so the old file gets the lines: {problem.strerror}"
                )
            return
        self._complained = self._broken = False
        self.close()
        self._descriptor = opened

    def close(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _opened(self) -> int:
        # A FIFO without a reader would let an opening for writing alone wait, so it is opened for both.
        access = os.O_WRONLY
        with suppress(OSError):
            if stat.S_ISFIFO(os.stat(self.path).st_mode):
                access = os.O_RDWR
        new = not os.path.lexists(self.path)
        descriptor = os.open(self.path, access | _FLAGS, LOG_FILE_MODE)
        if new and self._owner is not None:
            with suppress(OSError):
                os.fchown(descriptor, *self._owner)
        return descriptor

    def _cut(self, octets: int) -> bool:
        """Remove the last bytes, which are the beginning of a line; return False if that fails, as with a pipe."""
        try:
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - octets)
        except OSError:
            return False
        return True


def moved_away(path: str, descriptor: int) -> bool:
    """Return whether a path no longer leads to an open file, because logrotate has moved the file away."""
    try:
        return not os.path.samestat(os.stat(path), os.fstat(descriptor))
    except OSError:
        return True


def reason_not_to_append(path: str) -> str:
    """Return the reason why lines cannot be appended to a path, as far as that is known without an effect, or ""."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC))
    except FileNotFoundError as problem:
        folder = os.path.dirname(path)
        if os.path.isdir(folder):
            return "" if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)
        return problem.strerror or ""
    except OSError as problem:
        # A FIFO without a reader can be opened all the same, see `AppendedFile`.
        return "" if problem.errno == errno.ENXIO else problem.strerror or str(problem)
    return ""


def append(descriptor: int, octets: bytes) -> tuple[int, OSError | None]:
    """Write all bytes, however long the reader takes, also to a descriptor that is non-blocking.

    :returns: how many bytes were written, and the error that stopped the writing.
    """
    rest = memoryview(octets)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest) :]
        except BlockingIOError:
            waiting = select.poll()
            waiting.register(descriptor, select.POLLOUT)
            waiting.poll()
        except OSError as problem:
            return len(octets) - len(rest), problem
    return len(octets), None
