"""Copies the bytes of a file into an upload: by the kernel where both have descriptors, else through the process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ftpd_service.copy_interfaces import ITakesCopies
from ftpd_service.interfaces import IReadDescriptor, IReadHandle, IWriteHandle

COPY_STEP_BYTES = 4 * 1024 * 1024
"""The bytes of a step, which takes some milliseconds from memory and some tens of milliseconds on a slow disk."""
_PIECE_BYTES = 256 * 1024
"""The bytes that are read at once where they pass through the process."""


async def copy_bytes(source: IReadHandle, target: IWriteHandle, pause: Callable[[], Awaitable[object]]) -> int:
    """Write all bytes of a file, in steps between which it can be cancelled, and return their number.

    :param pause: lets others go on; it is awaited behind each step that passes through the process, as storages may be
        in memory and wait for nothing.
    """
    if ITakesCopies.providedBy(target) and IReadDescriptor.providedBy(source):
        return await _copy_by_kernel(IReadDescriptor(source), ITakesCopies(target))
    done = 0
    data = source.first() or await source.read(_PIECE_BYTES)
    while data:
        await target.write(data)
        before, done = done, done + len(data)
        if before // COPY_STEP_BYTES != done // COPY_STEP_BYTES:
            await pause()
        data = await source.read(_PIECE_BYTES)
    return done


async def _copy_by_kernel(source: IReadDescriptor, target: ITakesCopies) -> int:
    # From the first byte on, even if some bytes were read at the opening: whole blocks can be shared.
    done, size = 0, source.entry().size
    while done < size:
        moved = await target.copy_range(source.descriptor(), done, min(COPY_STEP_BYTES, size - done))
        if not moved:
            break
        done += moved
    return done
