"""Where one slice of a transfer runs: on the reactor when the kernel says that it won't wait, else on the pool.

A slice ends when the socket would block, so a slow client never holds a thread; for a fast one see ``patience.py``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ftpd_service.interfaces import Blocking
from ftpd_service.kernel.file_systems import in_memory
from ftpd_service.kernel.page_cache import is_cached
from ftpd_service.placed import Due, Placed

INLINE_OCTETS = 1024 * 1024
"""The most that one slice receives on the reactor: others wait no longer than that takes in memory."""

POOL_OCTETS = 4 * 1024 * 1024
"""The most that one slice moves on the pool: a handoff costs more than moving a few pages."""

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
    file: int | None = None,
) -> None:
    """Run a slice, here or on the pool.

    :param here: runs it here; it may let others go first.
    :param file: the descriptor that it reads or writes beside the connection.
    """
    if inline:
        await here(slice_)
    elif file is None:
        await blocking(slice_)
    else:
        await blocking(Placed(slice_, file, Due.CONTINUES))


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
