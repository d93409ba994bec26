"""Bytes between sockets and files that never pass through Python: ``sendfile``, and ``splice`` through a pipe."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import threading
import weakref
from contextlib import suppress

from ftpd_service.kernel.libc import answers, error

# Asked with descriptors that are none, so that nothing is moved.
SENDFILE = sys.platform == "linux" and answers(lambda: os.sendfile(-1, -1, 0, 1))
"""Whether ``sendfile`` is there; systems other than Linux tell a partial success in other ways."""
SPLICE = hasattr(os, "splice") and answers(lambda: os.splice(-1, -1, 1))
"""Whether ``splice`` is there."""

UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ESPIPE})
"""The errors of both calls where the kernel, the file system or the way a file was opened has no such thing."""

PIPE_BYTES = 1024 * 1024
"""What a pipe is to hold: each call that a slice makes lets other threads in, which costs more than the call.

An unprivileged service may have 64 of these, so there are enough for all the pool's threads.
"""


class Pipe:
    """A pipe between two calls of ``splice``; closed with the last reference."""

    __slots__ = ("__weakref__", "_close", "reader", "writer")

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._close = weakref.finalize(self, _close_both, self.reader, self.writer)
        # A service that has many pipes already gets no more room: those of 64 KiB work as well.
        with suppress(OSError):
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def fill(self, socket: int, most: int) -> int:
        """Take bytes from a socket; how many, 0 at its end.

        :raises BlockingIOError: the socket has none now.
        :raises OSError:
        """
        flags = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK
        return os.splice(socket, self.writer, min(PIPE_BYTES, most), flags=flags)

    def empty(self, file: int, held: int) -> int:
        """Give bytes to a file, at its position, up to those that the pipe holds; how many.

        :raises OSError: also EIO for a file that takes nothing.
        """
        count = os.splice(self.reader, file, held, flags=os.SPLICE_F_MOVE)
        if count == 0:
            raise error(errno.EIO)
        return count

    def take(self, held: int) -> bytes:
        """Read what the pipe holds."""
        return os.read(self.reader, held)

    def close(self) -> None:
        """Close both ends; safe to call twice."""
        self._close()


def _close_both(reader: int, writer: int) -> None:
    os.close(reader)
    os.close(writer)


class _Pipes(threading.local):
    pipe: Pipe | None = None


_pipes = _Pipes()


def pipe_of_thread() -> Pipe:
    """This thread's pipe, which is empty.

    :raises OSError: no more files can be opened.
    """
    if _pipes.pipe is None:
        _pipes.pipe = Pipe()
    return _pipes.pipe


def drop_pipe_of_thread() -> None:
    """Close this thread's pipe, which could not be emptied, and never use it again."""
    pipe, _pipes.pipe = _pipes.pipe, None
    if pipe is not None:
        pipe.close()
