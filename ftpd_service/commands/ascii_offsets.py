"""Offsets and sizes in TYPE A, counted in bytes on the connection (RFC 3659 sections 4 and 5.3).

A restart offset in TYPE A is a place in the *converted* file.  So the file is read from its start and converted on the
pool, up to a limit of size; a larger file is refused.
"""

from __future__ import annotations

from functools import partial

from ftpd_service.commands.context import Context
from ftpd_service.errors import NotFound, RestartBeyondEnd, UploadUnfinished
from ftpd_service.interfaces import IReadHandle
from ftpd_service.values import VirtualPath
from ftpd_service.version_interfaces import IOpenUnread
from ftpd_service.wire.ascii import NetworkLength, NetworkPosition

LARGEST = 100 * 1024 * 1024
"""The most bytes of a file that is converted only to be counted."""

_PIECE = 1024 * 1024


async def converted_size(context: Context, path: VirtualPath) -> int | None:
    """Return the bytes that a RETR in TYPE A would send now, or None if the file is too large to count."""
    handle = await _opened(context, path)
    try:
        if handle.entry().size > LARGEST:
            return None
        length = NetworkLength()
        data = handle.first() or await handle.read(_PIECE)
        while data:
            await context.compute(partial(length.feed, data))
            data = await handle.read(_PIECE)
        return length.octets
    finally:
        await handle.close()


async def _opened(context: Context, path: VirtualPath) -> IReadHandle:
    """Open a file that is only counted, which may be an unfinished upload."""
    try:
        return await context.storage.open_read(path, 0)
    except UploadUnfinished:
        unread = IOpenUnread(context.storage, None)
        if unread is None:
            raise
        return await unread.open_unread(path, 0)


async def _position(context: Context, handle: IReadHandle, converted: int) -> NetworkPosition:
    if handle.entry().size > LARGEST:
        raise RestartBeyondEnd("too large to count in TYPE A")
    position = NetworkPosition(converted)
    data = handle.first() or await handle.read(_PIECE)
    while data and not position.found:
        await context.compute(partial(position.feed, data))
        data = await handle.read(_PIECE)
    return position


async def for_download(context: Context, path: VirtualPath, converted: int) -> NetworkPosition:
    """Return the place in the file where a download begins whose first `converted` bytes the client already has.

    :raises RestartBeyondEnd: the converted file is shorter, or too large to count.
    """
    if converted == 0:
        return NetworkPosition(0)
    handle = await _opened(context, path)
    try:
        position = await _position(context, handle, converted)
    finally:
        await handle.close()
    if not position.found:
        raise RestartBeyondEnd("beyond the end of the converted file")
    return position


async def for_upload(context: Context, path: VirtualPath, converted: int) -> int:
    """Return the local offset whose converted length is `converted`.

    :raises RestartBeyondEnd: the offset is beyond the end or within a line end, or the file does not exist.
    """
    try:
        position = await for_download(context, path, converted)
    except NotFound as error:
        raise RestartBeyondEnd("no such file") from error
    if position.inside_line_end:
        raise RestartBeyondEnd("within a line end")
    return position.offset
