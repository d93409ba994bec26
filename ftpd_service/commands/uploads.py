"""The steps of an upload: the check of its room, then from the open handle to the reply.

The steps after the opening are: receive the data, grade it, then carry out the policy for the grade.  Exactly one call
ends the handle: a commit, or an abort on every other way out.
"""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.commands.context import Context
from ftpd_service.commands.ranges import part_write
from ftpd_service.commands.reported import Reported
from ftpd_service.errors import StorageFull, TransferAborted, UploadIncomplete, UploadUnproved
from ftpd_service.interfaces import IFreeSpace, ISizeLimits, IWriteHandle, Translation
from ftpd_service.policy.grades import Graded, action_for, grade_of, start_of
from ftpd_service.policy.upload_places import uploads_at
from ftpd_service.reasons import UploadEvidence, UploadGrade
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.upload_policy import GradeAction
from ftpd_service.values import Direction, ReceivedData, RepresentationType, VirtualPath, WriteMode
from ftpd_service.wire import file_replies, paths
from ftpd_service.wire.ascii import FromNetwork
from ftpd_service.wire.reply import Final, Preliminary

_TAILLESS = frozenset({UploadEvidence.NO_CLOSE_NOTIFY, UploadEvidence.FEWER_THAN_ANNOUNCED})
"""The signs that the end of a file is missing, so that another attempt may bring it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUpload:
    """An upload that a client asks for."""

    verb: str
    path: VirtualPath
    mode: WriteMode
    offset: int = 0
    """The restart offset in the file; 0 for other modes than MODIFY."""


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
    context: Context, upload: ClientUpload, handle: IWriteHandle, preliminary: Preliminary
) -> Final:
    """Finish an upload: exactly one call of commit or abort, and 226 only after the commit.

    :raises UploadIncomplete: and UploadUnproved, because of the policy for the grade.
    """
    ended = False
    try:
        if not context.data.chosen():
            return file_replies.port_wanted()
        context.send_preliminary(preliminary)
        with Reported(context, upload.verb, Direction.UPLOAD, upload.path) as tally:
            received = await _received(context, handle)
            tally.byte_count = received.byte_count
            graded = _graded(context, upload, handle, received)
            if _action(context, upload, graded) is GradeAction.DISCARD:
                tally.graded = graded
                raise _discarded(graded)
            context.point_of_no_return()
            ended = True
            await handle.commit()
            tally.graded = graded
    finally:
        if not ended:
            await handle.abort()
    return file_replies.transfer_complete()


def _graded(context: Context, upload: ClientUpload, handle: IWriteHandle, received: ReceivedData) -> Graded:
    former = IFormerFile(handle).former_size() if IFormerFile.providedBy(handle) else None
    return grade_of(
        received.byte_count,
        received.end,
        announced=context.session.sequence.allocated,
        start=start_of(upload.mode, upload.offset, former),
        kind=context.session.representation.type,
        replaced=former if upload.mode is WriteMode.REPLACE else None,
    )


def _action(context: Context, upload: ClientUpload, graded: Graded) -> GradeAction:
    if graded.grade is UploadGrade.PROVED:
        return GradeAction.KEEP
    return action_for(uploads_at(context.session.settings.uploads, context.account, upload.path), graded.grade)


def _discarded(graded: Graded) -> UploadIncomplete | UploadUnproved:
    text = f"uploads.grades.{graded.grade.value}: discard ({graded.evidence.value})"
    return UploadIncomplete(text) if graded.evidence in _TAILLESS else UploadUnproved(text)


async def _received(context: Context, handle: IWriteHandle) -> ReceivedData:
    """Receive the data, to an end that the client has given it.

    :raises TransferAborted: the data is not complete.
    """
    translation: Translation | None = None
    if context.session.representation.type is RepresentationType.ASCII:
        translation = FromNetwork()
    part = context.session.sequence.part
    received = await context.data.receive_file(handle if part is None else part_write(handle, part), translation)
    if context.client_left():
        # A killed client ends both connections in order, but its upload is incomplete.
        raise TransferAborted("the control connection ended without QUIT")
    return received
