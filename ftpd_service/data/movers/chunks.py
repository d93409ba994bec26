"""The portable mover: octets pass through Python in pieces.  For any handle, for TYPE A, and for listings.

Back-pressure goes both ways: nothing is read from a handle while the connection is full, nothing is received while a
handle writes.  A transfer holds one piece at most.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

from ftpd_service.data.connection.descriptor import ConnectionDescriptor, broken, translated_breaks
from ftpd_service.data.movers.route import Route
from ftpd_service.interfaces import IReadHandle, IWriteHandle, Translation

PIECE_BYTES = 256 * 1024
"""The most that is read, received or written at once."""

_MORE_FOLLOWS: int = getattr(socket, "MSG_MORE", 0)

# Emptied before anybody else can run, so one serves all transfers: a thousand slow uploads hold no memory of their own.
_received = bytearray(PIECE_BYTES)


async def send_file(route: Route, handle: IReadHandle, translation: Translation | None) -> None:
    """Send what a handle gives, to its end."""
    first = handle.first()
    # The end follows a whole file at once, in the packet of its last octets.
    whole = translation is None and len(first) == handle.entry().size
    await send_bytes(route, translation.translate(first) if translation else first, more_follows=whole)
    await send_rest(route, handle, translation)


async def send_rest(route: Route, handle: IReadHandle, translation: Translation | None) -> None:
    """Send what a handle gives behind its first octets.

    :raises StorageFailed: it gave less than was announced.
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
    """Hand octets to the kernel, waiting for room.

    :param more_follows: let the kernel fill the last packet with what comes next.
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


async def receive_file(route: Route, handle: IWriteHandle, translation: Translation | None) -> None:
    """Write what comes, until the client's end.  A reset is never an end."""
    while True:
        data, problem, ended = taken(route.connection, await route.allowed(PIECE_BYTES))
        route.moved(len(data))
        if data:
            await _write(handle, translation.translate(data) if translation else data)
        if problem is not None:
            raise broken(problem) from problem
        if ended:
            break
        await route.connection.readable()
    if translation is not None:
        await _write(handle, translation.finish())


async def _write(handle: IWriteHandle, data: bytes) -> None:
    # The first write cuts off what a handle in place replaces: none without octets.
    if data:
        await handle.write(data)


def taken(connection: ConnectionDescriptor, most: int) -> tuple[bytes, OSError | None, bool]:
    """A piece of what the kernel has: octets, the error behind them, whether the end is behind them.

    The kernel tells an error once and an end ever after, so the error must be kept while the octets are written.
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
