"""The steps of an upload: the check of its room, then from the open handle to the reply.

The steps after the opening are: receive the data, then commit; every other way out aborts the handle.
"""

from __future__ import annotations

from ftpd_service.commands.context import Context
from ftpd_service.commands.reported import Reported
from ftpd_service.errors import StorageFull, TransferAborted
from ftpd_service.interfaces import IFreeSpace, ISizeLimits, IWriteHandle, Translation
from ftpd_service.values import Direction, ReceivedData, RepresentationType, VirtualPath, WriteMode
from ftpd_service.wire import file_replies, paths
from ftpd_service.wire.ascii import FromNetwork
from ftpd_service.wire.reply import Final, Preliminary


async def check_space(context: Context, path: VirtualPath, mode: WriteMode, offset: int) -> None:
    """Refuse an upload that is larger by ALLO than the room that is left, before its preliminary reply.

    :raises StorageFull: and QuotaExceeded.
    """
    allocated = context.session.sequence.allocated
    if not allocated:
        return
    if ISizeLimits.providedBy(context.storage):
        await ISizeLimits(context.storage).demand_room(path, mode, offset, allocated)
        return
    if not IFreeSpace.providedBy(context.storage):
        return
    if allocated > await IFreeSpace(context.storage).free_bytes(paths.parent(path)):
        raise StorageFull("less space is free than ALLO announced")


async def receive_upload(
    context: Context, verb: str, path: VirtualPath, handle: IWriteHandle, preliminary: Preliminary
) -> Final:
    """Finish an upload: exactly one call of commit or abort, and 226 only after the commit."""
    ended = False
    try:
        if not context.data.chosen():
            return file_replies.port_wanted()
        context.send_preliminary(preliminary)
        with Reported(context, verb, Direction.UPLOAD, path) as tally:
            received = await _received(context, handle)
            tally.byte_count = received.byte_count
            context.point_of_no_return()
            ended = True
            await handle.commit()
    finally:
        if not ended:
            await handle.abort()
    return file_replies.transfer_complete()


async def _received(context: Context, handle: IWriteHandle) -> ReceivedData:
    """Receive the data, to an end that the client has given it.

    :raises TransferAborted: the data is not complete.
    """
    translation: Translation | None = None
    if context.session.representation.type is RepresentationType.ASCII:
        translation = FromNetwork()
    received = await context.data.receive_file(handle, translation)
    if context.client_left():
        # A killed client ends both connections in order, but its upload is incomplete.
        raise TransferAborted("the control connection ended without QUIT")
    return received
