"""Where one slice of a transfer runs: on the reactor when the kernel says that it won't wait, else on the pool.

A slice ends when the socket would block, so a slow client never holds a thread.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from types import TracebackType

from ftpd_service.file_systems import in_memory
from ftpd_service.interfaces import Blocking

INLINE_OCTETS = 1024 * 1024
"""The most that one slice receives on the reactor: others wait no longer than that takes in memory."""

POOL_OCTETS = 4 * 1024 * 1024
"""The most that one slice moves on the pool: a handoff costs more than moving a few pages."""


WAITING_OCTETS = 64 * 1024 * 1024
"""The most that a slice moves which waits for its client: it ends by time."""

WAITING_PIECE_OCTETS = 8 * 1024 * 1024
"""What it moves by one call."""

FOR_ROOM, FOR_OCTETS = socket.SO_SNDTIMEO, socket.SO_RCVTIMEO
"""What a slice waits for, by the option that bounds it (socket(7))."""

WAITING_SECONDS = 0.015
"""The most that such a slice takes: less than what counts as hung (``blocking.py``), and soon enough for ABOR."""

PATIENCE_SECONDS = 0.002
"""How long it waits for a client; whoever takes longer is left to the reactor."""

Here = Callable[[Callable[[], None]], Awaitable[None]]
"""Runs a slice on the reactor; it may let others go first."""


async def at_once(slice_: Callable[[], None]) -> None:
    """Run a slice here, without regard to others."""
    slice_()


async def run_slice(
    blocking: Blocking,
    slice_: Callable[[], None],
    *,
    inline: bool,
    here: Here = at_once,
) -> None:
    """Run a slice, here or on the pool.

    :param here: runs it here; it may let others go first.
    """
    if inline:
        await here(slice_)
    else:
        await blocking(slice_)


def is_cached(descriptor: int, offset: int, count: int) -> bool | None:
    """Whether the first and the last page of a slice are in the page cache; None where the kernel can't tell.

    What the kernel evicts of a file that was read through are its first pages, so that the last one alone tells little.
    """
    if not hasattr(os, "RWF_NOWAIT"):
        return None
    room = [bytearray(1)]
    try:
        return all(os.preadv(descriptor, room, at, os.RWF_NOWAIT) == 1 for at in (offset + count - 1, offset))
    except BlockingIOError:
        return False
    except OSError:
        return None


def prefetch(descriptor: int, offset: int, count: int) -> None:
    """Have the disk fetch octets that are sent soon.  May wait for the device's queue: on the pool only."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, count, os.POSIX_FADV_WILLNEED)


class Patience:
    """Lets the slices of one transfer wait, on their thread, for a client that is as fast as they are.

    The reactor takes so long to hear of a full socket's room that such a client falls asleep meanwhile, and has to be
    woken for every packet then: one download cost 1.5 times the CPU time that way, at two thirds of the rate
    (measured).  So its socket is a blocking one while such a slice runs, as the kernel itself waits best; nobody else
    may use it then without MSG_DONTWAIT.

    :ivar spent: the client kept a slice waiting for longer than `PATIENCE_SECONDS`.
    """

    __slots__ = ("_connection", "_timeout", "_until", "spent")

    def __init__(self, connection: socket.socket, timeout: int) -> None:
        """For a connection, and what is waited for: `FOR_ROOM` or `FOR_OCTETS`."""
        self._connection = connection
        self._timeout = timeout
        self._until = 0.0
        self.spent = False

    def __enter__(self) -> None:
        self._until = time.monotonic() + WAITING_SECONDS
        patience = struct.pack("@ll", 0, int(PATIENCE_SECONDS * 1_000_000))
        self._connection.setsockopt(socket.SOL_SOCKET, self._timeout, patience)
        os.set_blocking(self._connection.fileno(), True)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.set_blocking(self._connection.fileno(), False)

    @property
    def over(self) -> bool:
        """Whether the slice is to end."""
        return self.spent or time.monotonic() >= self._until


class ReadPlace:
    """Decides for the slices of one download."""

    __slots__ = ("_descriptor", "_in_memory")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._in_memory: bool | None = None

    def inline(self, offset: int, count: int) -> bool:
        """Whether a slice may run on the reactor."""
        if self._in_memory:
            return True
        cached = is_cached(self._descriptor, offset, count)
        if cached is not None:
            return cached
        if self._in_memory is None:
            self._in_memory = in_memory(self._descriptor)
        return self._in_memory
