"""The memory of the unfinished upload that a session has told of, so that its client goes on where it believes to be.

A client asks for the size, and sends the rest of its file with APPE or REST.  Meanwhile the upload may have grown, as
the server still had bytes of the connection that broke; or a finished file may have taken the name.  The rest of the
client's file fits neither the new end nor another file.
"""

from __future__ import annotations

from ftpd_service.commands.context import Context
from ftpd_service.errors import AlreadyExists, NotFound, RestartBeyondEnd
from ftpd_service.values import Entry, EntryKind, VirtualPath, WriteMode


def told(context: Context, path: VirtualPath, entry: Entry) -> Entry:
    """Return an entry whose size the client is told now, and remember the size of an unfinished upload."""
    session = context.session
    if entry.kind is EntryKind.UNFINISHED:
        session.told_unfinished = (path, entry.size)
    elif session.told_unfinished is not None and session.told_unfinished[0] == path:
        session.told_unfinished = None
    return entry


async def resumed(context: Context, path: VirtualPath, mode: WriteMode, offset: int) -> tuple[WriteMode, int]:
    """Return the mode and the offset with which an upload goes on: APPE begins at the size that was told.

    :raises AlreadyExists: the client goes on with an unfinished upload, but a finished file has its name.
    :raises RestartBeyondEnd: the unfinished upload has gone.
    """
    known, context.session.told_unfinished = context.session.told_unfinished, None
    if known is None or known[0] != path or mode not in (WriteMode.MODIFY, WriteMode.APPEND):
        return mode, offset
    try:
        entry = await context.storage.stat(path)
    except NotFound as problem:
        raise RestartBeyondEnd("the unfinished upload has gone") from problem
    if entry.kind is not EntryKind.UNFINISHED:
        raise AlreadyExists("a finished file has the name of the upload that is resumed")
    return (WriteMode.MODIFY, known[1]) if mode is WriteMode.APPEND else (mode, offset)
