"""The steps of an upload: the check of its room, then from the open handle to the reply.

The steps after the opening are: receive the data, grade it, carry out the policy for the grade, then ask for a verdict.
Exactly one call ends the handle: a commit or a move into the quarantine, or an abort on every other way out.
"""

from __future__ import annotations

from ftpd_service.commands.context import Context
from ftpd_service.commands.ranges import part_write
from ftpd_service.commands.reported import Reported
from ftpd_service.commands.upload_endings import ClientUpload, break_off, discarded, into_quarantine
from ftpd_service.commands.upload_renaming import Renaming
from ftpd_service.commands.upload_verdicts import demand_judgeable, demands_quarantine, judgment_of, refusal
from ftpd_service.digest_interfaces import IUploadedFile
from ftpd_service.errors import StorageFull
from ftpd_service.hook_interfaces import IRecordedWrite
from ftpd_service.interfaces import IFreeSpace, ISizeLimits, IWriteHandle, Translation
from ftpd_service.policy.grades import Graded, action_for, grade_of, start_of
from ftpd_service.policy.upload_places import uploads_at
from ftpd_service.reasons import UploadGrade
from ftpd_service.taken_bytes import TakenBytes
from ftpd_service.upload_interfaces import IFormerFile
from ftpd_service.upload_policy import GradeAction
from ftpd_service.values import Direction, ReceivedData, RepresentationType, VirtualPath, WriteMode
from ftpd_service.verdict_interfaces import Ruling
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
    context: Context, upload: ClientUpload, handle: IWriteHandle, preliminary: Preliminary
) -> Final:
    """Finish an upload: 226 only after the commit, or in the quarantine.

    :raises UploadIncomplete: and UploadUnproved, because of the policy for the grade.
    :raises UploadRefused: and UploadPostponed, because of the verdict.
    """
    receiving = _Receiving(context, upload, handle)
    try:
        if not context.data.chosen():
            return file_replies.port_wanted()
        demand_judgeable(context, upload)
        context.send_preliminary(preliminary)
        with Reported(context, upload.verb, Direction.UPLOAD, upload.path) as tally:
            await receiving.run(tally)
    finally:
        await receiving.end()
    return file_replies.transfer_complete()


class _Receiving:
    """An upload from its first byte to its end, which is exactly one call of its handle."""

    __slots__ = ("_context", "_ended", "_handle", "_taken", "_upload")

    def __init__(self, context: Context, upload: ClientUpload, handle: IWriteHandle) -> None:
        self._context = context
        self._upload = upload
        self._handle = handle
        self._taken = _taking(context, upload)
        self._ended = False

    async def run(self, tally: Reported) -> None:
        """Receive the data, and carry out the policy for their grade, and the verdict."""
        context, upload, handle = self._context, self._upload, self._handle
        try:
            received = await _received(context, handle, self._taken)
        except BaseException:
            self._ended = True
            tally.quarantined = await break_off(context, upload, handle)
            raise
        tally.byte_count = received.byte_count
        graded = _graded(context, upload, handle, received)
        action = _action(context, upload, graded)
        if action is GradeAction.DISCARD:
            tally.graded = graded
            raise discarded(graded)
        if action is GradeAction.KEEP and context.parts.verdicts.active:
            await self._judged(tally, graded, received)
        elif action is GradeAction.QUARANTINE:
            await self._quarantine(tally)
        else:
            await self._commit(received, graded)
        tally.graded = graded

    async def _judged(self, tally: Reported, graded: Graded, received: ReceivedData) -> None:
        """Carry out the verdict."""
        tally.data_ended(graded)
        renaming = Renaming(self._context, self._upload, self._handle)
        try:
            judgment = await judgment_of(self._context, self._upload, self._handle, graded, renaming)
            if judgment.ruling in (Ruling.REFUSE, Ruling.LATER):
                if demands_quarantine(self._context, self._upload):
                    await self._quarantine(tally, refused=True)
                raise refusal(judgment)
            if judgment.ruling is Ruling.QUARANTINE:
                await self._quarantine(tally, refused=True)
            elif judgment.path is None:
                await self._commit(received, graded)
            else:
                await renaming.fill()
                self._context.point_of_no_return()
                if renaming.commits_itself:
                    await self._commit(received, graded)
                elif renaming.target is not None:
                    _describe(renaming.target, graded, self._taken, received.byte_count)
                await renaming.commit()
        finally:
            await renaming.close()

    async def _commit(self, received: ReceivedData, graded: Graded) -> None:
        self._context.point_of_no_return()
        _describe(self._handle, graded, self._taken, received.byte_count)
        digests = self._context.parts.digests
        uploaded = await digests.uploaded(self._handle, self._taken, byte_count=received.byte_count)
        self._ended = True
        await _committed(self._handle, uploaded)

    async def _quarantine(self, tally: Reported, *, refused: bool = False) -> None:
        self._context.point_of_no_return()
        self._ended = True
        tally.quarantined = await into_quarantine(self._context, self._upload, self._handle, refused=refused)

    async def end(self) -> None:
        """Abort the upload unless it has ended."""
        if not self._ended:
            await self._handle.abort()


