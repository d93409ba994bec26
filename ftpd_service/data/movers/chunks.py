"""The portable mover, for any handle, TYPE A and listings: bytes pass through Python in pieces.

Back-pressure works both ways: no handle is read while the connection is full, and nothing is received while a handle
writes.  A transfer holds one piece at most.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from functools import partial

from ftpd_service.data.connection.descriptor import ConnectionDescriptor, broken, translated_breaks
from ftpd_service.data.movers.route import Route
from ftpd_service.data.placement import placement_of
from ftpd_service.interfaces import IReadHandle, IWriteHandle, Translation
from ftpd_service.taken_bytes import TakenBytes

PIECE_BYTES = 256 * 1024
"""The most that is read, received or written at once."""

PUT_OFF_BYTES = 64 * 1024
"""The most first bytes of which no digest is taken before more bytes come."""

_MORE_FOLLOWS: int = getattr(socket, "MSG_MORE", 0)

# This buffer is emptied before other code can run, so all transfers share it, and slow uploads hold no memory.
_received = bytearray(PIECE_BYTES)


async def send_file(route: Route, handle: IReadHandle, translation: Translation | None) -> None:
    """Send the content of a handle, to its end."""
    first = handle.first()
    # The end follows a whole file at once, in the packet with its last bytes.
    whole = translation is None and len(first) == handle.entry().size
    await send_bytes(route, translation.translate(first) if translation else first, more_follows=whole)
    await send_rest(route, handle, translation)


async def send_rest(route: Route, handle: IReadHandle, translation: Translation | None) -> None:
    """Send the content of a handle behind its first bytes.

    :raises StorageFailed: the handle gave less than was announced.
    """
    given = len(handle.first())
    while data := await handle.read(PIECE_BYTES):
        given += len(data)
        await send_bytes(route, translation.translate(data) if translation else data)
    route.file_ended(given)
    if translation is not None:
        await send_bytes(route, translation.finish())


async def send_pages(route: Route, pages: AsyncIterator[bytes]) -> None:
    """Send pages as they are made."""
    async for page in pages:
        await send_bytes(route, page)


async def send_bytes(route: Route, data: bytes, *, more_follows: bool = False) -> None:
    """Hand bytes to the kernel, waiting for room.

    :param more_follows: let the kernel fill the last packet with later bytes.
    :raises TransferAborted:
    """
    left = memoryview(data)
    while left:
        allowed = await route.allowed(len(left))
        try:
            with translated_breaks:
                sent = route.connection.socket.send(left[:allowed], _MORE_FOLLOWS if more_follows else 0)
        except BlockingIOError:
            route.moved(0)
            await route.connection.writable()
            continue
        route.moved(sent)
        left = left[sent:]


async def receive_file(
    route: Route, handle: IWriteHandle, translation: Translation | None, taken: TakenBytes | None = None
) -> None:
    """Write received bytes until the client's end.  A reset is never an end.

    :param taken: takes the bytes that are written.
    """
    while True:
        data, problem, ended = piece_from(route.connection, await route.allowed(PIECE_BYTES))
        route.moved(len(data))
        if data:
            await write_and_take(route, handle, translation.translate(data) if translation else data, taken)
        if problem is not None:
            raise broken(problem) from problem
        if ended:
            break
        await route.connection.readable()
    if translation is not None:
        await write_and_take(route, handle, translation.finish(), taken)


async def write_and_take(route: Route, handle: IWriteHandle, data: bytes, taken: TakenBytes | None) -> None:
    """Write bytes, and have digests taken of them on a thread; the first few wait, as small files have no more."""
    # The first write truncates a file in place, so an empty write must not happen.
    if not data:
        return
    await handle.write(data)
    if taken is None:
        return
    if taken.byte_count == 0 and len(data) <= PUT_OFF_BYTES:
        taken.put_off(data)
    else:
        await route.slices.run(partial(taken.take, data), placement_of(at_hand=True))


def piece_from(connection: ConnectionDescriptor, most: int) -> tuple[bytes, OSError | None, bool]:
    """Return a piece of the kernel's input: bytes, the error behind them, whether the end is behind them.

    The kernel reports an error once and an end always, so the error must be kept while the bytes are written.
    """
    filled = 0
    problem: OSError | None = None
    ended = False
    room = memoryview(_received)[:most]
    while filled < most:
        try:
            count = connection.socket.recv_into(room[filled:])
        except BlockingIOError:
            break
        except OSError as error:
            problem = error
            break
        if count == 0:
            ended = True
            break
        filled += count
    return bytes(room[:filled]), problem, ended
