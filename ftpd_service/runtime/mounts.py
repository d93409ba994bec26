"""The mount of a path below a home, as far as the kernel's table tells it without access to any file system.

The number of a mount in ``statx`` and /proc/self/mountinfo identifies it.
"""

from __future__ import annotations

import os
import re
import select
from contextlib import suppress

_TABLE = "/proc/self/mountinfo"
_MOST_HOMES = 1000
_ESCAPED = re.compile(rb"\\([0-7]{3})")


class Mounts:
    """The mount points of the process, read again when the kernel reports a change."""

    def __init__(self, table: str = _TABLE) -> None:
        """Read the table; without a table no mount is known."""
        self._points: dict[bytes, int] = {}
        self._below: dict[bytes, dict[bytes, int]] = {}
        self._descriptor = -1
        self._changes = select.poll()
        with suppress(OSError):
            self._descriptor = os.open(table, os.O_RDONLY | os.O_CLOEXEC)
            self._changes.register(self._descriptor, select.POLLPRI)
        self.read()

    def changed(self) -> bool:
        """Return whether a file system was mounted or unmounted since the last call."""
        return self._descriptor >= 0 and bool(self._changes.poll(0))

    def read(self) -> None:
        """Read the table.  It may be long, so call this on the pool."""
        if self._descriptor < 0:
            return
        with suppress(OSError):
            self._points, self._below = _points(_whole(self._descriptor)), {}

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def of(self, path: bytes) -> int | None:
        """Return the mount of an absolute host path: that of its longest part that is a mount point."""
        mount = _nearest(self._points, path.rstrip(b"/"))
        return self._points.get(b"/") if mount is None else mount

    def below(self, home: bytes, path: bytes) -> int | None:
        """Return the mount of a path in a home, or None if it is the home's own mount.

        :param home: an absolute host path without a trailing slash.
        :param path: absolute within the home.
        """
        points = self._below.get(home)
        if points is None:
            inside = home.rstrip(b"/") + b"/"
            points = {
                point[len(inside) - 1 :]: mount
                for point, mount in self._points.items()
                if point.startswith(inside) and point != inside
            }
            if len(self._below) >= _MOST_HOMES:
                self._below.clear()
            self._below[home] = points
        return _nearest(points, path)


def _nearest(points: dict[bytes, int], path: bytes) -> int | None:
    """Return the mount of an absolute path's longest part that is a mount point, except the root."""
    while points and path not in (b"", b"/"):
        if path in points:
            return points[path]
        path = path.rpartition(b"/")[0]
    return None


def _whole(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while piece := os.pread(descriptor, 65536, at):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def _points(table: bytes) -> dict[bytes, int]:
    """Return the mount points and their mounts; the last mount of a point is the topmost (proc_pid_mountinfo(5))."""
    points: dict[bytes, int] = {}
    for row in table.splitlines():
        words = row.split(b" ", 5)
        if len(words) > 5 and words[0].isdigit():
            points[_ESCAPED.sub(lambda octal: bytes([int(octal[1], 8)]), words[4])] = int(words[0])
    return points
