"""Watches of single files (inotify(7)): whether any program of this host has changed a file since some moment.

A change by write(2) and its like is told before that call returns.  A store through a memory map is not told, but the
close of the descriptor behind the map is; `file_writers` tells of maps that are still there.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import threading

from ftpd_service.kernel.libc import error, failure, function

_init = function("inotify_init1")
_add = function("inotify_add_watch", ctypes.c_int, ctypes.c_char_p, ctypes.c_long)
_remove = function("inotify_rm_watch")

_MODIFY, _CLOSE_WRITE, _OPEN = 0x2, 0x8, 0x20
_IGNORED, _OVERFLOW = 0x8000, 0x4000
_EVENT = struct.Struct("=iIII")
_READ_BYTES = 64 * 1024


class FileWatches:
    """The watches of a service.  Its methods may be called on any thread and never wait."""

    def __init__(self) -> None:
        """Make the kernel's queue of events.

        :raises OSError: the system has no such queue, or the user has too many of them.
        """
        if _init is None or _add is None:
            raise error(errno.ENOSYS)
        self._queue: int = _init(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._queue < 0:
            raise failure()
        self._lock = threading.Lock()
        self._touched: dict[int, bool] = {}

    def begin(self, descriptor: int) -> int:
        """Watch an open file for changes, and for openings by others; return the number of the watch.

        :raises OSError: the user has too many watches.
        """
        with self._lock:
            number = self._watch(descriptor, _MODIFY | _OPEN)
            self._touched[number] = False
            return number

    def settle(self, number: int, descriptor: int) -> bool:
        """Go on watching a file whose upload has ended and closed it; return whether nobody has touched it so far.

        From now on other programs may open the file for reading.

        :raises OSError:
        """
        with self._lock:
            self._watch(descriptor, _MODIFY | _CLOSE_WRITE)
            self._read()
            return not self._touched.get(number, True)

    def untouched(self, number: int) -> bool:
        """Return whether no program has changed a watched file, or closed it after writing."""
        with self._lock:
            self._read()
            return not self._touched.get(number, True)

    def end(self, number: int) -> None:
        """End a watch; a second call does nothing."""
        with self._lock:
            if self._touched.pop(number, None) is not None and _remove is not None:
                _remove(self._queue, number)

    def close(self) -> None:
        """End all watches; every file counts as touched from now on."""
        with self._lock:
            queue, self._queue = self._queue, -1
            self._touched.clear()
            if queue >= 0:
                os.close(queue)

    def _watch(self, descriptor: int, mask: int) -> int:
        number: int = -1 if _add is None else _add(self._queue, b"/proc/self/fd/%d" % descriptor, mask)
        if number < 0:
            raise failure()
        return number

    def _read(self) -> None:
        """Take all events from the kernel's queue."""
        while self._queue >= 0:
            try:
                events = os.read(self._queue, _READ_BYTES)
            except BlockingIOError:
                return
            at = 0
            while at < len(events):
                number, mask, _, length = _EVENT.unpack_from(events, at)
                at += _EVENT.size + length
                self._note(number, mask)

    def _note(self, number: int, mask: int) -> None:
        if mask & _OVERFLOW:
            # The kernel has dropped events, of any file.
            self._touched = dict.fromkeys(self._touched, True)
        elif number in self._touched:
            self._touched[number] = True


def available() -> bool:
    """Return whether the C library can watch files."""
    return _init is not None and _add is not None and _remove is not None and os.path.isdir("/proc/self/fd")
