"""Where one slice of a transfer runs: on the reactor when the kernel says that it won't wait, else on the pool.

A slice ends when the socket would block, so a slow client never holds a thread.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Awaitable, Callable

from ftpd_service.file_systems import in_memory
from ftpd_service.interfaces import Blocking

INLINE_OCTETS = 1024 * 1024
"""The most that one slice receives on the reactor: others wait no longer than that takes in memory."""

POOL_OCTETS = 4 * 1024 * 1024
"""The most that one slice moves on the pool: a handoff costs more than moving a few pages."""


WAITING_OCTETS = 64 * 1024 * 1024
"""The most that a slice moves which waits for its client: it ends by time."""

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

    The reactor takes so long to hear of each gap that such a client falls asleep meanwhile, and has to be woken for
    every packet then: one download cost 1.4 times the CPU time that way, at two thirds of the rate (measured).

    :ivar spent: the client kept a slice waiting for longer than that.
    """

    __slots__ = ("_poll", "_until", "spent")

    def __init__(self, descriptor: int, event: int) -> None:
        """For a connection, and select.POLLOUT or POLLIN."""
        self._poll = select.poll()
        self._poll.register(descriptor, event)
        self._until = 0.0
        self.spent = False

    def begin(self) -> None:
        """A slice begins."""
        self._until = time.monotonic() + WAITING_SECONDS

    def wait(self) -> bool:
        """Wait until the connection is ready again; False where the slice is to end instead."""
        if time.monotonic() >= self._until:
            return False
        self.spent = not self._poll.poll(PATIENCE_SECONDS * 1000)
        return not self.spent


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