def _taking(context: Context, upload: ClientUpload) -> TakenBytes | None:
    """Return what takes the bytes of an upload, if they are all bytes of the file."""
    whole = upload.mode in (WriteMode.REPLACE, WriteMode.CREATE) and context.session.sequence.part is None
    return context.parts.digests.taking() if whole else None


def _describe(handle: IWriteHandle, graded: Graded, taken: TakenBytes | None, byte_count: int) -> None:
    """Tell a handle that records events what the storage does not know about the upload."""
    if not IRecordedWrite.providedBy(handle):
        return
    digests = taken.digests() if taken is not None and taken.byte_count == byte_count else {}
    digest = next((f"{algorithm}:{value}" for algorithm, value in digests.items()), None)
    IRecordedWrite(handle).describe(grade=graded.grade, digest=digest)


async def _committed(handle: IWriteHandle, uploaded: IUploadedFile | None) -> None:
    try:
        await handle.commit()
    except BaseException:
        if uploaded is not None:
            uploaded.failed()
        raise
    if uploaded is not None:
        uploaded.committed()


def _graded(context: Context, upload: ClientUpload, handle: IWriteHandle, received: ReceivedData) -> Graded:
    # Small uploads feel the microsecond of an adapter's call.
    former = handle.former_size() if IFormerFile.providedBy(handle) else None
    announced, start = context.session.sequence.allocated, start_of(upload.mode, upload.offset, former)
    part = context.session.sequence.part
    if part is not None and part.stop is not None:
        # RANG has announced these bytes, wherever they stand in the file.
        announced, start = part.stop - part.start, 0
    return grade_of(
        received.byte_count,
        received.end,
        announced=announced,
        start=start,
        kind=context.session.representation.type,
        replaced=former if upload.mode is WriteMode.REPLACE else None,
    )


def _action(context: Context, upload: ClientUpload, graded: Graded) -> GradeAction:
    if graded.grade is UploadGrade.PROVED:
        return GradeAction.KEEP
    return action_for(uploads_at(context.session.settings.uploads, context.account, upload.path), graded.grade)


async def _received(context: Context, handle: IWriteHandle, taken: TakenBytes | None) -> ReceivedData:
    """Receive the data, to an end that the client has given it.

    :raises TransferAborted: the data is not complete.
    """
    translation: Translation | None = None
    if context.session.representation.type is RepresentationType.ASCII:
        translation = FromNetwork()
    part = context.session.sequence.part
    writing = handle if part is None else part_write(handle, part)
    received = await context.data.receive_file(writing, translation, taken)
    # A killed client ends both connections in order, but its upload is incomplete.
    context.demand_client()
    return received
