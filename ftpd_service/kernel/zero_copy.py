"""Transfers between sockets and files that bypass Python: ``sendfile``, and ``splice`` through a pipe."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import threading
import weakref
from contextlib import suppress

from ftpd_service.kernel.libc import answers, error

# The calls get invalid descriptors, so that no bytes move.
SENDFILE = sys.platform == "linux" and answers(lambda: os.sendfile(-1, -1, 0, 1))
"""Whether ``sendfile`` exists; systems other than Linux report partial success differently."""
SPLICE = hasattr(os, "splice") and answers(lambda: os.splice(-1, -1, 1))
"""Whether ``splice`` exists."""

UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ESPIPE})
"""The errors of both calls if the kernel, the file system or the file's open mode does not support them."""

PIPE_BYTES = 1024 * 1024
"""The size of a pipe: each call in a slice releases the interpreter's lock, which costs more than the call itself.

An unprivileged service may have 64 pipes of this size, which suffices for all threads of the pool.
"""


class Pipe:
    """A pipe between two calls of ``splice``; it is closed with the last reference."""

    __slots__ = ("__weakref__", "_close", "reader", "writer")

    def __init__(self) -> None:
        self.reader, self.writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._close = weakref.finalize(self, _close_both, self.reader, self.writer)
        # The system gives no more room to a service that has many pipes; pipes of 64 KiB work as well.
        with suppress(OSError):
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def fill(self, socket: int, most: int) -> int:
        """Move bytes from a socket into the pipe; return their number, 0 at the socket's end.

        :raises BlockingIOError: the socket has no bytes now.
        :raises OSError:
        """
        flags = os.SPLICE_F_MOVE | os.SPLICE_F_NONBLOCK
        return os.splice(socket, self.writer, min(PIPE_BYTES, most), flags=flags)

    def empty(self, file: int, held: int) -> int:
        """Move at most `held` bytes to a file, at its position; return their number.

        :raises OSError: also EIO if the file takes no bytes.
        """
        count = os.splice(self.reader, file, held, flags=os.SPLICE_F_MOVE)
        if count == 0:
            raise error(errno.EIO)
        return count

    def take(self, held: int) -> bytes:
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
    """Return this thread's pipe, which is empty.

    :raises OSError: no more files can be opened.
    """
    if _pipes.pipe is None:
        _pipes.pipe = Pipe()
    return _pipes.pipe


def drop_pipe_of_thread() -> None:
    """Close this thread's pipe, because it could not be emptied; the next transfer gets a new pipe."""
    pipe, _pipes.pipe = _pipes.pipe, None
    if pipe is not None:
        pipe.close()
